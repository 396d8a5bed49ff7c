//! STOP, START and HELP: done before anything else, and whether or not the CRM can be reached.

use aws::{Again, Commit, StoreError, Transaction, logs::Chain, metrics};
use domain::{
    consent::{self, Act, Change, ConsentEntry, OptOut, Source},
    conversation::Route,
    ids::MessageId,
    jobs::Job,
    keyword::{Keyword, classify},
    message::{Message, Purpose},
    sync_log::{LogEntry, LogResult, Operation},
    tenant::Tenant,
    text::MessageText,
};
use jiff::Timestamp;
use tracing::{info, warn};

use crate::{Deps, Told};

pub(crate) async fn act(deps: &Deps, told: Told<'_>, now: Timestamp) -> Result<(), Again> {
    let tenant = deps.connections.tenant(told.tenant, now).await?;
    let Some(keyword) = keyword(&tenant, told) else { return Ok(()) };
    info!(event.id = %told.event.id, "event {} says {keyword}", told.event.id);

    let answer = answer(&tenant, told, keyword);
    let jobs = match keyword {
        Keyword::Stop | Keyword::Start => change_standing(deps, told, keyword, answer).await?,
        Keyword::Help => reply(deps, told, answer).await?,
    };
    for job in jobs {
        send(deps, &job, now).await;
    }
    Ok(())
}

/// The carrier's own reading of the text stands, for it has acted on it.
fn keyword(tenant: &Tenant, told: Told<'_>) -> Option<Keyword> {
    let ours = || classify(told.text.text.as_str(), &tenant.extra_keywords);
    told.text.answered_by_carrier.or_else(ours)
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
        send_by: heard_at.checked_add(consent::CONFIRMATION_WINDOW).ok(),
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
) -> Result<Vec<Job>, Again> {
    let scope = deps.store.of(told.tenant);
    let (phone, at) = (&told.text.from, told.event.received_at);
    let read = scope.opt_out(phone).await?;
    let Some(change) = consent::hear(read.as_ref().map(|it| &it.body), phone, keyword, at) else {
        return Ok(Vec::new());
    };
    let (act, standing) = match change {
        Change::To { standing, act } => (act, Some(standing)),
        Change::Same { act } => (act, None),
    };
    let answer = answer.filter(|_| standing.is_some());
    let mut transaction =
        scope.transaction().add_consent(&entry(told, act), told.event.id.as_str());
    if let Some(standing) = &standing {
        transaction = transaction.set_opt_out(read.as_ref(), standing).log(&log(told));
    }
    commit(with_answer(transaction, answer.as_ref())).await?;
    if standing.is_some() {
        metrics::count(if act == Act::Revoked { "OptOuts" } else { "OptIns" });
    }
    Ok(jobs(told, standing.as_ref(), answer.as_ref()))
}

/// HELP asks for a text and nothing else. It was answered already if the message is there.
async fn reply(deps: &Deps, told: Told<'_>, answer: Option<Message>) -> Result<Vec<Job>, Again> {
    if let Some(message) = &answer {
        deps.store.of(told.tenant).add_message(message).await?;
    }
    Ok(jobs(told, None, answer.as_ref()))
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
    ConsentEntry {
        phone: told.text.from.clone(),
        at: told.event.received_at,
        act,
        source: Source::Texting,
        wording: told.text.text.as_str().to_owned(),
        event: Some(told.event.id.clone()),
    }
}

fn log(told: Told<'_>) -> LogEntry {
    let at = told.event.received_at;
    LogEntry::new(at, Operation::OptOut, &told.event.id, LogResult::Success)
}

fn jobs(told: Told<'_>, standing: Option<&OptOut>, answer: Option<&Message>) -> Vec<Job> {
    let tell = standing.map(|it| it.job(told.tenant));
    let reply = answer.map(|it| it.job(told.tenant));
    tell.into_iter().chain(reply).collect()
}

/// The work is stored and due; a queue only makes it fast.
async fn send(deps: &Deps, job: &Job, now: Timestamp) {
    let queue = if matches!(job, Job::Outbound(_)) { &deps.outbound } else { &deps.reports };
    if let Err(e) = queue.send(job, now).await {
        metrics::count("JobsLeftToTheSweeper");
        warn!(error = %Chain(&e), "what follows from a keyword is stored but not queued");
    }
}
