//! Taking an event on: written down before anything is done, so that whoever comes after a crash
//! knows what may have happened.

use aws::{Again, Commit, Row, StoreError, metrics};
use domain::{
    event::{Stage, WebhookEvent},
    ids::{ConversationId, EventId, TenantId},
    sync_log::{LogEntry, LogResult, Operation},
    work::{CLAIM_LIMIT, LEASE},
};
use jiff::Timestamp;
use tracing::error;

use crate::{Deps, Told, too_many_claims};

#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) row: Row<WebhookEvent>,
    /// What earlier tries may have left in the CRM.
    pub(crate) earlier: Option<Earlier>,
}

/// An earlier try was adding the text to the CRM, and never said what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Earlier {
    pub(crate) since: Timestamp,
    /// How many of them were.
    pub(crate) in_doubt: u32,
}

/// The event, if there is anything left to do about it.
pub(crate) async fn claim(
    deps: &Deps,
    tenant: &TenantId,
    event: &EventId,
    now: Timestamp,
) -> Result<Option<Claimed>, Again> {
    let scope = deps.store.of(tenant);
    let Some(row) = scope.event(event).await? else { return Ok(None) };
    let earlier = match row.body.stage {
        Stage::Open => None,
        Stage::Posting { since, in_doubt } => Some(Earlier { since, in_doubt }),
        Stage::Done { .. } | Stage::Quarantined { .. } => return Ok(None),
    };
    if row.body.parked.is_some() {
        // Whoever lets it go on sends its job again.
        return Ok(None);
    }
    if let Some(due) = put_off(&row.body, now) {
        return Err(Again::at(due, now, "it is too early for this event"));
    }
    if row.body.claims >= CLAIM_LIMIT {
        error!(event.id = %event, "event {event} is quarantined");
        metrics::count("EventsQuarantined");
        let why = too_many_claims(event);
        let quarantined = row.body.clone().quarantined(why.clone(), now);
        let result = LogResult::Failed { why };
        let log = LogEntry::new(now, Operation::AddInbound, event, result).caused_by(event);
        // Whoever erases what was said finds the event by it.
        let log = match crate::text(&row.body) {
            Some(text) => log.about(&ConversationId::with(tenant, &text.from)),
            None => log,
        };
        let transaction = scope.transaction().replace_event(&row, &quarantined).log(&log);
        return match transaction.commit().await? {
            Commit::Done => Ok(None),
            Commit::Refused(_) => Err(StoreError::Conflict.into()),
        };
    }
    let in_doubt = earlier.map_or(0, |it| it.in_doubt);
    let next = WebhookEvent {
        stage: Stage::Posting { since: now, in_doubt },
        claims: row.body.claims + 1,
        due: Some(now + LEASE),
        ..row.body.clone()
    };
    let row = scope.replace_event(row, next).await?;
    Ok(Some(Claimed { row, earlier }))
}

/// Gives the claim up after a try that may have called the CRM.
pub(crate) async fn release(deps: &Deps, told: Told<'_>, row: Row<WebhookEvent>, now: Timestamp) {
    let stage = row.body.stage.clone();
    let next = unclaimed(&row.body, stage, now);
    // If something else was written since, that stands; if this fails too, the claim counts.
    let _ = deps.store.of(told.tenant).replace_event(row, next).await;
}

/// Gives the claim up after a try that did not get as far as the CRM.
pub(crate) async fn take_back(deps: &Deps, told: Told<'_>, claimed: Claimed, now: Timestamp) {
    let next = unclaimed(&claimed.row.body, claimed.stage_before(), now);
    let _ = deps.store.of(told.tenant).replace_event(claimed.row, next).await;
}

/// What the text asks was done: from here on it is a text like any other.
pub(crate) async fn answered(
    deps: &Deps,
    told: Told<'_>,
    claimed: Claimed,
    now: Timestamp,
) -> Result<WebhookEvent, StoreError> {
    let next = unclaimed(&claimed.row.body, claimed.stage_before(), now);
    let next = WebhookEvent { is_answered: true, claims: 0, ..next };
    deps.store.of(told.tenant).replace_event(claimed.row, next.clone()).await?;
    Ok(next)
}

impl Claimed {
    pub(crate) fn stage_before(&self) -> Stage {
        self.earlier
            .map_or(Stage::Open, |it| Stage::Posting { since: it.since, in_doubt: it.in_doubt })
    }
}

fn unclaimed(event: &WebhookEvent, stage: Stage, now: Timestamp) -> WebhookEvent {
    let claims = event.claims.saturating_sub(1);
    WebhookEvent { stage, claims, due: Some(now), ..event.clone() }
}

/// Until when it was put off. Under a claim `due` is the end of a lease, which does not keep us:
/// jobs of one conversation are done one at a time, so whoever had it is gone.
fn put_off(event: &WebhookEvent, now: Timestamp) -> Option<Timestamp> {
    event.due.filter(|due| event.claims == 0 && *due > now)
}
