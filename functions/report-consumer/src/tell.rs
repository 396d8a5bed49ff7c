//! Telling the CRM what became of a message it asked us to send.

use app::CrmError;
use aws::{Again, Commit, Row, StoreError, logs::Chain, metrics};
use domain::{
    crm_status::Telling,
    ids::{CrmMessageId, TenantId},
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
    match call(deps, tenant, &row.body, now).await {
        Ok(()) => told(deps, tenant, row, now).await,
        Err(error) => not_told(deps, tenant, row, error, now).await,
    }
}

async fn call(
    deps: &Deps,
    tenant: &TenantId,
    telling: &Telling,
    now: Timestamp,
) -> Result<(), CrmError> {
    let session = deps.crm.session(&deps.connections, tenant, now).await?;
    deps.crm.client.set_status(&session, &telling.crm_message, &telling.wanted).await?;
    Ok(())
}

async fn told(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<Telling>,
    now: Timestamp,
) -> Result<(), Again> {
    let next = row.body.clone().was_told(row.body.wanted.clone(), now);
    write(deps, tenant, &row, &next, LogResult::Success, now).await?;
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
    match remedy(&error) {
        Remedy::Wait(asked) if !is_too_late => {
            let seed = row.body.crm_message.as_str();
            let due = due_again(now, tries, seed, asked);
            let next = Telling { tries: tries + 1, due: Some(due), ..row.body.clone() };
            write(deps, tenant, &row, &next, LogResult::Deferred { why }, now).await?;
            Err(Again::at(due, now, error))
        }
        Remedy::Wait(_) | Remedy::GiveUp => {
            warn!(error = why, "the CRM will not be told of a message's status");
            metrics::count("StatusesGivenUp");
            let given_up = Some(GivenUp { at: now, why: why.clone() });
            let next = Telling { given_up, due: None, ..row.body.clone() };
            write(deps, tenant, &row, &next, LogResult::Failed { why }, now).await?;
            Ok(())
        }
    }
}

async fn write(
    deps: &Deps,
    tenant: &TenantId,
    row: &Row<Telling>,
    next: &Telling,
    result: LogResult,
    now: Timestamp,
) -> Result<(), StoreError> {
    let entry = LogEntry::new(now, Operation::TellStatus, &next.crm_message, result);
    let scope = deps.store.of(tenant);
    let commit = scope.transaction().set_telling(Some(row), next).log(&entry).commit().await?;
    match commit {
        Commit::Done => Ok(()),
        // Something more to tell came up meanwhile.
        Commit::Refused(_) => Err(StoreError::Conflict),
    }
}
