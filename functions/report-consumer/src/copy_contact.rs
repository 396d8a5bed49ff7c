//! Copying a person's contact to another system of the tenant's, where that is switched on.
//!
//! A copy may be made twice without harm: the other side knows the person by their number.

use std::time::Duration;

use app::{Connection, ConnectionError, MENDING, Unusable};
use aws::{Again, Commit, Row, StoreError, logs::Chain, metrics};
use carriers::aloware::{self, NewContact};
use domain::{
    contact_copy::ContactCopy,
    ids::{ConversationId, IntegrationId, TenantId},
    parked::{Parked, Until},
    phone::PhoneNumber,
    sync_log::{LogEntry, LogResult, Operation},
    work::due_again,
};
use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};

use crate::{Deps, Remedy};

/// Where contacts that we copy are said to come from.
const LEAD_SOURCE: &str = "Duplex";

/// Why a contact was not copied.
#[derive(Debug, thiserror::Error)]
enum NotCopied {
    #[error("contacts are not copied to this integration")]
    SwitchedOff,
    #[error("the tenant is not active")]
    TenantNotActive,
    #[error("the integration is not set up")]
    Unusable(#[from] Unusable),
    #[error("the integration could not be loaded")]
    Connection(#[from] ConnectionError),
    #[error("the contact was not taken")]
    Aloware(#[from] aloware::Error),
}

pub(crate) async fn copy(
    deps: &Deps,
    tenant: &TenantId,
    (integration, phone): (&IntegrationId, &PhoneNumber),
    now: Timestamp,
) -> Result<(), Again> {
    let scope = deps.store.of(tenant);
    let Some(row) = scope.contact_copy(integration, phone).await? else { return Ok(()) };
    let Some(due) = row.body.due else { return Ok(()) };
    if due > now {
        return Err(Again::at(due, now, "it is too early to copy the contact"));
    }
    match call(deps, tenant, &row.body, now).await {
        Ok(()) => copied(deps, tenant, row, now).await,
        Err(error) => not_copied(deps, tenant, row, error, now).await,
    }
}

async fn call(
    deps: &Deps,
    tenant: &TenantId,
    copy: &ContactCopy,
    now: Timestamp,
) -> Result<(), NotCopied> {
    let served = deps.connections.tenant(tenant, now).await.map_err(ConnectionError::from)?;
    if !served.is_active() {
        return Err(NotCopied::TenantNotActive);
    }
    let connection = deps.connections.of(tenant, &copy.integration, now).await?;
    let account = |it: &Connection| it.contact_copies(&deps.aloware_base_url);
    let account = connection.as_deref().map(account).transpose()?.flatten();
    let account = account.ok_or(NotCopied::SwitchedOff)?;
    let contact = NewContact { lead_source: Some(LEAD_SOURCE), ..NewContact::new(&copy.phone) };
    account.upsert_contact(&deps.http, contact).await?;
    Ok(())
}

async fn copied(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<ContactCopy>,
    now: Timestamp,
) -> Result<(), Again> {
    let next = row.body.clone().copied(now);
    write(deps, tenant, &row, &next, LogResult::Success, now).await?;
    metrics::count("ContactsCopied");
    info!("a contact was copied");
    Ok(())
}

async fn not_copied(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<ContactCopy>,
    error: NotCopied,
    now: Timestamp,
) -> Result<(), Again> {
    let (why, copy) = (Chain(&error).to_string(), row.body.clone());
    let (next, result) = match remedy(&error) {
        // The person's next text asks for the copy again, and whether it is wanted by then.
        None | Some(Remedy::Hold(_)) => (copy.let_go(), LogResult::Refused { why }),
        Some(Remedy::Park(until)) => {
            (copy.parked(Parked::new(until, now)), LogResult::Deferred { why })
        }
        Some(Remedy::Wait(asked)) => {
            let due = due_again(now, copy.tries, copy.phone.as_str(), asked);
            let next = copy.not_copied(due);
            write(deps, tenant, &row, &next, LogResult::Deferred { why }, now).await?;
            return Err(Again::at(due, now, error));
        }
        Some(Remedy::GiveUp) => {
            warn!(error = why, "a contact will not be copied");
            metrics::count("ContactCopiesGivenUp");
            (copy.given_up(why.clone(), now), LogResult::Failed { why })
        }
    };
    Ok(write(deps, tenant, &row, &next, result, now).await?)
}

/// What to do about it, or `None` if nobody wants the copy.
fn remedy(error: &NotCopied) -> Option<Remedy> {
    let asked = |after: Option<Duration>| after.and_then(|it| SignedDuration::try_from(it).ok());
    Some(match error {
        NotCopied::SwitchedOff => return None,
        NotCopied::TenantNotActive => Remedy::Park(Until::TenantActive),
        NotCopied::Connection(_) | NotCopied::Aloware(aloware::Error::Unanswered(_)) => {
            Remedy::Wait(None)
        }
        NotCopied::Unusable(_)
        | NotCopied::Aloware(aloware::Error::NoAddress | aloware::Error::Misconfigured(_)) => {
            Remedy::Wait(Some(MENDING))
        }
        NotCopied::Aloware(aloware::Error::Unavailable { after, .. }) => {
            Remedy::Wait(asked(*after))
        }
        NotCopied::Aloware(aloware::Error::Refused(_)) => Remedy::GiveUp,
    })
}

async fn write(
    deps: &Deps,
    tenant: &TenantId,
    row: &Row<ContactCopy>,
    next: &ContactCopy,
    result: LogResult,
    now: Timestamp,
) -> Result<(), StoreError> {
    let subject = ConversationId::with(tenant, &next.phone);
    let entry = LogEntry::new(now, Operation::CopyContact, &subject, result)
        .about(&subject)
        .with(&next.integration);
    let scope = deps.store.of(tenant);
    match scope.transaction().set_contact_copy(Some(row), next).log(&entry).commit().await? {
        Commit::Done => Ok(()),
        Commit::Refused(_) => Err(StoreError::Conflict),
    }
}
