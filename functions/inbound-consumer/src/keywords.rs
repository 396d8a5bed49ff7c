//! STOP, START and HELP: done before anything else, and whether or not the CRM can be reached.

use aws::{Again, Commit, StoreError, Transaction, metrics};
use domain::{
    consent::{self, Act, Change, ConsentEntry, Said, Source},
    conversation::Route,
    ids::{ConversationId, MessageId},
    keyword::Keyword,
    message::{Message, Purpose},
    sync_log::{LogEntry, LogResult, Operation},
    tenant::Tenant,
    text::MessageText,
};
use jiff::Timestamp;
use tracing::info;

use crate::{Deps, Told, thread};

/// Does what the text asks.
///
/// Of a text that we have already, only a STOP counts: it may have been heard as a plain text at
/// first, and told as an opt-out only now.
pub(crate) async fn act(
    deps: &Deps,
    told: Told<'_>,
    keyword: Keyword,
    now: Timestamp,
) -> Result<(), Again> {
    if keyword != Keyword::Stop && thread::is_known(deps, told).await? {
        return Ok(());
    }
    info!(event.id = %told.event.id, "event {} says {keyword}", told.event.id);
    let tenant = deps.connections.tenant(told.tenant, now).await?;
    let answer = answer(&tenant, told, keyword);
    if answer.is_some() {
        deps.store.of(told.tenant).note_person(&told.text.from, now).await?;
    }
    match keyword {
        Keyword::Stop | Keyword::Start => change_standing(deps, told, keyword, answer, now).await,
        Keyword::Help => reply(deps, told, answer, now).await,
    }
}

/// Has the CRM told of a standing that it has yet to be told of.
pub(crate) async fn tell_standing(
    deps: &Deps,
    told: Told<'_>,
    now: Timestamp,
) -> Result<(), Again> {
    let may_have_changed = matches!(told.event.keyword, Some(Keyword::Stop | Keyword::Start));
    if !may_have_changed {
        return Ok(());
    }
    let standing = deps.store.of(told.tenant).opt_out(&told.text.from).await?;
    if let Some(row) = standing.filter(|row| row.body.due.is_some()) {
        deps.reports.offer(&row.body.job(told.tenant), now).await;
    }
    Ok(())
}

/// Our answer, unless the carrier gave one. One text is answered once, however often it is read,
/// and late is not at all: five minutes after a STOP any text from us would be one too many.
fn answer(tenant: &Tenant, told: Told<'_>, keyword: Keyword) -> Option<Message> {
    if told.text.answered_by_carrier.is_some() {
        return None;
    }
    let purpose = match keyword {
        Keyword::Stop => Purpose::StopConfirmation,
        Keyword::Start => Purpose::StartConfirmation,
        Keyword::Help => Purpose::HelpReply,
    };
    let heard_at = told.event.received_at;
    let id = MessageId::answer_to(&told.event.id);
    let text = MessageText::new(tenant.answer_to(keyword));
    let phone = told.text.from.clone();
    let message = Message::outgoing(id, told.tenant, purpose, phone, text, heard_at);
    let route = Route { channel: told.event.integration.clone(), number: told.text.to.clone() };
    Some(Message {
        route: Some(route),
        send_by: heard_at.checked_add(consent::CONFIRMATION_KEEPS).ok(),
        ..message
    })
}

/// The registry, the ledger and the answer change together. Reading the same event again finds the
/// change made, and only writes the same line of the ledger again.
async fn change_standing(
    deps: &Deps,
    told: Told<'_>,
    keyword: Keyword,
    answer: Option<Message>,
    now: Timestamp,
) -> Result<(), Again> {
    let scope = deps.store.of(told.tenant);
    let phone = &told.text.from;
    let said = Said { sent_at: told.text.sent_at, heard_at: told.event.received_at };
    let read = scope.opt_out(phone).await?;
    let standing = read.as_ref().map(|it| &it.body);
    let Some(change) = consent::hear(standing, phone, keyword, said) else { return Ok(()) };
    let (act, standing, is_news) = match change {
        Change::To { standing, act } => (act, Some(standing), true),
        Change::Renewed { standing, act } => (act, Some(standing), false),
        Change::Same { act } => (act, None, false),
    };
    let answer = answer.filter(|_| is_news);
    let mut transaction =
        scope.transaction().add_consent(&entry(told, act), told.event.id.as_str());
    if let Some(standing) = &standing {
        transaction = transaction.set_opt_out(read.as_ref(), standing).log(&log(told));
    }
    commit(with_answer(transaction, answer.as_ref())).await?;
    if is_news {
        metrics::count(if act == Act::Revoked { "OptOuts" } else { "OptIns" });
    }
    if let Some(message) = &answer {
        deps.outbound.offer(&message.job(told.tenant), now).await;
    }
    Ok(())
}

/// HELP asks for a text and nothing else. It was answered already if the message is there.
async fn reply(
    deps: &Deps,
    told: Told<'_>,
    answer: Option<Message>,
    now: Timestamp,
) -> Result<(), Again> {
    if let Some(message) = &answer {
        deps.store.of(told.tenant).add_message(message).await?;
        deps.outbound.offer(&message.job(told.tenant), now).await;
    }
    Ok(())
}

fn with_answer<'a>(transaction: Transaction<'a>, answer: Option<&Message>) -> Transaction<'a> {
    match answer {
        Some(message) => transaction.add_message(message),
        None => transaction,
    }
}

async fn commit(transaction: Transaction<'_>) -> Result<(), StoreError> {
    match transaction.commit().await? {
        Commit::Done => Ok(()),
        Commit::Refused(_) => Err(StoreError::Conflict),
    }
}

fn entry(told: Told<'_>, act: Act) -> ConsentEntry {
    let (phone, wording) = (told.text.from.clone(), told.text.text.as_str());
    let at = told.event.received_at;
    let entry = ConsentEntry::new(phone, act, Source::Texting, wording, at);
    ConsentEntry { event: Some(told.event.id.clone()), ..entry }
}

fn log(told: Told<'_>) -> LogEntry {
    let at = told.event.received_at;
    LogEntry::new(at, Operation::OptOut, &told.event.id, LogResult::Success)
        .about(&ConversationId::with(told.tenant, &told.text.from))
        .caused_by(&told.event.id)
}
