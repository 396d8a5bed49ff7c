//! Telling the CRM who must not be texted, or may be again: its do-not-disturb switch for texts,
//! and the tags that agencies build their workflows on.

use std::time::Duration;

use app::CrmError;
use aws::{Again, Row, logs::Chain, metrics};
use domain::{
    consent::OptOut,
    ids::TenantId,
    phone::PhoneNumber,
    sync_log::{LogEntry, LogResult, Operation},
    work::due_again,
};
use ghl::Dnd;
use jiff::Timestamp;
use tracing::{info, warn};

use crate::{Deps, MENDING, Remedy, remedy};

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
        Some(due) if due > now => {
            let wait = Duration::try_from(due.duration_since(now)).unwrap_or_default();
            Err(Again::after(wait, "it is too early to tell the CRM"))
        }
        Some(_) => match call(deps, tenant, &row.body, now).await {
            Ok(()) => told(deps, tenant, row, now).await,
            Err(error) => not_told(deps, tenant, row, error, now).await,
        },
    }
}

/// Each call may be made again without harm. The switch comes first: it is what stops texts.
async fn call(
    deps: &Deps,
    tenant: &TenantId,
    standing: &OptOut,
    now: Timestamp,
) -> Result<(), CrmError> {
    let (crm, store) = (&deps.crm, &deps.store);
    let session = crm.session(&deps.connections, tenant, now).await?;
    let owner = crm.owner_of(&session, store, tenant, &standing.phone, now).await?;
    let contact = &owner.crm_contact;
    if standing.active {
        let message = format!("Opted out ({})", standing.source);
        crm.client.set_sms_dnd(&session, contact, Dnd::On { message }).await?;
        crm.client.add_tags(&session, contact, &TAGS).await?;
    } else {
        crm.client.set_sms_dnd(&session, contact, Dnd::Off).await?;
        crm.client.remove_tags(&session, contact, &TAGS).await?;
    }
    Ok(())
}

/// If the person changed their mind while we were at it, the conflict has us tell the new standing.
async fn told(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<OptOut>,
    now: Timestamp,
) -> Result<(), Again> {
    let next = row.body.clone().told();
    write(deps, tenant, &row, &next, LogResult::Success, now).await?;
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
    let asked = match remedy(&error) {
        Remedy::Wait(asked) => asked,
        Remedy::GiveUp => {
            metrics::count("StandingsRefused");
            warn!(error = why, "the CRM refused to be told of somebody's standing");
            Some(MENDING)
        }
    };
    let seed = row.body.phone.as_str();
    let due = due_again(now, row.body.tries, seed, asked);
    let next = row.body.clone().not_told(due);
    write(deps, tenant, &row, &next, LogResult::Deferred { why }, now).await?;
    let wait = Duration::try_from(due.duration_since(now)).unwrap_or_default();
    Err(Again::after(wait, error))
}

async fn write(
    deps: &Deps,
    tenant: &TenantId,
    row: &Row<OptOut>,
    next: &OptOut,
    result: LogResult,
    now: Timestamp,
) -> Result<(), Again> {
    let scope = deps.store.of(tenant);
    let subject = domain::ids::ConversationId::with(tenant, &next.phone);
    let entry = LogEntry::new(now, Operation::TellStanding, &subject, result);
    let transaction = scope.transaction().set_opt_out(Some(row), next).log(&entry);
    match transaction.commit().await? {
        aws::Commit::Done => Ok(()),
        aws::Commit::Refused(_) => Err(aws::StoreError::Conflict.into()),
    }
}
