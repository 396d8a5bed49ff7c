//! What became of a message, and of a send.

use std::time::Duration;

use app::opt_out_by_carrier;
use aws::{Again, ForeignId, Row, StoreError, Transaction, logs::Chain, metrics};
use domain::{
    delivery::{Delivery, Event},
    failure::{Failure, Reason},
    ids::{MessageId, ProviderMessageId},
    message::Message,
    outbound::Sending,
    parked::{Parked, Until},
    phone::PhoneNumber,
    sync_log::LogResult,
    work::due_again,
};
use jiff::SignedDuration;
use tracing::{error, info, warn};

use crate::{Attempt, OPTED_OUT, after, conversation, routing::Way, settle::Fact};

/// A carrier that was asked, and what came of it.
#[derive(Debug)]
pub(crate) struct Called<'a> {
    pub(crate) way: &'a Way,
    pub(crate) sending: Sending,
    pub(crate) took: Duration,
}

/// What the carrier did with a dispatched message.
pub(crate) async fn record(
    attempt: Attempt<'_>,
    row: Row<Message>,
    Called { way, sending, took }: Called<'_>,
) -> Result<(), Again> {
    let attempt = Attempt { took: Some(took), ..attempt };
    match sending {
        Sending::Accepted { provider_message, segments } => {
            accept(attempt, row, way, (&provider_message, segments)).await
        }
        Sending::Refused(failure) => refuse(attempt, row, failure).await,
        Sending::Deferred { failure, after } => defer(attempt, row, (failure, after)).await,
        Sending::InDoubt { why } => doubt(attempt, row, &why).await,
    }
}

/// The carrier took it. A report may have overtaken this answer; then only its id is news.
async fn accept(
    attempt: Attempt<'_>,
    row: Row<Message>,
    way: &Way,
    (theirs, segments): (&ProviderMessageId, Option<u32>),
) -> Result<(), Again> {
    let Attempt { deps, tenant, now, .. } = attempt;
    let next = |message: &Message| {
        let accepted = after(message, Event::Accepted, now);
        let message = accepted.unwrap_or_else(|| Message { due: None, ..message.clone() });
        Some(Message {
            provider_message: Some(theirs.clone()),
            segments: segments.unwrap_or(message.segments),
            ..message
        })
    };
    let (message, scope) = (row.body.clone(), deps.store.of(tenant));
    let fact = Fact { attempt, result: LogResult::Success };
    fact.settle(row, next, async |transaction| {
        let ours = ForeignId::Provider(&way.route.channel, theirs);
        let transaction = transaction.map_message(ours, &message.id);
        let last = scope.conversation(&message.conversation).await?;
        Ok(conversation::goes_on(transaction, tenant, last.as_ref(), (&message, way), now))
    })
    .await?;
    metrics::count("MessagesAccepted");
    info!(message.id = %message.id, "message {} was accepted by its carrier", message.id);
    Ok(())
}

/// It will not be sent. Whoever wrote it is told why.
async fn refuse(attempt: Attempt<'_>, row: Row<Message>, failure: Failure) -> Result<(), Again> {
    let now = attempt.now;
    let (id, phone) = (row.body.id.clone(), row.body.phone.clone());
    let why = said(&failure);
    let result = match failure.reason {
        Reason::OptedOut | Reason::Expired => LogResult::Refused { why },
        _ => LogResult::Failed { why },
    };
    let next = |message: &Message| after(message, Event::Refused(failure.clone()), now);
    let learnt = failure.reason == Reason::OptedOut && failure.code != OPTED_OUT;
    if learnt {
        // Before the message is settled, for afterwards nobody would come back to do it. The
        // refusal is written down all the same if this fails, and the carrier refuses the next.
        let noted = note_opt_out(attempt, &phone, &failure, &id).await;
        if let Err(e) = noted {
            metrics::count("OptOutsNotNoted");
            error!(message.id = %id, error = %Chain(&e), "a carrier's opt-out could not be noted");
        }
    }
    Fact { attempt, result }.settle(row, next, unchanged).await?;
    metrics::count("MessagesRefused");
    info!(message.id = %id, "message {id} will not be sent: {}", failure.reason);
    Ok(())
}

