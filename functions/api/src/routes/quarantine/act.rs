//! Trying again, and giving up: each thing in a transaction of its own, with its line in the audit
//! log.

use app::step;
use aws::{Commit, Row, StoreError, Transaction, Waiting};
use domain::{
    audit::AuditEntry,
    crm_status::Telling,
    delivery::{Delivery, Event},
    event,
    failure::{Failure, Reason},
    integration::Integration,
    jobs::Job,
    message::Message,
    quarantine::QuarantineId,
    sync_log::LogResult,
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::effects::{waits, would};
use crate::{asking::Member, problem::Problem, routes::messages};

/// What became of one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Outcome {
    id: String,
    /// `resumed`, `discarded`, `refused` or `not_found`.
    #[serde(rename = "outcome")]
    what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// When it is worked on.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<String>,
}

/// The thing, if it waits.
pub(crate) async fn find(
    member: &Member,
    id: &QuarantineId,
) -> Result<Option<Waiting>, StoreError> {
    let scope = member.scope();
    let found = match id {
        QuarantineId::Event(id) => scope.event(id).await?.map(Waiting::Event),
        QuarantineId::Message(id) => scope.message(id).await?.map(Waiting::Message),
        QuarantineId::Telling(id) => scope.telling(id).await?.map(Waiting::Telling),
    };
    Ok(found.filter(waits))
}

