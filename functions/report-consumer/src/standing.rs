//! Telling the CRM who must not be texted, or may be again: its do-not-disturb switch for texts,
//! and the tags that agencies build their workflows on.

use std::time::{Duration, Instant};

use app::{CrmError, MENDING};
use aws::{Again, Commit, Row, StoreError, logs::Chain, metrics};
use domain::{
    allowance::Lane,
    consent::OptOut,
    ids::{ConversationId, CrmContactId, TenantId},
    parked::Parked,
    phone::PhoneNumber,
    sync_log::{LogEntry, LogResult, Operation},
    work::due_again,
};
use ghl::{Dnd, Session};
use jiff::Timestamp;
use tracing::{info, warn};

use crate::{Deps, Remedy, remedy};

/// The tags of somebody who must not be texted.
const TAGS: [&str; 2] = ["DNC-SMS", "SMS Opted Out"];

pub(crate) async fn tell(
    deps: &Deps,
    tenant: &TenantId,
    phone: &PhoneNumber,
    now: Timestamp,
) -> Result<(), Again> {
    let scope = deps.store.of(tenant);
    let Some(row) = scope.opt_out(phone).await? else { return Ok(()) };
    match row.body.due {
        None => Ok(()),
        Some(due) if due > now => Err(Again::at(due, now, "it is too early to tell the CRM")),
        Some(_) => {
            let begun = Instant::now();
            match call(deps, tenant, &row.body, now).await {
                Ok(()) => told(deps, tenant, row, begun.elapsed(), now).await,
                Err(error) => not_told(deps, tenant, row, error, now).await,
            }
        }
    }
}

async fn call(
    deps: &Deps,
    tenant: &TenantId,
    standing: &OptOut,
    now: Timestamp,
) -> Result<(), CrmError> {
    deps.crm
        .speaking(&deps.connections, (tenant, Lane::Status), now, async |session| {
            set_with(deps, session, tenant, standing).await
        })
        .await
}

async fn set_with(
    deps: &Deps,
    session: &Session,
    tenant: &TenantId,
    standing: &OptOut,
) -> Result<(), CrmError> {
    let (crm, store, phone) = (&deps.crm, &deps.store, &standing.phone);
    let owner = crm.owner_of(session, store, tenant, phone).await?;
    match set(deps, session, &owner.crm_contact, standing).await {
        // Somebody deleted the contact. The phone has another now, or gets one.
        Err(error) if error.kind() == ghl::Kind::NotFound => {
            let owner = crm.ask_for_owner(session, store.of(tenant), phone).await?;
            Ok(set(deps, session, &owner.crm_contact, standing).await?)
        }
        done => Ok(done?),
    }
}

/// Each call may be made again without harm. The switch comes first: it is what stops texts.
async fn set(
    deps: &Deps,
    session: &Session,
    contact: &CrmContactId,
    standing: &OptOut,
) -> Result<(), ghl::Error> {
    let client = &deps.crm.client;
    if !standing.tags_only {
        let message = format!("Opted out ({})", standing.source);
        let dnd = if standing.active { Dnd::On { message } } else { Dnd::Off };
        client.set_sms_dnd(session, contact, dnd).await?;
    }
    if standing.active {
        client.add_tags(session, contact, &TAGS).await
    } else {
        client.remove_tags(session, contact, &TAGS).await
    }
}

/// If the person changed their mind while we were at it, the conflict has us tell the new standing.
async fn told(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<OptOut>,
    took: Duration,
    now: Timestamp,
) -> Result<(), Again> {
    let next = row.body.clone().told(now);
    let entry = entry(tenant, &next, LogResult::Success, now).took(took);
    write(deps, tenant, &row, &next, &entry).await?;
    info!("the CRM was told of somebody's standing");
    Ok(())
}

/// It is told until it listens: a switch that is not set lets texts through that must not go.
async fn not_told(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<OptOut>,
    error: CrmError,
    now: Timestamp,
) -> Result<(), Again> {
    let why = Chain(&error).to_string();
    let asked = match remedy(&error, now) {
        Remedy::Wait(asked) => asked,
        Remedy::Hold(due) => {
            let next = OptOut { due: Some(due), ..row.body.clone() };
            deps.store.of(tenant).replace_opt_out(&row, &next).await?;
            return Err(Again::at(due, now, error));
        }
        Remedy::Park(until) => {
            let entry = entry(tenant, &row.body, LogResult::Deferred { why }, now);
            let next = row.body.clone().parked(Parked::new(until, now));
            return write(deps, tenant, &row, &next, &entry).await;
        }
        Remedy::GiveUp => {
            metrics::count("StandingsRefused");
            warn!(error = why, "the CRM refused to be told of somebody's standing");
            Some(MENDING)
        }
    };
    let seed = row.body.phone.as_str();
    let due = due_again(now, row.body.tries, seed, asked);
    let next = row.body.clone().not_told(due);
    let entry = entry(tenant, &next, LogResult::Deferred { why }, now);
    write(deps, tenant, &row, &next, &entry).await?;
    Err(Again::at(due, now, error))
}

async fn write(
    deps: &Deps,
    tenant: &TenantId,
    row: &Row<OptOut>,
    next: &OptOut,
    entry: &LogEntry,
) -> Result<(), Again> {
    let scope = deps.store.of(tenant);
    let transaction = scope.transaction().set_opt_out(Some(row), next).log(entry);
    match transaction.commit().await? {
        Commit::Done => Ok(()),
        Commit::Refused(_) => Err(StoreError::Conflict.into()),
    }
}

fn entry(tenant: &TenantId, standing: &OptOut, result: LogResult, now: Timestamp) -> LogEntry {
    let conversation = ConversationId::with(tenant, &standing.phone);
    LogEntry::new(now, Operation::TellStanding, &conversation, result).about(&conversation)
}
