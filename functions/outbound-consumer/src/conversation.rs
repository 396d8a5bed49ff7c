//! Where a conversation stands after a text went out in it.

use aws::{Row, Transaction};
use domain::{
    conversation::{Contact, Conversation},
    ids::{ContactId, TenantId},
    message::{Message, Purpose},
};
use jiff::Timestamp;

use crate::routing::Way;

/// Adds to `transaction` that the conversation took this way and goes on, and whom the CRM means by
/// it, where that is news.
pub(crate) fn goes_on<'a>(
    transaction: Transaction<'a>,
    tenant: &TenantId,
    last: Option<&Row<Conversation>>,
    (message, way): (&Message, &Way),
    now: Timestamp,
) -> Transaction<'a> {
    let named = contact(tenant, message);
    let stood = last.map(|row| &row.body);
    let next = after(stood, (message, way), named.as_ref(), now);
    let is_news = stood.and_then(|it| it.contact.as_ref()) != next.contact.as_ref();
    let transaction = transaction.put_conversation(last, &next);
    match named {
        Some(contact) if is_news => transaction.know_contact(&contact, &message.phone),
        _ => transaction,
    }
}

fn contact(tenant: &TenantId, message: &Message) -> Option<Contact> {
    let crm_contact = message.crm_contact.clone()?;
    Some(Contact { id: ContactId::of(tenant, &crm_contact), crm_contact })
}

/// Whoever answers by hand has read what they answer.
fn after(
    last: Option<&Conversation>,
    (message, way): (&Message, &Way),
    named: Option<&Contact>,
    now: Timestamp,
) -> Conversation {
    let read_until = last.and_then(|it| it.read_until);
    let is_by_hand = message.purpose == Purpose::Reply;
    Conversation {
        id: message.conversation.clone(),
        phone: message.phone.clone(),
        contact: named.map(|it| it.id.clone()).or_else(|| last.and_then(|it| it.contact.clone())),
        route: way.route.clone(),
        crm_conversation: last.and_then(|it| it.crm_conversation.clone()),
        last_at: last.map_or(now, |it| it.last_at.max(now)),
        last_inbound_at: last.and_then(|it| it.last_inbound_at),
        read_until: if is_by_hand { Some(now) } else { read_until },
        unread: last.and_then(|it| it.unread),
        unread_at: last.and_then(|it| it.unread_at),
    }
}
