//! What became of a person: who they are, whose phone it is, and whether they may be texted.

use aws::{Again, Transaction, metrics};
use domain::{
    conversation::Contact,
    crm_event::{ContactChange, ContactNews},
    event::Outcome,
    ids::ContactId,
    lead::Lead,
};

use crate::{standing, told::Told};

pub(crate) async fn apply(told: &Told<'_>, news: &ContactNews) -> Result<(), Again> {
    let transaction = told.scope.transaction();
    let (transaction, is_described) = describe(told, news, transaction).await?;
    let changed = standing::by_switch(told, news).await?;
    if !is_described && changed.is_none() {
        return told.nothing(Outcome::NothingNew, "it is older than what we know").await;
    }
    let Some(changed) = changed else {
        if news.change == ContactChange::Switched {
            metrics::count("CrmEchoes");
        }
        return told.done(transaction).await;
    };
    told.done(changed.write(told, transaction)).await?;
    changed.follow_up(told).await;
    Ok(())
}

/// Who they are, and which phone leads to them. Whether that is news.
async fn describe<'a>(
    told: &Told<'_>,
    news: &ContactNews,
    transaction: Transaction<'a>,
) -> Result<(Transaction<'a>, bool), Again> {
    let scope = told.scope;
    let id = ContactId::of(scope.tenant_id(), &news.id);
    let read = scope.lead(&id).await?;
    let before = read.as_ref().map(|it| &it.body);
    let Some(lead) = Lead::told(before, scope.tenant_id(), news, told.event.at) else {
        return Ok((transaction, false));
    };
    // A workflow that says no number says nothing against the one we know.
    let known = told.phone.clone().filter(|_| news.is_partial);
    let lead = Lead { phone: lead.phone.or(known), ..lead };
    let transaction = transaction.set_lead(read.as_ref(), &lead);
    let Some(phone) = lead.phone.as_ref().or(told.phone.as_ref()) else {
        return Ok((transaction, true));
    };
    if before.and_then(|it| it.phone.as_ref()) != Some(phone) {
        // Whoever erases what a tenant has finds them by it.
        scope.note_person(phone, told.now).await?;
    }
    let owner = scope.last_owner_of(phone).await?;
    let is_theirs = match &owner {
        None => true,
        Some(it) if it.contact == id || it.gone_at.is_some() => true,
        // Their number may have been taken from them, or have passed on.
        Some(it) => {
            let lead = scope.lead(&it.contact).await?;
            lead.is_some_and(|row| {
                row.body.is_described() && row.body.phone.as_ref() != Some(phone)
            })
        }
    };
    let contact = Contact { id, crm_contact: news.id.clone() };
    let transaction = match lead.gone_at {
        // Two contacts with one phone: the one that texts were brought to keeps it.
        _ if !is_theirs => transaction,
        Some(at) => transaction.lose_contact(&contact, phone, at),
        None if owner.is_some_and(|it| it.leads_to(&contact, phone)) => transaction,
        None => transaction.know_contact(&contact, phone),
    };
    Ok((transaction, true))
}
