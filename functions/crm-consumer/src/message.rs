//! Messages that are in the CRM. What we put there or are asked to send is ours already; the rest is
//! kept beside it, and never sent.

use aws::{Again, Asked, Commit, ForeignId, Row, StoreError, metrics};
use domain::{
    conversation::{Conversation, Route},
    crm_event::{Medium, MessageNews, News},
    delivery::Delivery,
    event::Outcome,
    failure::{Failure, Reason},
    ids::{ContactId, ConversationId, CrmMessageId, MessageId},
    message::{Message, Purpose},
    number,
    phone::PhoneNumber,
};
use jiff::SignedDuration;

use crate::{standing, told::Told};

/// The CRM may tell of a message of ours before it has answered us that it took it, or before it asks
/// us to send it. After this long we know.
const SETTLES: SignedDuration = SignedDuration::from_secs(60);

/// Messages of a conversation among which one of ours is looked for.
const LAST: i32 = 50;

/// Numbers of a tenant among which one is chosen.
const POOL: i32 = 1000;

const OURS: &str = "it is a message of our own";

pub(crate) async fn apply(told: &Told<'_>, news: &MessageNews) -> Result<(), Again> {
    if is_ours(told, news).await? {
        return told.nothing(Outcome::OurOwn, OURS).await;
    }
    hear(told, news).await?;
    let known_at = told.row.body.received_at + SETTLES;
    if news.medium == Medium::Sms && known_at > told.now {
        return told.put_off(known_at, "it may be a message of our own").await;
    }
    let Some(phone) = &told.phone else {
        return told.nothing(Outcome::Unmatched, "we know no number of the contact's").await;
    };
    if looks_like_ours(told, news, phone).await? {
        return told.nothing(Outcome::OurOwn, OURS).await;
    }
    keep(told, news, phone).await
}

/// What a person says of being texted counts before anything else, whatever else has to wait.
pub(crate) async fn hear_first(told: &Told<'_>) -> Result<(), Again> {
    match &told.event.news {
        News::Message(news) if !is_ours(told, news).await? => hear(told, news).await,
        _ => Ok(()),
    }
}

/// A text of ours comes back without an id as well, and whoever sent it may have said something else
/// since.
async fn hear(told: &Told<'_>, news: &MessageNews) -> Result<(), Again> {
    let Some(phone) = &told.phone else { return Ok(()) };
    let Some(revoked) = standing::by_word(told, news, phone).await? else { return Ok(()) };
    if looks_like_ours(told, news, phone).await? {
        return Ok(());
    }
    match revoked.write(told, told.scope.transaction()).commit().await? {
        Commit::Done => revoked.follow_up(told).await,
        Commit::Refused(_) => return Err(StoreError::Conflict.into()),
    }
    Ok(())
}

/// By the CRM's own id for it: we added it, were asked to send it, or told what became of it.
async fn is_ours(told: &Told<'_>, news: &MessageNews) -> Result<bool, StoreError> {
    let (scope, Some(id)) = (told.scope, &news.message) else { return Ok(false) };
    let asked_for = MessageId::from_crm(scope.tenant_id(), id);
    Ok(scope.message_called(ForeignId::CrmMessage(id)).await?.is_some()
        || scope.message(&asked_for).await?.is_some()
        || scope.telling(id).await?.is_some())
}

/// It is a text, says the same to the same person at the same time, and nothing else is known of where it is in
/// the CRM. Ours have a way by which they go or came; what is only kept beside them has none.
async fn looks_like_ours(
    told: &Told<'_>,
    news: &MessageNews,
    phone: &PhoneNumber,
) -> Result<bool, StoreError> {
    if news.medium != Medium::Sms {
        return Ok(false);
    }
    let conversation = ConversationId::with(told.scope.tenant_id(), phone);
    let last = told.scope.messages(&conversation, Asked::newest(LAST)).await?;
    Ok(last.items.iter().any(|it| {
        let is_inbound = it.purpose == Purpose::Inbound;
        let is_elsewhere = it.crm_message.is_some() && news.message.is_some();
        it.purpose != Purpose::Mirrored
            && is_inbound == news.is_inbound
            && !is_elsewhere
            && it.text == news.text
            && (it.route.is_some() || !is_inbound)
            && it.created_at.duration_since(news.sent_at).abs() <= SETTLES
    }))
}

