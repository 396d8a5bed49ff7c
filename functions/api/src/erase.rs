//! Forgetting: a person, or all that a deleted tenant had.
//!
//! What must remain so that nothing is sent or told twice stays as an empty shell; the opt-out and
//! the ledger of consent stay whole.

mod mirrors;
pub(crate) mod tenant;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use aws::{Asked, Row, StoreError};
use domain::{
    delivery::Delivery,
    event::WebhookEvent,
    ids::{ConversationId, EventId},
    message::Message,
    phone::PhoneNumber,
};
use futures_util::future::try_join_all;

use crate::{
    asking::Member,
    problem::Problem,
    routes::{messages, tenants::done},
};

/// After this long a request stops, and says that there is more.
const BUDGET: Duration = Duration::from_secs(12);

const PAGE: i32 = 100;

/// Events that are looked at at once.
const AT_ONCE: usize = 16;

/// How often a message is read again that changes while it is being forgotten.
const TRIES: u32 = 4;

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Forgotten {
    pub(crate) messages: usize,
    pub(crate) events: usize,
    pub(crate) complete: bool,
}

/// Forgets what was said with a phone, and whose it was.
pub(crate) async fn person(
    member: &Member,
    phone: &PhoneNumber,
    conversation: &ConversationId,
) -> Result<Forgotten, Problem> {
    forget(member, phone, conversation, Instant::now()).await
}

/// The same in a request that began then. It looks until it finds nothing more: a report may be
/// written down, or a text come in, while it is at it.
async fn forget(
    member: &Member,
    phone: &PhoneNumber,
    conversation: &ConversationId,
    begun: Instant,
) -> Result<Forgotten, Problem> {
    let mut all = Forgotten::default();
    loop {
        let events = deliveries(member, conversation, begun).await?;
        let texts = texts(member, conversation, begun).await?;
        all.events += events.events;
        all.messages += texts.messages;
        if !events.complete || !texts.complete {
            return Ok(all);
        }
        if events.events + texts.messages == 0 {
            break;
        }
    }
    if !mirrors::leads(member, Some(phone), begun).await? {
        return Ok(all);
    }
    let complete = whose(member, phone, conversation, begun).await?;
    Ok(Forgotten { complete, ..all })
}

/// Asked after each item, for one may take as long as a page of others.
fn is_over(begun: Instant) -> bool {
    begun.elapsed() > BUDGET
}