/// The carrier knows of an opt-out that we did not. Three tries, for another writer may be at the
/// same phone.
async fn note_opt_out(
    Attempt { deps, tenant, now, .. }: Attempt<'_>,
    phone: &PhoneNumber,
    failure: &Failure,
    cause: &MessageId,
) -> Result<(), StoreError> {
    let scope = deps.store.of(tenant);
    let mut tries = 3;
    loop {
        tries -= 1;
        match opt_out_by_carrier(scope, phone, &failure.code, cause.as_str(), now).await {
            Ok(Some(job)) => {
                deps.reports.offer(&job, now).await;
                return Ok(());
            }
            Err(e) if e.is_transient() && tries > 0 => {}
            done => return done.map(drop),
        }
    }
}

/// The carrier did not take it, and may later. It goes back to being queued, unless later would be
/// too late.
async fn defer(
    attempt: Attempt<'_>,
    row: Row<Message>,
    (failure, asked): (Failure, Option<Duration>),
) -> Result<(), Again> {
    let now = attempt.now;
    let Delivery::Dispatching { deferrals, .. } = row.body.delivery else { return Ok(()) };
    let asked = asked.and_then(|it| SignedDuration::try_from(it).ok());
    let due = due_again(now, deferrals, row.body.id.as_str(), asked);
    if row.body.send_by.is_some_and(|by| by <= due) {
        return refuse(attempt, row, failure).await;
    }
    let why = said(&failure);
    let next = |message: &Message| {
        Some(Message { due: Some(due), ..after(message, Event::Deferred, now)? })
    };
    let result = LogResult::Deferred { why: why.clone() };
    Fact { attempt, result }.settle(row, next, unchanged).await?;
    metrics::count("MessagesDeferred");
    Err(Again::at(due, now, why))
}

/// Nobody knows whether it was sent, so it is not sent again. A report or a person resolves it.
pub(crate) async fn doubt(attempt: Attempt<'_>, row: Row<Message>, why: &str) -> Result<(), Again> {
    let id = row.body.id.clone();
    let next = |message: &Message| after(message, Event::AnswerLost, attempt.now);
    let result = LogResult::InDoubt { why: why.to_owned() };
    let fact = Fact { attempt, result };
    if fact.settle(row, next, unchanged).await?.is_some() {
        metrics::count("MessagesInDoubt");
        warn!(message.id = %id, "message {id} is in doubt: nobody knows whether it was sent");
    }
    Ok(())
}

/// We will not send it. What was in doubt may be with its carrier all the same, and stays in doubt.
pub(crate) async fn forbid(
    attempt: Attempt<'_>,
    row: Row<Message>,
    failure: Failure,
) -> Result<(), Again> {
    match row.body.repeat_until {
        Some(_) => doubt_again(attempt, row, &said(&failure)).await,
        None => refuse(attempt, row, failure).await,
    }
}

/// It was in doubt and was to be sent again, and cannot be any more.
pub(crate) async fn doubt_again(
    attempt: Attempt<'_>,
    row: Row<Message>,
    why: &str,
) -> Result<(), Again> {
    let id = row.body.id.clone();
    let next = |message: &Message| after(message, Event::Unrepeatable, attempt.now);
    let result = LogResult::InDoubt { why: why.to_owned() };
    Fact { attempt, result }.settle(row, next, unchanged).await?;
    metrics::count("MessagesInDoubt");
    warn!(message.id = %id, "message {id} is in doubt again: {why}");
    Ok(())
}

fn said(failure: &Failure) -> String {
    format!("{} ({})", failure.reason, failure.code)
}

/// What it waits for is for a person to do. Nobody is called for it until then.
pub(crate) async fn hold(
    attempt: Attempt<'_>,
    row: Row<Message>,
    until: Until,
) -> Result<(), Again> {
    let id = row.body.id.clone();
    let result = LogResult::Deferred { why: until.explanation() };
    let parked = Parked::new(until, attempt.now);
    let next = |message: &Message| {
        let is_queued = matches!(message.delivery, Delivery::Queued { .. });
        is_queued.then(|| message.clone().parked(parked.clone()))
    };
    Fact { attempt, result }.settle(row, next, unchanged).await?;
    metrics::count("MessagesParked");
    info!(message.id = %id, "message {id} is parked");
    Ok(())
}

async fn unchanged(transaction: Transaction<'_>) -> Result<Transaction<'_>, StoreError> {
    Ok(transaction)
}