async fn keep(told: &Told<'_>, news: &MessageNews, phone: &PhoneNumber) -> Result<(), Again> {
    let scope = told.scope;
    let message = message(told, news, phone);
    if scope.message(&message.id).await?.is_some() {
        return told.nothing(Outcome::NothingNew, "we have this message already").await;
    }
    let stood = scope.conversation(&message.conversation).await?;
    let conversation = conversation(told, stood.as_ref(), &message).await?;
    let Some(conversation) = conversation else {
        return told.nothing(Outcome::Unmatched, "the tenant has no number to answer from").await;
    };
    let transaction =
        scope.transaction().add_message(&message).put_conversation(stood.as_ref(), &conversation);
    told.done(transaction).await?;
    metrics::count("MessagesMirrored");
    Ok(())
}

/// Nothing is due about it, and its state is one that nothing is sent in.
fn message(told: &Told<'_>, news: &MessageNews, phone: &PhoneNumber) -> Message {
    let tenant = told.scope.tenant_id();
    let theirs = news.message.as_ref().map_or(told.row.body.id.as_str(), CrmMessageId::as_str);
    let at = news.sent_at;
    let failed = || Delivery::Failed { at, failure: Failure::new(Reason::Unknown, "crm_failed") };
    let (purpose, delivery) = match news.is_inbound {
        true => (Purpose::Inbound, Delivery::Received { at }),
        false if news.has_failed => (Purpose::Mirrored, failed()),
        false => (Purpose::Mirrored, Delivery::Sent { at }),
    };
    let id = MessageId::mirrored(tenant, theirs);
    let outgoing = Message::outgoing(id, tenant, purpose, phone.clone(), news.text.clone(), at);
    Message {
        medium: news.medium,
        delivery,
        crm_message: news.message.clone(),
        crm_contact: Some(news.contact.clone()),
        due: None,
        ..outgoing
    }
}

/// Where the conversation stands then. A new one has a place only if the tenant has a number.
async fn conversation(
    told: &Told<'_>,
    stood: Option<&Row<Conversation>>,
    message: &Message,
) -> Result<Option<Conversation>, StoreError> {
    let at = message.created_at;
    let heard = (message.purpose == Purpose::Inbound).then_some(at);
    if let Some(row) = stood {
        return Ok(Some(Conversation {
            last_at: row.body.last_at.max(at),
            last_inbound_at: row.body.last_inbound_at.max(heard),
            ..row.body.clone()
        }));
    }
    let crm_contact = message.crm_contact.as_ref();
    Ok(usual_route(told, &message.conversation).await?.map(|route| Conversation {
        id: message.conversation.clone(),
        phone: message.phone.clone(),
        contact: crm_contact.map(|it| ContactId::of(told.scope.tenant_id(), it)),
        route,
        crm_conversation: None,
        last_at: at,
        last_inbound_at: heard,
        read_until: None,
        unread: None,
        unread_at: None,
    }))
}

/// The number that this person would be texted from first: one of those for new conversations, the
/// same each time it is asked for, else the tenant's usual one.
async fn usual_route(
    told: &Told<'_>,
    conversation: &ConversationId,
) -> Result<Option<Route>, StoreError> {
    let pool = told.scope.numbers(Asked::oldest(POOL)).await?.items;
    match number::choose(&pool, conversation) {
        Some(chosen) => Ok(Some(chosen.route.clone())),
        None => Ok(told.scope.tenant().await?.default_route),
    }
}

/// How many messages nobody has read, as the CRM counts them.
pub(crate) async fn unread(told: &Told<'_>, count: u64) -> Result<(), Again> {
    const UNKNOWN: &str = "we know no such conversation";
    let Some(id) = told.conversation() else {
        return told.nothing(Outcome::Unmatched, UNKNOWN).await;
    };
    let Some(row) = told.scope.conversation(&id).await? else {
        return told.nothing(Outcome::Unmatched, UNKNOWN).await;
    };
    if row.body.unread_at > Some(told.event.at) {
        return told.nothing(Outcome::NothingNew, "it is older than what we know").await;
    }
    let read_until = match count {
        0 => row.body.read_until.max(Some(told.event.at)),
        _ => row.body.read_until,
    };
    let unread_at = Some(told.event.at);
    let next = Conversation { unread: Some(count), unread_at, read_until, ..row.body.clone() };
    told.done(told.scope.transaction().put_conversation(Some(&row), &next)).await
}
