//! Somebody texted a tenant. What they said reaches the CRM, once; what it asks of us is done
//! first.
//!
//! ```text
//! claim -> keyword (opt-out registry, one answer) -> whose phone is it -> add to the CRM's thread
//!       -> message, mappings, conversation and outcome in one transaction
//! ```

mod claim;
mod keywords;
mod outcome;
mod thread;

use app::{Connections, Crm};
use aws::{Again, Queue, Store, queue};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::{
    event::WebhookEvent,
    heard::{Heard, InboundText},
    ids::{EventId, TenantId},
    jobs::ReadText,
};
use jiff::Timestamp;

use claim::Claimed;

#[derive(Debug)]
pub struct Deps {
    pub store: Store,
    pub connections: Connections,
    pub crm: Crm,
    pub inbound: Queue,
    pub outbound: Queue,
    pub reports: Queue,
}

pub async fn handle(deps: &Deps, event: SqsEvent, now: Timestamp) -> SqsBatchResponse {
    queue::work(&deps.inbound, event, async |job| read(deps, job, now).await).await
}

/// A text under work: whose, which event, and what was said.
#[derive(Clone, Copy, Debug)]
struct Told<'a> {
    tenant: &'a TenantId,
    event: &'a WebhookEvent,
    text: &'a InboundText,
}

async fn read(deps: &Deps, job: ReadText, now: Timestamp) -> Result<(), Again> {
    let ReadText { tenant, event, .. } = job;
    let Some(claimed) = claim::claim(deps, &tenant, &event, now).await? else {
        return Ok(());
    };
    let event = claimed.row.body.clone();
    let Some(text) = text(&event) else { return Ok(()) };
    let told = Told { tenant: &tenant, event: &event, text };

    let done = bring(deps, told, &claimed, now).await;
    if done.is_err() {
        // Whatever went wrong, we are still here: it did not kill us, which is what claims count.
        claim::release(deps, &tenant, claimed.row).await;
    }
    done
}

async fn bring(
    deps: &Deps,
    told: Told<'_>,
    claimed: &Claimed,
    now: Timestamp,
) -> Result<(), Again> {
    let is_known = thread::is_known(deps, told).await?;
    let standing = keywords::act(deps, told, is_known, now).await?;
    let done = if is_known {
        outcome::nothing_new(deps, told, &claimed.row, now).await
    } else {
        match thread::add(deps, told, claimed.earlier, now).await {
            Ok(added) => outcome::added(deps, told, &claimed.row, &added, now).await,
            Err(error) => outcome::not_added(deps, told, claimed, error, now).await,
        }
    };
    if let Some(job) = standing {
        deps.reports.offer(&job, now).await;
    }
    done
}

fn text(event: &WebhookEvent) -> Option<&InboundText> {
    match &event.heard {
        Heard::Text(text) => Some(text),
        Heard::Report(_) | Heard::Ignored { .. } | Heard::Unusable { .. } => None,
    }
}

/// Why an event may not be worked on; it is said in the log and in the quarantine.
fn too_many_claims(event: &EventId) -> String {
    format!("event {event} was claimed five times and never came to an outcome")
}
