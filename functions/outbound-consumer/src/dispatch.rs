//! The point of no return, and the one call after it.

use app::step;
use aws::{Again, Commit, Condition, Row, StoreError};
use domain::{
    delivery::Event,
    failure::{Failure, Reason},
    ids::TenantId,
    message::Message,
    outbound::{OutboundText, Sending},
    work::LEASE,
};
use jiff::Timestamp;
use url::Url;

use crate::{Deps, OPTED_OUT, routing::Way};

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
    let next = Message { route: Some(way.route.clone()), due: Some(now + LEASE), ..next };
    let mut transaction = deps.store.of(tenant).transaction().replace_message(&row, &next);
    if next.purpose.needs_consent() {
        transaction = transaction.unless_opted_out(&next.phone);
    }
    match transaction.commit().await? {
        Commit::Done => Ok(Ok(row.next(next))),
        Commit::Refused(conditions) if conditions.contains(&Condition::NotOptedOut) => {
            Ok(Err((row, Failure::new(Reason::OptedOut, OPTED_OUT))))
        }
        Commit::Refused(_) => Err(StoreError::Conflict.into()),
    }
}

/// Calls the carrier.
pub(crate) async fn call(deps: &Deps, message: &Message, way: &Way) -> Sending {
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
        validity: None,
    };
    way.channel.send(&deps.http, &text).await
}

/// Where the carrier reports to. It names the message, so a report finds it even if the answer to
/// the send is lost.
fn callback(deps: &Deps, message: &Message, way: &Way) -> Option<Url> {
    let provider = match &way.channel {
        carriers::Channel::Twilio(_) => "twilio",
        carriers::Channel::Telnyx(_) => "telnyx",
        carriers::Channel::Texting(_) => "texting",
    };
    let (origin, channel) = (&deps.origin, &way.route.channel);
    let mut url = Url::parse(&format!("{origin}/webhooks/{provider}/{channel}")).ok()?;
    url.query_pairs_mut().append_pair("message", message.id.as_str());
    Some(url)
}
