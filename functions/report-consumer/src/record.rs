//! Telling a message what its carrier said.

use app::{Advance, opt_out_by_carrier, step};
use aws::{Again, Commit, ForeignId, Row, StoreError, metrics};
use domain::{
    delivery::{Event, Report, Step},
    event::{Outcome, Stage, WebhookEvent},
    failure::Reason,
    heard::{Heard, HeardReport},
    ids::{EventId, TenantId},
    message::Message,
    sync_log::{LogEntry, LogResult, Operation},
    work::due_again,
};
use jiff::{SignedDuration, Timestamp};
use tracing::info;

use crate::Deps;

/// A report may come before the answer to the send it reports on, which is when we learn the
/// carrier's id. After this long it is about a message that is not ours.
const UNMATCHED_AFTER: SignedDuration = SignedDuration::from_hours(1);

pub(crate) async fn record(
    deps: &Deps,
    tenant: &TenantId,
    event: &EventId,
    now: Timestamp,
) -> Result<(), Again> {
    let scope = deps.store.of(tenant);
    let Some(row) = scope.event(event).await? else { return Ok(()) };
    let Heard::Report(report) = row.body.heard.clone() else { return Ok(()) };
    if row.body.is_finished() {
        return Ok(());
    }
    match find(deps, tenant, &row.body, &report).await? {
        Some(message) => apply(deps, tenant, row, message, report, now).await,
        None => wait(deps, tenant, row, now).await,
    }
}

/// The message that the report is about: the one our address named, else the one that the carrier's
/// id names. It must have gone through the channel that reports, for one channel's carrier has no
/// say in another's messages.
async fn find(
    deps: &Deps,
    tenant: &TenantId,
    event: &WebhookEvent,
    report: &HeardReport,
) -> Result<Option<Row<Message>>, StoreError> {
    let scope = deps.store.of(tenant);
    let is_theirs = |row: &Row<Message>| {
        row.body.route.as_ref().is_some_and(|route| route.channel == event.integration)
    };
    if let Some(id) = &report.message
        && let Some(row) = scope.message(id).await?.filter(is_theirs)
    {
        return Ok(Some(row));
    }
    let theirs = ForeignId::Provider(&event.integration, &report.provider_message);
    let Some(id) = scope.message_called(theirs).await? else { return Ok(None) };
    Ok(scope.message(&id).await?.filter(is_theirs))
}

async fn apply(
    deps: &Deps,
    tenant: &TenantId,
    event: Row<WebhookEvent>,
    message: Row<Message>,
    report: HeardReport,
    now: Timestamp,
) -> Result<(), Again> {
    note_opt_out(deps, tenant, &message.body, &report).await?;
    match step(&message.body, Event::Reported(report.report.clone()), report.at) {
        Ok(next) => advance(deps, tenant, event, message, next, report, now).await,
        Err(step) => {
            let outcome = match step {
                Step::Impossible => Outcome::Unmatched,
                Step::To(_) | Step::Nothing => Outcome::NothingNew,
            };
            finish(deps, tenant, event, (outcome, Some(&message.body)), now).await
        }
    }
}

/// The message moves on; the event is done in the same transaction.
async fn advance(
    deps: &Deps,
    tenant: &TenantId,
    event: Row<WebhookEvent>,
    message: Row<Message>,
    next: Message,
    report: HeardReport,
    now: Timestamp,
) -> Result<(), Again> {
    let scope = deps.store.of(tenant);
    let (id, status) = (next.id.clone(), next.delivery.status());
    let theirs = next.provider_message.clone().unwrap_or(report.provider_message);
    let next = Message { provider_message: Some(theirs.clone()), ..next };
    let entry = LogEntry::new(now, Operation::RecordReport, &event.body.id, LogResult::Success)
        .about(&next.conversation)
        .caused_by(&event.body.id)
        .with(&event.body.integration);
    let advance = Advance { scope, row: &message, next, entry };
    let done = over(&event.body, Some(&message.body), Outcome::Applied, now);
    let job = advance
        .commit(
            async |transaction| {
                let theirs = ForeignId::Provider(&event.body.integration, &theirs);
                Ok(transaction.replace_event(&event, &done).map_message(theirs, &id))
            },
            now,
        )
        .await?;
    if let Some((job, due)) = job {
        deps.queues.reports.offer(&job, due).await;
    }
    metrics::count("ReportsApplied");
    info!(message.id = %id, "message {id} is {status}");
    Ok(())
}

/// The carrier says that the person opted out. Its word counts whatever became of the message, unless
/// nobody knows any more whom it was for.
async fn note_opt_out(
    deps: &Deps,
    tenant: &TenantId,
    message: &Message,
    report: &HeardReport,
) -> Result<(), StoreError> {
    let Report::Failed(failure) = &report.report else { return Ok(()) };
    if failure.reason != Reason::OptedOut || message.erased_at.is_some() {
        return Ok(());
    }
    let (scope, cause) = (deps.store.of(tenant), message.id.as_str());
    let job = opt_out_by_carrier(scope, &message.phone, &failure.code, cause, report.at).await?;
    if let Some(job) = job {
        deps.queues.reports.offer(&job, report.at).await;
    }
    Ok(())
}

/// The event done. What is said of a message that was erased names whoever had it erased, and is
/// not kept.
fn over(
    event: &WebhookEvent,
    message: Option<&Message>,
    outcome: Outcome,
    now: Timestamp,
) -> WebhookEvent {
    let is_erased = message.is_some_and(|it| it.erased_at.is_some());
    if is_erased { event.clone().erased(now) } else { event.clone().done(outcome, now) }
}

async fn finish(
    deps: &Deps,
    tenant: &TenantId,
    event: Row<WebhookEvent>,
    (outcome, message): (Outcome, Option<&Message>),
    now: Timestamp,
) -> Result<(), Again> {
    info!(event.id = %event.body.id, "event {} changes nothing: {outcome}", event.body.id);
    let done = over(&event.body, message, outcome, now);
    let result = LogResult::Refused { why: format!("it changes nothing: {outcome}") };
    let entry = LogEntry::new(now, Operation::RecordReport, &event.body.id, result)
        .caused_by(&event.body.id)
        .with(&event.body.integration);
    let entry = match message {
        Some(message) => entry.about(&message.conversation),
        None => entry,
    };
    let transaction = deps.store.of(tenant).transaction();
    match transaction.replace_event(&event, &done).log(&entry).commit().await? {
        Commit::Done => Ok(()),
        Commit::Refused(_) => Err(StoreError::Conflict.into()),
    }
}

/// We know no such message yet.
async fn wait(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<WebhookEvent>,
    now: Timestamp,
) -> Result<(), Again> {
    if row.body.received_at + UNMATCHED_AFTER <= now {
        metrics::count("ReportsUnmatched");
        return finish(deps, tenant, row, (Outcome::Unmatched, None), now).await;
    }
    let due = due_again(now, row.body.deferrals, row.body.id.as_str(), None);
    let next = WebhookEvent {
        stage: Stage::Open,
        deferrals: row.body.deferrals + 1,
        due: Some(due),
        ..row.body.clone()
    };
    deps.store.of(tenant).replace_event(row, next).await?;
    Err(Again::at(due, now, "the report is about a message that we do not know yet"))
}
