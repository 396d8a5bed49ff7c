//! What the CRM keeps and we know of. Their two-way sync is not ours yet.

use aws::{Again, StoreError, Transaction};
use domain::{
    crm_event::{AppointmentNews, DealNews, UserNews},
    event::Outcome,
    ids::{ContactId, CrmContactId},
    lead::Lead,
    mirror::Mirror,
};

use crate::told::Told;

const OLD: &str = "it is older than what we know";

pub(crate) async fn deal(told: &Told<'_>, news: &DealNews) -> Result<(), Again> {
    let (scope, at) = (told.scope, told.event.at);
    let read = scope.deal(&news.id).await?;
    match Mirror::told(read.as_ref().map(|it| &it.body), scope.tenant_id(), news, at) {
        Some(next) => {
            let transaction = scope.transaction().set_deal(read.as_ref(), &next);
            told.done(known(told, news.contact.as_ref(), transaction).await?).await
        }
        None => told.nothing(Outcome::NothingNew, OLD).await,
    }
}

pub(crate) async fn appointment(told: &Told<'_>, news: &AppointmentNews) -> Result<(), Again> {
    let (scope, at) = (told.scope, told.event.at);
    let read = scope.appointment(&news.id).await?;
    match Mirror::told(read.as_ref().map(|it| &it.body), scope.tenant_id(), news, at) {
        Some(next) => {
            let transaction = scope.transaction().set_appointment(read.as_ref(), &next);
            told.done(known(told, news.contact.as_ref(), transaction).await?).await
        }
        None => told.nothing(Outcome::NothingNew, OLD).await,
    }
}

pub(crate) async fn user(told: &Told<'_>, news: &UserNews) -> Result<(), Again> {
    let (scope, at) = (told.scope, told.event.at);
    let read = scope.user(&news.id).await?;
    match Mirror::told(read.as_ref().map(|it| &it.body), scope.tenant_id(), news, at) {
        Some(next) => told.done(scope.transaction().set_user(read.as_ref(), &next)).await,
        None => told.nothing(Outcome::NothingNew, OLD).await,
    }
}

/// Whoever has a deal or an appointment is somebody, even if we know nothing else of them: what is
/// theirs is found by them.
async fn known<'a>(
    told: &Told<'_>,
    crm_contact: Option<&CrmContactId>,
    transaction: Transaction<'a>,
) -> Result<Transaction<'a>, StoreError> {
    let Some(crm_contact) = crm_contact else { return Ok(transaction) };
    let tenant = told.scope.tenant_id();
    let is_known = told.scope.lead(&ContactId::of(tenant, crm_contact)).await?.is_some();
    if is_known {
        return Ok(transaction);
    }
    Ok(transaction.set_lead(None, &Lead::named(tenant, crm_contact)))
}
