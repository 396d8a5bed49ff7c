//! What became of a message, and of a send.

use std::time::Duration;

use app::opt_out_by_carrier;
use aws::{Again, ForeignId, Row, StoreError, logs::Chain, metrics};
use domain::{
    conversation::{Contact, Conversation},
    delivery::{Delivery, Event},
    failure::{Failure, Reason},
    ids::{ContactId, MessageId, ProviderMessageId, TenantId},
    message::Message,
    outbound::Sending,
    phone::PhoneNumber,
    sync_log::LogResult,
    work::due_again,
};
use jiff::{SignedDuration, Timestamp};
use tracing::{error, info, warn};

use crate::{Deps, OPTED_OUT, after, routing::Way, settle::Fact};

/// What the carrier did with a dispatched message.
pub(crate) async fn record(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<Message>,
    (way, sending): (&Way, Sending),
    now: Timestamp,
) -> Result<(), Again> {
    match sending {
        Sending::Accepted { provider_message, segments } => {
            accept(deps, tenant, row, way, (&provider_message, segments), now).await
        }
        Sending::Refused(failure) => refuse(deps, tenant, row, failure, now).await,
        Sending::Deferred { failure, after } => {
            defer(deps, tenant, row, (failure, after), now).await
        }
        Sending::InDoubt { why } => park(deps, tenant, row, &why, now).await,
    }
}

/// The carrier took it. A report may have overtaken this answer; then only its id is news.
async fn accept(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<Message>,
    way: &Way,
    (theirs, segments): (&ProviderMessageId, Option<u32>),
    now: Timestamp,
) -> Result<(), Again> {
    let next = |message: &Message| {
        let accepted = after(message, Event::Accepted, now);
        let message = accepted.unwrap_or_else(|| Message { due: None, ..message.clone() });
        Some(Message {
            provider_message: Some(theirs.clone()),
            segments: segments.unwrap_or(message.segments),
            ..message
        })
    };
    let (id, known) = (row.body.id.clone(), known(tenant, &row.body, way, now));
    let fact = Fact { deps, tenant, result: LogResult::Success, now };
    fact.settle(row, next, |transaction| {
        let ours = ForeignId::Provider(&way.route.channel, theirs);
        let transaction = transaction.map_message(ours, &id);
        match &known {
            Some((contact, conversation)) => transaction
                .know_contact(contact, &conversation.phone)
                .set_conversation(conversation),
            None => transaction,
        }
    })
    .await?;
    metrics::count("MessagesAccepted");
    info!(message.id = %id, "message {id} was accepted by its carrier");
    Ok(())
}

/// It will not be sent. Whoever wrote it is told why.
pub(crate) async fn refuse(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<Message>,
    failure: Failure,
    now: Timestamp,
) -> Result<(), Again> {
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
        let noted = note_opt_out(deps, tenant, &phone, &failure, &id, now).await;
        if let Err(e) = noted {
            metrics::count("OptOutsNotNoted");
            error!(message.id = %id, error = %Chain(&e), "a carrier's opt-out could not be noted");
        }
    }
    Fact { deps, tenant, result, now }.settle(row, next, |it| it).await?;
    metrics::count("MessagesRefused");
    info!(message.id = %id, "message {id} will not be sent: {}", failure.reason);
    Ok(())
}

/// The carrier knows of an opt-out that we did not. Three tries, for another writer may be at the
/// same phone.
async fn note_opt_out(
    deps: &Deps,
    tenant: &TenantId,
    phone: &PhoneNumber,
    failure: &Failure,
    cause: &MessageId,
    now: Timestamp,
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
    deps: &Deps,
    tenant: &TenantId,
    row: Row<Message>,
    (failure, asked): (Failure, Option<Duration>),
    now: Timestamp,
) -> Result<(), Again> {
    let Delivery::Dispatching { deferrals, .. } = row.body.delivery else { return Ok(()) };
    let asked = asked.and_then(|it| SignedDuration::try_from(it).ok());
    let due = due_again(now, deferrals, row.body.id.as_str(), asked);
    if row.body.send_by.is_some_and(|by| by <= due) {
        return refuse(deps, tenant, row, failure, now).await;
    }
    let why = said(&failure);
    let next = |message: &Message| {
        Some(Message { due: Some(due), ..after(message, Event::Deferred, now)? })
    };
    let result = LogResult::Deferred { why: why.clone() };
    Fact { deps, tenant, result, now }.settle(row, next, |it| it).await?;
    metrics::count("MessagesDeferred");
    Err(Again::at(due, now, why))
}

/// Nobody knows whether it was sent, so it is not sent again. A report or a person resolves it.
pub(crate) async fn park(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<Message>,
    why: &str,
    now: Timestamp,
) -> Result<(), Again> {
    let id = row.body.id.clone();
    let next = |message: &Message| after(message, Event::AnswerLost, now);
    let result = LogResult::InDoubt { why: why.to_owned() };
    let fact = Fact { deps, tenant, result, now };
    if fact.settle(row, next, |it| it).await?.is_some() {
        metrics::count("MessagesInDoubt");
        warn!(message.id = %id, "message {id} is in doubt: nobody knows whether it was sent");
    }
    Ok(())
}

fn said(failure: &Failure) -> String {
    format!("{} ({})", failure.reason, failure.code)
}

/// Whom the CRM named and the way that reached them, unless we knew both.
fn known(
    tenant: &TenantId,
    message: &Message,
    way: &Way,
    now: Timestamp,
) -> Option<(Contact, Conversation)> {
    let last = way.conversation.as_ref();
    if last.is_some_and(|it| it.route == way.route) {
        return None;
    }
    let crm_contact = message.crm_contact.clone()?;
    let contact = Contact { id: ContactId::of(tenant, &crm_contact), crm_contact };
    let conversation = Conversation {
        id: message.conversation.clone(),
        phone: message.phone.clone(),
        contact: contact.id.clone(),
        route: way.route.clone(),
        crm_conversation: last.and_then(|it| it.crm_conversation.clone()),
        last_at: now,
    };
    Some((contact, conversation))
}
