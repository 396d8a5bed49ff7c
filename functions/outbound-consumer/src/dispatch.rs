//! The point of no return, and the one call after it.

use std::time::Duration;

use app::step;
use aws::{Again, Commit, Condition, Row, StoreError};
use domain::{
    delivery::{Delivery, Event},
    failure::{Failure, Reason},
    ids::{MessageId, TenantId},
    message::Message,
    outbound::{OutboundText, Sending},
    sync_log::LogResult,
    work::LEASE,
};
use jiff::Timestamp;
use url::Url;

use crate::{Attempt, Deps, OPTED_OUT, routing::Way, settle::Fact};

/// Writes down that the carrier is about to be called. The opt-out registry is checked in the very
/// same transaction, so that no STOP can slip in between. `Err` with the reason if the message must
/// not go.
pub(crate) async fn dispatch(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<Message>,
    way: &Way,
    now: Timestamp,
) -> Result<Result<Row<Message>, (Row<Message>, Failure)>, Again> {
    let Ok(next) = step(&row.body, Event::Dispatched, now) else {
        return Err(StoreError::Conflict.into());
    };
    let next = Message {
        route: Some(way.route.clone()),
        known_to: way.channel.knows_repetitions(),
        due: Some(now + LEASE),
        ..next
    };
    let mut transaction = deps.store.of(tenant).transaction().replace_message(&row, &next);
    if next.purpose.needs_consent() {
        transaction = transaction.unless_opted_out(&next.phone);
    }
    match transaction.commit().await {
        Ok(Commit::Done) => Ok(Ok(row.next(next))),
        // Somebody else was at the message: what they made of it comes first.
        Ok(Commit::Refused(conditions)) if conditions == [Condition::NotOptedOut] => {
            Ok(Err((row, Failure::new(Reason::OptedOut, OPTED_OUT))))
        }
        Ok(Commit::Refused(_)) => Err(StoreError::Conflict.into()),
        Err(e) => {
            take_back(deps, tenant, &row.body.id, now).await?;
            Err(e.into())
        }
    }
}

/// The table did not answer, so it may or may not say that the carrier is being called. Nobody
/// calls it: left like that, the message would have to count as in doubt.
async fn take_back(
    deps: &Deps,
    tenant: &TenantId,
    id: &MessageId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ours = |message: &Message| {
        let is_ours =
            matches!(message.delivery, Delivery::Dispatching { since, .. } if since == now);
        let queued = step(message, Event::Deferred, now).ok().filter(|_| is_ours)?;
        Some(Message { due: Some(now), ..queued })
    };
    let why = "the table did not answer".to_owned();
    let attempt = Attempt { deps, tenant, took: None, now };
    let fact = Fact { attempt, result: LogResult::Deferred { why } };
    fact.settle_as_it_is(id, ours, async |it| Ok(it)).await?;
    Ok(())
}

/// Calls the carrier.
///
/// It may try for as long as the message makes sense: what is handed over in time must not arrive
/// late.
pub(crate) async fn call(deps: &Deps, message: &Message, way: &Way, now: Timestamp) -> Sending {
    let Some(callback) = callback(deps, message, way) else {
        let failure = Failure::new(Reason::Misconfigured, "public_origin");
        return Sending::Refused(failure);
    };
    let text = OutboundText {
        message: message.id.clone(),
        from: way.route.number.clone(),
        to: message.phone.clone(),
        text: message.text.clone(),
        media: message.media.clone(),
        callback,
        validity: message.send_by.and_then(|by| Duration::try_from(by.duration_since(now)).ok()),
    };
    way.channel.send(&deps.callers, &text).await
}

/// Where the carrier reports to. It names the message, so a report finds it even if the answer to
/// the send is lost.
fn callback(deps: &Deps, message: &Message, way: &Way) -> Option<Url> {
    let provider = match &way.channel {
        carriers::Channel::Twilio(_) => "twilio",
        carriers::Channel::Telnyx(_) => "telnyx",
        carriers::Channel::Texting(_) => "texting",
        carriers::Channel::Aloware(_) => "aloware",
    };
    let (origin, channel) = (&deps.origin, &way.route.channel);
    let mut url = Url::parse(&format!("{origin}/webhooks/{provider}/{channel}")).ok()?;
    url.query_pairs_mut().append_pair("message", message.id.as_str());
    Some(url)
}
