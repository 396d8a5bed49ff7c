//! A message goes to its carrier, once.
//!
//! ```text
//! load -> route and channel -> dispatch (opt-out checked in the same transaction) -> carrier
//!      -> outcome, mapping, and what the CRM should be told, in one transaction
//! ```
//!
//! The carrier is called only after `Dispatching` is written. Whoever finds a message in that state
//! after its lease was not the one who called, cannot know what the carrier did, and parks it: a
//! message in doubt is never sent again.

mod conversation;
mod dispatch;
mod gate;
mod outcome;
mod routing;
mod settle;

use std::time::{Duration, Instant};

use app::{BaseUrls, Connections};
use aws::{Again, Queue, Row, Store, queue};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use carriers::Callers;
use domain::{
    delivery::{Delivery, Event},
    ids::TenantId,
    jobs::SendText,
    message::Message,
};
use jiff::Timestamp;

use gate::Verdict;
use outcome::Called;
use routing::NoWay;

/// The code of a message that our own registry forbade.
const OPTED_OUT: &str = "opted_out";

/// Why a message in doubt is not sent again after all.
const FORGOTTEN: &str = "its carrier has forgotten our key by now";

#[derive(Debug)]
pub struct Deps {
    pub store: Store,
    pub connections: Connections,
    pub base_urls: BaseUrls,
    pub callers: Callers,
    /// Our address as carriers know it, without the path.
    pub origin: String,
    pub outbound: Queue,
    pub reports: Queue,
}

/// A message under work: with what, whose, and when.
#[derive(Clone, Copy, Debug)]
struct Attempt<'a> {
    deps: &'a Deps,
    tenant: &'a TenantId,
    /// How long the carrier took, if it was called.
    took: Option<Duration>,
    now: Timestamp,
}

pub async fn handle(deps: &Deps, event: SqsEvent, now: Timestamp) -> SqsBatchResponse {
    queue::work(&deps.outbound, event, now, async |job, now| send(deps, job, now).await).await
}

async fn send(deps: &Deps, job: SendText, now: Timestamp) -> Result<(), Again> {
    let tenant = job.tenant;
    let Some(row) = deps.store.of(&tenant).message(&job.message).await? else { return Ok(()) };
    match row.body.delivery {
        Delivery::Queued { .. } if is_held(&row.body, now) => Ok(()),
        Delivery::Queued { .. } => try_to_send(deps, &tenant, row, now).await,
        Delivery::Dispatching { .. } => find_dispatching(deps, &tenant, row, now).await,
        // It has left us, or never will.
        Delivery::Received { .. }
        | Delivery::InDoubt { .. }
        | Delivery::Accepted { .. }
        | Delivery::Sent { .. }
        | Delivery::Delivered { .. }
        | Delivery::Read { .. }
        | Delivery::Failed { .. } => Ok(()),
    }
}

async fn try_to_send(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<Message>,
    now: Timestamp,
) -> Result<(), Again> {
    let attempt = Attempt { deps, tenant, took: None, now };
    match gate::check(&row.body, now) {
        Verdict::Allow => {}
        Verdict::HoldUntil(then) => return Err(gate::too_early(then, now)),
        Verdict::Block(failure) => return outcome::forbid(attempt, row, failure).await,
        Verdict::Doubt => return outcome::doubt_again(attempt, row, FORGOTTEN).await,
    }
    let way = match routing::find(deps, tenant, &row.body, now).await? {
        Ok(way) => way,
        Err(NoWay::Now(until)) => return outcome::hold(attempt, row, until).await,
        Err(NoWay::Ever(failure)) => return outcome::forbid(attempt, row, failure).await,
    };
    if row.body.repeat_until.is_some() && way.channel.knows_repetitions() != row.body.known_to {
        return outcome::doubt_again(attempt, row, "its carrier is another one now").await;
    }
    match dispatch::dispatch(deps, tenant, row, &way, now).await? {
        Ok(dispatched) => {
            let begun = Instant::now();
            let sending = dispatch::call(deps, &dispatched.body, &way, now).await;
            let called = Called { way: &way, sending, took: begun.elapsed() };
            outcome::record(attempt, dispatched, called).await
        }
        Err((row, failure)) => outcome::forbid(attempt, row, failure).await,
    }
}

/// Whether it is parked and not yet too late for it. Whoever lets it go on sends its job again.
fn is_held(message: &Message, now: Timestamp) -> bool {
    message.parked.is_some() && message.last_moment().is_none_or(|by| by > now)
}

/// Somebody wrote down that the carrier was about to be called. Within the lease they may still be
/// at it; after it, their answer is lost.
async fn find_dispatching(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<Message>,
    now: Timestamp,
) -> Result<(), Again> {
    match row.body.due {
        Some(lease) if lease > now => Err(gate::too_early(lease, now)),
        _ => {
            let attempt = Attempt { deps, tenant, took: None, now };
            outcome::doubt(attempt, row, "whoever called the carrier did not come back").await
        }
    }
}

/// The message after `event`, where the state machine has such a step.
fn after(message: &Message, event: Event, now: Timestamp) -> Option<Message> {
    app::step(message, event, now).ok()
}
