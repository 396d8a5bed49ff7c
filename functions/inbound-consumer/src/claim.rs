//! Taking an event on: written down before anything is done, so that whoever comes after a crash
//! knows what may have happened.

use aws::{Again, Row};
use domain::{
    event::{Stage, WebhookEvent},
    ids::{EventId, TenantId},
    work::{CLAIM_LIMIT, LEASE},
};
use jiff::Timestamp;
use tracing::error;

use crate::{Deps, too_many_claims};

pub(crate) struct Claimed {
    pub(crate) row: Row<WebhookEvent>,
    /// An earlier try was adding the text to the CRM then, and never said what came of it.
    pub(crate) may_be_posted_since: Option<Timestamp>,
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
    let may_be_posted_since = match row.body.stage {
        Stage::Open => None,
        Stage::Posting { since } => Some(since),
        Stage::Done { .. } | Stage::Quarantined { .. } => return Ok(None),
    };
    if row.body.claims >= CLAIM_LIMIT {
        error!(event.id = %event, "event {event} is quarantined");
        let quarantined = row.body.clone().quarantined(too_many_claims(event), now);
        scope.replace_event(row, quarantined).await?;
        return Ok(None);
    }
    let next = WebhookEvent {
        stage: Stage::Posting { since: now },
        claims: row.body.claims + 1,
        due: Some(now + LEASE),
        ..row.body.clone()
    };
    let row = scope.replace_event(row, next).await?;
    Ok(Some(Claimed { row, may_be_posted_since }))
}