/// What came in from outside about this person: whatever the sync log says was caused by it, and
/// what the CRM handed over to be sent.
async fn deliveries(
    member: &Member,
    conversation: &ConversationId,
    begun: Instant,
) -> Result<Forgotten, Problem> {
    let (scope, mut count, mut after) = (member.scope(), 0, None);
    let mut complete = true;
    loop {
        let asked = Asked::oldest(PAGE).after(after);
        let page = scope.log_of_conversation(conversation, asked).await?;
        // Several lines tell of one event. Each request begins with the first line again, so what
        // is forgotten already has to be passed quickly.
        let ids: BTreeSet<_> = page.items.iter().filter_map(|it| it.event.as_ref()).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        for some in ids.chunks(AT_ONCE) {
            let forgotten = some.iter().map(|id| forget_event(member, id));
            for forgotten in try_join_all(forgotten).await? {
                count += usize::from(forgotten.unwrap_or_default());
                complete &= forgotten.is_some();
            }
            if is_over(begun) {
                return Ok(Forgotten { messages: 0, events: count, complete: false });
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(Forgotten { messages: 0, events: count, complete });
        }
    }
}

/// Whether it was forgotten now; `None` if it is still being worked on.
async fn forget_event(member: &Member, id: &EventId) -> Result<Option<bool>, Problem> {
    let scope = member.scope();
    let Some(row) = scope.event(id).await? else { return Ok(Some(false)) };
    if row.body.raw.as_str().is_empty() {
        return Ok(Some(false));
    }
    if !row.body.is_finished() && row.body.parked.is_none() {
        return Ok(None);
    }
    empty(member, row).await
}

async fn empty(member: &Member, row: Row<WebhookEvent>) -> Result<Option<bool>, Problem> {
    let scope = member.scope();
    let next = row.body.clone().erased(member.now());
    match scope.replace_event(row, next).await {
        Ok(_) => Ok(Some(true)),
        Err(StoreError::Conflict) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// What became of a message that was to be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Forgotten,
    /// It was forgotten before, and the list did not know yet.
    Gone,
    /// Nobody knows yet where it goes.
    OnItsWay,
}

/// What is forgotten leaves the list, so the first page is asked for until it holds only what is on
/// its way just now.
async fn texts(
    member: &Member,
    conversation: &ConversationId,
    begun: Instant,
) -> Result<Forgotten, Problem> {
    let mut count = 0;
    loop {
        let page = member.scope().messages(conversation, Asked::oldest(PAGE)).await?;
        let (mut forgotten, mut left) = (0, 0);
        for message in &page.items {
            match forget_message(member, message).await? {
                Fate::Forgotten => forgotten += 1,
                Fate::Gone => {}
                Fate::OnItsWay => left += 1,
            }
            if is_over(begun) {
                return Ok(Forgotten { messages: count + forgotten, events: 0, complete: false });
            }
        }
        count += forgotten;
        if forgotten == 0 {
            let complete = left == 0 && page.next.is_none();
            return Ok(Forgotten { messages: count, events: 0, complete });
        }
    }
}

/// What has not left yet is cancelled first.
async fn forget_message(member: &Member, message: &Message) -> Result<Fate, Problem> {
    let scope = member.scope();
    for _ in 0..TRIES {
        let Some(row) = scope.message(&message.id).await? else { return Ok(Fate::Gone) };
        if row.body.erased_at.is_some() {
            return Ok(Fate::Gone);
        }
        let written = match row.body.delivery {
            Delivery::Dispatching { .. } => return Ok(Fate::OnItsWay),
            Delivery::Queued { .. } => messages::cancelled(member, &row).await.map(|_| false),
            _ => {
                if let Some(id) = handed_over(member, &row.body).await? {
                    forget_event(member, &id).await?;
                }
                let next = row.body.clone().erased(member.now());
                scope.replace_message(&row, &next).await.map(|()| true)
            }
        };
        match written {
            Ok(true) => return Ok(Fate::Forgotten),
            // Seen in the next try.
            Ok(false) | Err(StoreError::Conflict) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(Fate::OnItsWay)
}

/// The delivery by which the CRM asked for this message.
async fn handed_over(member: &Member, message: &Message) -> Result<Option<EventId>, Problem> {
    let Some(crm_message) = &message.crm_message else { return Ok(None) };
    let tenant = member.scope().tenant_row().await?;
    let crm = tenant.and_then(|it| it.body.crm);
    Ok(crm.map(|crm| EventId::of_delivery(&member.tenant, &crm, crm_message)))
}

/// Whose the phone is. Whether it was forgotten, which it is once nothing that it leads to is left.
async fn whose(
    member: &Member,
    phone: &PhoneNumber,
    conversation: &ConversationId,
    begun: Instant,
) -> Result<bool, Problem> {
    let scope = member.scope();
    let stood = scope.conversation(conversation).await?.map(|row| row.body);
    let owner = scope.last_owner_of(phone).await?;
    let copies = scope.contact_copies(phone, Asked::oldest(PAGE)).await?.items;
    let mut transaction = scope.transaction().forget_person(phone);
    if let Some(conversation) = &stood {
        transaction = transaction.forget_conversation(conversation);
    }
    if let Some(owner) = &owner {
        if !mirrors::of(member, Some(&owner.contact), begun).await? {
            return Ok(false);
        }
        transaction = transaction.forget_owner(phone, owner).forget_lead(&owner.contact);
    }
    for copy in &copies {
        transaction = transaction.forget_contact_copy(copy);
    }
    done(&transaction.commit().await?)?;
    Ok(true)
}
