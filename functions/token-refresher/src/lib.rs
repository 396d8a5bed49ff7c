//! Looks after every pair of tokens, so that there is one when it is needed: renews what will be
//! due, goes on where a renewal died, asks for a suspended location once a day.
//!
//! It takes no input. A pair that is not finished stays first in the list of those that are due.

use std::time::{Duration, Instant};

use app::{Renewal, RenewalError, Renewed, pace::Watch};
use aws::{Asked, StoreError, TokenPair, logs::Chain, metrics};
use domain::token::Need;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;
use tracing::{info, warn};

/// Pairs that are looked at in one go, and how many are renewed at once.
const PAGE: i32 = 100;
const AT_ONCE: usize = 8;

/// After this long a run does not go back for more: the next one begins within five minutes.
const BUDGET: Duration = Duration::from_secs(40);

#[derive(Debug)]
pub struct Deps {
    pub renewal: Renewal,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refreshed {
    pub renewed: usize,
    /// Pairs that have to be tried again.
    pub later: usize,
    /// Pairs that only a person can replace.
    pub lost: usize,
}

pub async fn handle(deps: &Deps, now: Timestamp) -> Result<Refreshed, StoreError> {
    let (begun, watch) = (Instant::now(), Watch::begin(now));
    let mut refreshed = Refreshed::default();
    let mut after = None;
    loop {
        let page = deps.renewal.store.tokens_by_due(Asked::oldest(PAGE).after(after)).await?;
        let (due, later): (Vec<_>, Vec<_>) = page.items.into_iter().partition(|it| is_due(it, now));
        // A lease counts from when it is taken, and none is taken that the function may not outlive.
        let done: Vec<_> = stream::iter(&due)
            .take_while(|_| std::future::ready(begun.elapsed() < BUDGET))
            .map(|pair| renew(deps, pair, watch.now()))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for renewed in done {
            refreshed.count(renewed);
        }
        after = page.next;
        if !later.is_empty() || after.is_none() || begun.elapsed() > BUDGET {
            break;
        }
    }
    if refreshed != Refreshed::default() {
        info!(refreshed.renewed, refreshed.later, refreshed.lost, "tokens were looked after");
    }
    Ok(refreshed)
}

fn is_due(pair: &TokenPair, now: Timestamp) -> bool {
    pair.state.due().is_some_and(|it| it <= now)
}

/// One pair that fails does not keep the others.
async fn renew(deps: &Deps, pair: &TokenPair, now: Timestamp) -> Option<Renewed> {
    let renewed: Result<_, RenewalError> =
        deps.renewal.renew(&pair.tenant, &pair.holder, Need::Later, now).await;
    renewed
        .inspect_err(|e| {
            metrics::count("TokensNotRenewed");
            warn!(error = %Chain(e), "a token could not be renewed");
        })
        .ok()
}

impl Refreshed {
    fn count(&mut self, renewed: Option<Renewed>) {
        match renewed {
            Some(Renewed::Done) => self.renewed += 1,
            Some(Renewed::Lost) => self.lost += 1,
            Some(Renewed::Later { .. }) | None => self.later += 1,
            Some(Renewed::NotNeeded) => {}
        }
    }
}
