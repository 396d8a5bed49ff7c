//! Control over HTTP, for the running local world: everything is under `/_control/`.

mod app;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State as Extracted},
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Shared,
    agent::{self, AgentMessage, Heed},
    contact::Contact,
    conversations,
    delivery::{self, Delivered},
    state::{Conversation, State},
};
use crate::sims::fault::Planned;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_control/state", get(state))
        .route("/_control/agent", post(send))
        .route("/_control/faults", post(plan).delete(clear))
        .route("/_control/delivery-url", post(set_delivery_url))
        .route("/_control/redeliver/{message}", post(redeliver))
        .merge(app::routes())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sending {
    location: String,
    #[serde(alias = "contactId")]
    phone: String,
    message: String,
    #[serde(default)]
    attachments: Vec<String>,
    #[serde(default)]
    force: bool,
}

#[derive(Deserialize)]
struct DeliveryUrl {
    url: String,
}

type Refused = (StatusCode, Json<Value>);

/// Everything, except tokens.
async fn state(Extracted(shared): Extracted<Arc<Shared>>) -> Json<Value> {
    let state = shared.state();
    let threads = state.conversations.iter().map(|it| thread(&state, it));
    Json(json!({
        "locations": state.locations.iter().map(|it| &it.id).collect::<Vec<_>>(),
        "deliveryUrl": state.delivery_url,
        "publicKey": shared.key.public_key().pem(),
        "contacts": state.contacts.iter().map(Contact::fields).collect::<Vec<_>>(),
        "conversations": threads.collect::<Vec<_>>(),
        "calls": state.journal.calls,
        "violations": state.journal.violations,
    }))
}

async fn send(
    Extracted(shared): Extracted<Arc<Shared>>,
    Json(sending): Json<Sending>,
) -> Result<Json<Value>, Refused> {
    let message = AgentMessage {
        location: sending.location,
        to: sending.phone,
        text: sending.message,
        attachments: sending.attachments,
        heed: if sending.force { Heed::Nothing } else { Heed::DoNotDisturb },
    };
    let sent = agent::send(&shared, message).await;
    let sent = sent.map_err(|it| (StatusCode::BAD_REQUEST, Json(json!({ "message": it.0 }))))?;
    Ok(Json(json!({ "messageId": sent.message_id, "answer": shown(&sent.answer) })))
}

async fn plan(
    Extracted(shared): Extracted<Arc<Shared>>,
    Json(planned): Json<Planned>,
) -> StatusCode {
    shared.faults.add(planned);
    StatusCode::NO_CONTENT
}

async fn clear(Extracted(shared): Extracted<Arc<Shared>>) -> StatusCode {
    shared.faults.clear();
    StatusCode::NO_CONTENT
}

async fn set_delivery_url(
    Extracted(shared): Extracted<Arc<Shared>>,
    Json(DeliveryUrl { url }): Json<DeliveryUrl>,
) -> StatusCode {
    shared.state().delivery_url = Some(url);
    StatusCode::NO_CONTENT
}

async fn redeliver(
    Extracted(shared): Extracted<Arc<Shared>>,
    Path(message): Path<String>,
) -> Json<Value> {
    Json(json!({ "answer": shown(&delivery::post(&shared, &message).await) }))
}

fn thread(state: &State, conversation: &Conversation) -> Value {
    json!({
        "id": conversation.id,
        "location": conversation.location,
        "contact": conversation.contact,
        "messages": conversations::thread(state, &conversation.id),
    })
}

fn shown(delivered: &Delivered) -> Value {
    match delivered {
        Delivered::Answered(status) => json!({ "status": status }),
        Delivered::Unanswered(reason) => json!({ "unanswered": reason }),
        Delivered::Nowhere => json!({ "unanswered": "no such message, or no delivery URL" }),
    }
}
