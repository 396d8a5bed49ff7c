//! Everything unfinished comes back: what has been due for too long goes on its queue again.
//!
//! It takes no input and does not ask why something is overdue: the queue was down, a function
//! died, a job went astray. Work that is put back twice is done once, for whoever does it looks at
//! the item first.

use std::time::{Duration, Instant};

use aws::{Queues, Store, StoreError, due::Overdue, logs::Chain, metrics};
use domain::work::LEASE;
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tracing::{info, warn};

/// How long something may be due before it counts as forgotten. Its consumer gets to it within
/// seconds if all is well.
const GRACE: SignedDuration = SignedDuration::from_secs(30);

/// The most that is taken from each part of the index at a time, how many times a run goes back
/// for more, and how many are put back at once.
const PAGE: i32 = 250;
const PAGES: u32 = 50;
const AT_ONCE: usize = 16;

/// The longest that an item is left alone.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// After this long a run does not go back for more: the next one begins within a minute.
const BUDGET: Duration = Duration::from_secs(40);

#[derive(Debug)]
pub struct Deps {
    pub store: Store,
    pub queues: Queues,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Jobs that are on their queue again.
    pub queued: usize,
    /// Jobs that no queue took, or that may be put back once more. The next run finds them.
    pub left: usize,
}

pub async fn handle(deps: &Deps, now: Timestamp) -> Result<Swept, StoreError> {
    let begun = Instant::now();
    let mut swept = Swept::default();
    for _ in 0..PAGES {
        let overdue = deps.store.overdue(now - GRACE, PAGE).await?;
        let done: Vec<_> = stream::iter(&overdue)
            .map(|item| sweep(deps, item, now))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let queued = done.into_iter().filter(|it| *it).count();
        swept.queued += queued;
        swept.left += overdue.len() - queued;
        // What could not be put off would be found again at once.
        if overdue.is_empty() || queued < overdue.len() || begun.elapsed() > BUDGET {
            break;
        }
    }
    if swept != Swept::default() {
        info!(swept.queued, swept.left, "{} overdue jobs were put back", swept.queued);
    }
    Ok(swept)
}

/// How long to leave an item alone that was put back: as long as it has been overdue. What waits
/// behind a conversation that an outage holds up is on its queue already, and more copies of its job
/// would only be in the way.
fn patience(item: &Overdue, now: Timestamp) -> SignedDuration {
    now.duration_since(item.due_at).clamp(LEASE, LONGEST)
}

/// Whether the item was seen to. First the queue, then the table: if the second fails the job is put
/// back once more, which does no harm; the other way round it would be forgotten for a while. One
/// item that fails does not keep the others.
async fn sweep(deps: &Deps, item: &Overdue, now: Timestamp) -> bool {
    if let Err(e) = deps.queues.send(&item.job, now).await {
        metrics::count("JobsNotPutBack");
        warn!(error = %Chain(&e), "an overdue job could not be put back");
        return false;
    }
    metrics::count("JobsPutBack");
    let put_off = deps.store.put_off(item, now + patience(item, now)).await;
    if let Err(e) = &put_off {
        warn!(error = %Chain(e), "an overdue job is back on its queue and still counts as overdue");
    }
    put_off.is_ok()
}
