//! GoHighLevel hands us a message to send: an agent typed it, or a workflow did.
//!
//! It is stored, queued and answered; a carrier is called later. GoHighLevel tries again whatever
//! is not a success, and pauses addresses that fail too often. So what is authentic and cannot be
//! sent is answered with success, and GoHighLevel is told of the failure where the agent sees it.

mod message;

use aws::{Commit, Queue, RouteTo, Store, StoreError, logs::Chain, metrics};
use domain::{
    crm_status::{CRM_SETTLES, CrmStatus, Telling},
    event::{RawBody, WebhookEvent},
    ids::MessageId,
    message::Message,
    sync_log::{LogEntry, LogResult, Operation},
};
use ghl::webhook::{Forged, Keys, ProviderMessage, Signed, Unreadable};
use jiff::Timestamp;
use lambda_http::{
    Body, Request, Response,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
};
use tracing::{error, info, warn};

use message::{NotSendable, event, outgoing};

#[derive(Debug)]
pub struct Deps {
    pub keys: Keys,
    pub store: Store,
    pub outbound: Queue,
    pub reports: Queue,
}

/// What came of a delivery that is authentic.
#[derive(Debug)]
enum Taken {
    Message(Box<Message>),
    /// It cannot be sent, and the agent will be told so.
    Told(NotSendable),
    /// It is not for us: another channel, a location that nobody connected, or too much.
    Dropped(&'static str),
}

pub async fn handle(deps: &Deps, request: Request, now: Timestamp) -> Response<Body> {
    match accept(deps, &request, now).await {
        Ok(taken) => answer(&taken),
        Err(refusal) => refuse(&refusal),
    }
}

async fn accept(deps: &Deps, request: &Request, now: Timestamp) -> Result<Taken, Refusal> {
    let body: &[u8] = request.body();
    let signature = edge::header(request, "x-ghl-signature");
    let signed = Signed::authenticate(&deps.keys, body, signature)?;
    if body.len() > edge::BODY_LIMIT {
        return Ok(Taken::Dropped("too large"));
    }
    let wanted = ProviderMessage::read(&signed)?;
    if !message::is_text(&wanted) {
        return Ok(Taken::Dropped("not a text"));
    }
    let Some(route) = deps.store.route_of_location(&wanted.location).await? else {
        return Ok(Taken::Dropped("unknown location"));
    };
    let raw = event(&route, &wanted, body, now);
    match outgoing(&route.tenant, &wanted, now) {
        Ok(message) => take(deps, &route, message, &raw).await,
        Err(why) => tell(deps, &route, &wanted, why, &raw, now).await,
    }
}

/// Stores the message with its raw delivery, and queues it. A repeated delivery finds its message.
async fn take(
    deps: &Deps,
    route: &RouteTo,
    message: Message,
    raw: &WebhookEvent,
) -> Result<Taken, Refusal> {
    let scope = deps.store.of(&route.tenant);
    scope.note_person(&message.phone, message.created_at).await?;
    match scope.transaction().add_message(&message).add_event(raw).commit().await {
        Ok(Commit::Done) => metrics::count("MessagesFromCrm"),
        Ok(Commit::Refused(_)) => metrics::count("WebhookDuplicates"),
        // Two deliveries at once get into each other's way. One of them has stored it.
        Err(StoreError::Conflict) if scope.message(&message.id).await?.is_some() => {
            metrics::count("WebhookDuplicates");
        }
        Err(e) => return Err(e.into()),
    }
    // A duplicate may repeat what was stored and never queued. Its job is the same message to the
    // queue as the first one's.
    deps.outbound.offer_first(&message.job(&route.tenant)).await;
    Ok(Taken::Message(Box::new(message)))
}

/// Has the CRM told that its message failed. The log says whom it was for, so that the delivery is found
/// when they are erased; of one that is for nobody's number the body is not kept.
async fn tell(
    deps: &Deps,
    route: &RouteTo,
    wanted: &ProviderMessage,
    why: NotSendable,
    raw: &WebhookEvent,
    now: Timestamp,
) -> Result<Taken, Refusal> {
    let status = CrmStatus::Failed { failure: why.failure() };
    let conversation = message::conversation(&route.tenant, wanted);
    let telling = Telling::new(wanted.message.clone(), status, now + CRM_SETTLES);
    let telling = Telling { conversation: conversation.clone(), ..telling };
    let transaction = deps.store.of(&route.tenant).transaction().set_telling(None, &telling);
    let transaction = match &conversation {
        Some(conversation) => {
            let result = LogResult::Failed { why: why.to_string() };
            let id = MessageId::from_crm(&route.tenant, &wanted.message);
            let log = LogEntry::new(now, Operation::Send, &id, result)
                .about(conversation)
                .caused_by(&raw.id);
            transaction.add_event(raw).log(&log)
        }
        None => transaction.add_event(&WebhookEvent { raw: RawBody::default(), ..raw.clone() }),
    };
    transaction.commit().await?;
    deps.reports.offer_first(&telling.job(&route.tenant)).await;
    metrics::count("MessagesFromCrmNotSendable");
    Ok(Taken::Told(why))
}

fn answer(taken: &Taken) -> Response<Body> {
    let body = match taken {
        Taken::Message(message) => {
            info!(message.id = %message.id, "message {} was taken in", message.id);
            serde_json::json!({ "accepted": true, "messageId": message.id })
        }
        Taken::Told(why) => {
            info!("a message cannot be sent: {why}");
            serde_json::json!({ "accepted": false, "reason": why.to_string() })
        }
        Taken::Dropped(why) => {
            metrics::count("CrmDeliveriesDropped");
            info!("a delivery was dropped: {why}");
            serde_json::json!({ "accepted": false, "reason": why })
        }
    };
    edge::answer(StatusCode::OK, "application/json", body.to_string())
}

/// Why a delivery was not taken in.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the caller is not GoHighLevel")]
    Forged(#[from] Forged),
    #[error("the body is signed and cannot be read")]
    Unreadable(#[from] Unreadable),
    #[error("the message could not be stored")]
    Store(#[from] StoreError),
}

/// GoHighLevel repeats whatever is not a success, which helps with nothing but a table that does
/// not answer; and that must be 429, for its older retries know no other word for "later".
fn refuse(refusal: &Refusal) -> Response<Body> {
    match refusal {
        Refusal::Forged(_) => {
            metrics::count("WebhookRefusals");
            info!("a delivery was refused: {}", Chain(refusal));
            edge::json(StatusCode::UNAUTHORIZED, r#"{"error":"signature missing or wrong"}"#)
        }
        Refusal::Unreadable(_) => {
            metrics::count("CrmDeliveriesUnreadable");
            warn!("a delivery was dropped: {}", Chain(refusal));
            edge::json(StatusCode::OK, r#"{"accepted":false,"reason":"unreadable"}"#)
        }
        Refusal::Store(_) => {
            metrics::count("CrmDeliveriesNotStored");
            error!(error = %Chain(refusal), "a delivery could not be stored");
            let mut response =
                edge::json(StatusCode::TOO_MANY_REQUESTS, r#"{"error":"try again later"}"#);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
            response
        }
    }
}
