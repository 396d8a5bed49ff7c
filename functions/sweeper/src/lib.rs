//! Everything unfinished comes back: what has been due for too long goes on its queue again.
//!
//! It takes no input and does not ask why something is overdue: the queue was down, a function
//! died, a job went astray. Work that is put back twice is done once, for whoever does it looks at
//! the item first.

use aws::{Queues, Store, StoreError, due::Overdue, logs::Chain, metrics};
use domain::work::LEASE;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tracing::{info, warn};

/// How long something may be due before it counts as forgotten. Its consumer gets to it within
/// seconds if all is well.
const GRACE: SignedDuration = SignedDuration::from_secs(30);

/// The most that is taken from each part of the index at a time, and how many times a run goes
/// back for more: enough to put back 100,000 pieces of work in a run (8 parts of 250, 50 times).
const PAGE: i32 = 250;
const PAGES: u32 = 50;

#[derive(Debug)]
pub struct Deps {
    pub store: Store,
    pub queues: Queues,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Jobs that are on their queue again.
    pub queued: u32,
    /// Jobs that no queue took. The next run finds them.
    pub left: u32,
}

pub async fn handle(deps: &Deps, now: Timestamp) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    for _ in 0..PAGES {
        let overdue = deps.store.overdue(now - GRACE, PAGE).await?;
        let left_before = swept.left;
        for item in &overdue {
            sweep(deps, item, now, &mut swept).await?;
        }
        // What could not be queued would be found again at once.
        if overdue.is_empty() || swept.left > left_before {
            break;
        }
    }
    if swept != Swept::default() {
        info!(swept.queued, swept.left, "{} overdue jobs were put back", swept.queued);
    }
    Ok(swept)
}

/// First the queue, then the table: if the second fails the job is put back once more, which does
/// no harm; the other way round it would be forgotten for a while.
async fn sweep(
    deps: &Deps,
    item: &Overdue,
    now: Timestamp,
    swept: &mut Swept,
) -> Result<(), StoreError> {
    if let Err(e) = deps.queues.send(&item.job, now).await {
        swept.left += 1;
        metrics::count("JobsNotPutBack");
        warn!(error = %Chain(&e), "an overdue job could not be put back");
        return Ok(());
    }
    swept.queued += 1;
    metrics::count("JobsPutBack");
    deps.store.put_off(item, now + LEASE).await
}