/// Tries them again, spread over time. Each becomes due in its turn, and the sweeper brings it to its
/// queue if nobody else does.
pub(crate) async fn replay(
    member: &Member,
    ids: &[QuarantineId],
    per_minute: Option<u32>,
) -> Result<Vec<Outcome>, Problem> {
    let gap = per_minute.map_or(0, |it| 60_000 / i64::from(it));
    let integrations = member.scope().integrations().await?;
    let mut outcomes = Vec::new();
    let mut due = member.now();
    for id in ids {
        let outcome = again(member, &integrations, id, due).await?;
        if outcome.what == "resumed" {
            due += SignedDuration::from_millis(gap);
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

async fn again(
    member: &Member,
    integrations: &[Integration],
    id: &QuarantineId,
    due: Timestamp,
) -> Result<Outcome, Problem> {
    let Some(waiting) = find(member, id).await? else { return Ok(not_found(id)) };
    if let Err(why) = would(due, &waiting, integrations) {
        return Ok(refused(id, why));
    }
    let mut audit = member.audit("quarantine.replay", id);
    audit.before = stands(&waiting);
    let written = match waiting {
        Waiting::Event(row) => event_again(member, &row, audit, due).await?,
        Waiting::Message(row) => match message_again(&row.body, due, member.now()) {
            Some(next) => {
                audit.after = of_message(&next);
                let transaction = member.scope().transaction().replace_message(&row, &next);
                committed(transaction, &audit, next.job(&member.tenant)).await?
            }
            None => None,
        },
        Waiting::Telling(row) => {
            let next = row.body.clone().resumed(due);
            audit.after = of_telling(&next);
            let transaction = member.scope().transaction().set_telling(Some(&row), &next);
            committed(transaction, &audit, next.job(&member.tenant)).await?
        }
        Waiting::Standing(_) | Waiting::Copy(_) => None,
    };
    let Some(job) = written else { return Ok(refused(id, "It changed just now. Try again.")) };
    if due <= member.now() {
        member.deps.queues.offer(&job, due).await;
    }
    let due_at = Some(due.to_string());
    Ok(Outcome { id: id.to_string(), what: "resumed", why: None, due_at })
}

async fn event_again(
    member: &Member,
    row: &Row<event::WebhookEvent>,
    audit: AuditEntry,
    due: Timestamp,
) -> Result<Option<Job>, StoreError> {
    let next = row.body.clone().resumed(due);
    let Some(job) = next.job(&member.tenant) else { return Ok(None) };
    let audit = AuditEntry { after: of_event(&next), ..audit };
    let transaction = member.scope().transaction().replace_event(row, &next);
    committed(transaction, &audit, job).await
}

/// How far something is, for the audit log.
fn stands(waiting: &Waiting) -> Value {
    match waiting {
        Waiting::Event(row) => of_event(&row.body),
        Waiting::Message(row) => of_message(&row.body),
        Waiting::Telling(row) => of_telling(&row.body),
        Waiting::Standing(_) | Waiting::Copy(_) => Value::Null,
    }
}

fn of_event(event: &event::WebhookEvent) -> Value {
    json!({ "progress": event.stage, "parked": event.parked, "due": event.due })
}

fn of_message(message: &Message) -> Value {
    json!({ "delivery": message.delivery, "parked": message.parked, "due": message.due })
}

fn of_telling(telling: &Telling) -> Value {
    json!({ "given_up": telling.given_up, "parked": telling.parked, "due": telling.due })
}

/// The message going on. One in doubt is asked for once more, while its carrier gives the answer that
/// was lost.
fn message_again(message: &Message, due: Timestamp, now: Timestamp) -> Option<Message> {
    if matches!(message.delivery, Delivery::Queued { .. }) {
        return Some(message.clone().resumed(due));
    }
    let next = step(message, Event::Repeatable, now).ok()?;
    let repeat_until = message.repeatable_until();
    Some(Message { due: Some(due), send_by: None, repeat_until, ..next })
}

async fn committed(
    transaction: Transaction<'_>,
    audit: &AuditEntry,
    job: Job,
) -> Result<Option<Job>, StoreError> {
    Ok(match transaction.audit(audit).commit().await? {
        Commit::Done => Some(job),
        Commit::Refused(_) => None,
    })
}

pub(crate) async fn discard(
    member: &Member,
    ids: &[QuarantineId],
    reason: &str,
) -> Result<Vec<Outcome>, Problem> {
    let mut outcomes = Vec::new();
    for id in ids {
        outcomes.push(give_up(member, id, reason).await?);
    }
    Ok(outcomes)
}

async fn give_up(member: &Member, id: &QuarantineId, reason: &str) -> Result<Outcome, Problem> {
    let Some(waiting) = find(member, id).await? else { return Ok(not_found(id)) };
    let mut audit = member.audit("quarantine.discard", id);
    audit.reason = Some(reason.to_owned());
    audit.before = stands(&waiting);
    let transaction = member.scope().transaction();
    let commit = match waiting {
        Waiting::Event(row) => {
            let done = row.body.clone().done(event::Outcome::Discarded, member.now());
            let next = event::WebhookEvent { parked: None, ..done };
            audit.after = of_event(&next);
            transaction.replace_event(&row, &next).audit(&audit).commit().await?
        }
        Waiting::Message(row) => return message_given_up(member, id, &row, audit).await,
        Waiting::Telling(row) => {
            let next = row.body.clone().discarded();
            audit.after = of_telling(&next);
            transaction.set_telling(Some(&row), &next).audit(&audit).commit().await?
        }
        Waiting::Standing(_) | Waiting::Copy(_) => {
            return Ok(refused(id, "It goes on by itself."));
        }
    };
    Ok(match commit {
        Commit::Done => discarded(id),
        Commit::Refused(_) => refused(id, "It changed just now. Try again."),
    })
}

/// The CRM is told that it failed, where the CRM had asked for it.
async fn message_given_up(
    member: &Member,
    id: &QuarantineId,
    row: &Row<Message>,
    audit: AuditEntry,
) -> Result<Outcome, Problem> {
    if matches!(row.body.delivery, Delivery::Queued { .. }) {
        let is_cancelled = messages::cancelled_as(member, row, audit).await?;
        return Ok(if is_cancelled { discarded(id) } else { refused(id, "It does not wait.") });
    }
    let failure = Failure::new(Reason::Unknown, "given_up");
    let Ok(next) = step(&row.body, Event::GivenUp(failure), member.now()) else {
        return Ok(refused(id, "It does not wait."));
    };
    let reason = audit.reason.as_deref().unwrap_or_default();
    let result = LogResult::Failed { why: format!("it was given up: {reason}") };
    messages::settled(member, row, next, result, audit).await?;
    Ok(discarded(id))
}

fn discarded(id: &QuarantineId) -> Outcome {
    Outcome { id: id.to_string(), what: "discarded", why: None, due_at: None }
}

fn refused(id: &QuarantineId, why: &str) -> Outcome {
    Outcome { id: id.to_string(), what: "refused", why: Some(why.to_owned()), due_at: None }
}

fn not_found(id: &QuarantineId) -> Outcome {
    Outcome { id: id.to_string(), what: "not_found", why: None, due_at: None }
}
