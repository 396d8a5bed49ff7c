//! Taking an event on: written down before anything is done, so that whoever comes after a crash
//! knows what may have happened.

use aws::{Again, Row, metrics};
use domain::{
    event::{Stage, WebhookEvent},
    ids::{EventId, TenantId},
    work::{CLAIM_LIMIT, LEASE},
};
use jiff::Timestamp;
use tracing::error;

use crate::{Deps, too_many_claims};

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
    if let Some(due) = put_off(&row.body, now) {
        return Err(Again::at(due, now, "it is too early for this event"));
    }
    if row.body.claims >= CLAIM_LIMIT {
        error!(event.id = %event, "event {event} is quarantined");
        metrics::count("EventsQuarantined");
        let quarantined = row.body.clone().quarantined(too_many_claims(event), now);
        scope.replace_event(row, quarantined).await?;
        return Ok(None);
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

/// Takes the claim back, if nothing else was written about the event since.
pub(crate) async fn release(deps: &Deps, tenant: &TenantId, row: Row<WebhookEvent>) {
    let claims = row.body.claims.saturating_sub(1);
    let next = WebhookEvent { claims, ..row.body.clone() };
    // If this fails too, the claim counts, and four more may follow.
    let _ = deps.store.of(tenant).replace_event(row, next).await;
}

/// Until when it was put off. Under a claim `due` is the end of a lease, which does not keep us:
/// jobs of one conversation are done one at a time, so whoever had it is gone.
fn put_off(event: &WebhookEvent, now: Timestamp) -> Option<Timestamp> {
    event.due.filter(|due| event.claims == 0 && *due > now)
}
