//! Telling the CRM what became of a message it asked us to send.

use std::time::{Duration, Instant};

use app::CrmError;
use aws::{Again, Commit, Row, StoreError, logs::Chain, metrics};
use domain::{
    allowance::Lane,
    crm_status::Telling,
    ids::{CrmMessageId, TenantId},
    parked::Parked,
    sync_log::{LogEntry, LogResult, Operation},
    work::{GivenUp, due_again},
};
use jiff::Timestamp;
use tracing::{info, warn};

use crate::{Deps, Remedy, remedy};

/// GoHighLevel lets us report on a message within seconds of making it. If it still refuses after
/// so many tries, ten seconds apart, it never will: the message is not our provider's.
const UNSETTLED_TRIES: u32 = 6;

pub(crate) async fn tell(
    deps: &Deps,
    tenant: &TenantId,
    crm_message: &CrmMessageId,
    now: Timestamp,
) -> Result<(), Again> {
    let scope = deps.store.of(tenant);
    let Some(row) = scope.telling(crm_message).await? else { return Ok(()) };
    let Some(due) = row.body.due else { return Ok(()) };
    if due > now {
        return Err(Again::at(due, now, "it is too early to tell the CRM"));
    }
    let begun = Instant::now();
    match call(deps, tenant, &row.body, now).await {
        Ok(()) => told(deps, tenant, row, begun.elapsed(), now).await,
        Err(error) => not_told(deps, tenant, row, error, now).await,
    }
}

async fn call(
    deps: &Deps,
    tenant: &TenantId,
    telling: &Telling,
    now: Timestamp,
) -> Result<(), CrmError> {
    let (message, status) = (&telling.crm_message, &telling.wanted);
    deps.crm
        .speaking(&deps.connections, (tenant, Lane::Status), now, async |session| {
            Ok(deps.crm.client.set_status(session, message, status).await?)
        })
        .await
}

async fn told(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<Telling>,
    took: Duration,
    now: Timestamp,
) -> Result<(), Again> {
    let next = row.body.clone().was_told(row.body.wanted.clone(), now);
    let entry = entry(&next, LogResult::Success, now).took(took);
    write(deps, tenant, &row, &next, &entry).await?;
    metrics::count("StatusesTold");
    info!("the CRM was told of a message's status");
    Ok(())
}

async fn not_told(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<Telling>,
    error: CrmError,
    now: Timestamp,
) -> Result<(), Again> {
    let why = Chain(&error).to_string();
    let is_unsettled = matches!(&error, CrmError::Ghl(it) if it.kind() == ghl::Kind::NotReady);
    let tries = row.body.tries;
    let is_too_late = is_unsettled && tries >= UNSETTLED_TRIES;
    match remedy(&error, now) {
        Remedy::Wait(asked) if !is_too_late => {
            let seed = row.body.crm_message.as_str();
            let due = due_again(now, tries, seed, asked);
            let next = Telling { tries: tries + 1, due: Some(due), ..row.body.clone() };
            let entry = entry(&next, LogResult::Deferred { why }, now);
            write(deps, tenant, &row, &next, &entry).await?;
            Err(Again::at(due, now, error))
        }
        Remedy::Hold(due) => {
            let next = Telling { due: Some(due), ..row.body.clone() };
            deps.store.of(tenant).replace_telling(&row, &next).await?;
            Err(Again::at(due, now, error))
        }
        Remedy::Park(until) => {
            let entry = entry(&row.body, LogResult::Deferred { why }, now);
            let next = row.body.clone().parked(Parked::new(until, now));
            Ok(write(deps, tenant, &row, &next, &entry).await?)
        }
        Remedy::Wait(_) | Remedy::GiveUp => {
            warn!(error = why, "the CRM will not be told of a message's status");
            metrics::count("StatusesGivenUp");
            let given_up = Some(GivenUp { at: now, why: why.clone() });
            let next = Telling { given_up, due: None, ..row.body.clone() };
            let entry = entry(&next, LogResult::Failed { why }, now);
            Ok(write(deps, tenant, &row, &next, &entry).await?)
        }
    }
}

async fn write(
    deps: &Deps,
    tenant: &TenantId,
    row: &Row<Telling>,
    next: &Telling,
    entry: &LogEntry,
) -> Result<(), StoreError> {
    let scope = deps.store.of(tenant);
    let commit = scope.transaction().set_telling(Some(row), next).log(entry).commit().await?;
    match commit {
        Commit::Done => Ok(()),
        // Something more to tell came up meanwhile.
        Commit::Refused(_) => Err(StoreError::Conflict),
    }
}

fn entry(telling: &Telling, result: LogResult, now: Timestamp) -> LogEntry {
    let entry = LogEntry::new(now, Operation::TellStatus, &telling.crm_message, result);
    match &telling.conversation {
        Some(conversation) => entry.about(conversation),
        None => entry,
    }
}
