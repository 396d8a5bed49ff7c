//! Somebody texted a tenant. What they said reaches the CRM, once; what it asks of us is done
//! first.
//!
//! ```text
//! claim -> keyword (opt-out registry, one answer), in a group of its own: it waits for nobody
//! claim -> whose phone is it -> add to the CRM's thread
//!       -> message, mappings, conversation and outcome in one transaction
//! ```

mod claim;
mod contact_copy;
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
    keyword::Keyword,
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
    queue::work(&deps.inbound, event, now, async |job, now| read(deps, job, now).await).await
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

    if let Some(keyword) = event.keyword
        && !event.is_answered
    {
        return answer(deps, told, claimed, keyword, now).await;
    }
    let done = bring(deps, told, &claimed, now).await;
    if done.is_err() {
        // Whatever went wrong, we are still here: it did not kill us, which is what claims count.
        claim::release(deps, told, claimed.row, now).await;
    }
    done
}

/// Does what the text asks. The text itself then takes its turn in its conversation.
async fn answer(
    deps: &Deps,
    told: Told<'_>,
    claimed: Claimed,
    keyword: Keyword,
    now: Timestamp,
) -> Result<(), Again> {
    match keywords::act(deps, told, keyword, now).await {
        Ok(()) => {
            let answered = claim::answered(deps, told, claimed, now).await?;
            if let Some(job) = answered.job(told.tenant) {
                deps.inbound.offer(&job, now).await;
            }
            Ok(())
        }
        Err(again) => {
            claim::take_back(deps, told, claimed, now).await;
            Err(again)
        }
    }
}

async fn bring(
    deps: &Deps,
    told: Told<'_>,
    claimed: &Claimed,
    now: Timestamp,
) -> Result<(), Again> {
    if thread::is_known(deps, told).await? {
        return outcome::nothing_new(deps, told, &claimed.row, now).await;
    }
    match thread::add(deps, told, claimed.earlier, now).await {
        Ok(added) => {
            // Only now has a new person a contact to set the switch on.
            keywords::tell_standing(deps, told, now).await?;
            outcome::added(deps, told, &claimed.row, &added, now).await
        }
        Err(error) => outcome::not_added(deps, told, claimed, error, now).await,
    }
}

fn text(event: &WebhookEvent) -> Option<&InboundText> {
    match &event.heard {
        Heard::Text(text) => Some(text),
        Heard::Report(_) | Heard::Crm(_) | Heard::Ignored { .. } | Heard::Unusable { .. } => None,
    }
}

/// Why an event may not be worked on; it is said in the log and in the quarantine.
fn too_many_claims(event: &EventId) -> String {
    format!("event {event} was claimed five times and never came to an outcome")
}
