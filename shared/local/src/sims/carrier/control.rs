//! The strings behind the stage: `/_control/…`, by which a person or a tool moves a running
//! simulator. No vendor has this.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Behaviour, Carrier, InboundText, Vendor};
use crate::sims::{fault::Planned, outbox::Treatment};

type Sim<V> = State<Arc<Carrier<V>>>;

pub(super) fn routes<V: Vendor>() -> Router<Arc<Carrier<V>>> {
    Router::new()
        .route("/_control/state", get(state::<V>))
        .route("/_control/receive", post(receive::<V>))
        .route("/_control/faults", post(plan_fault::<V>).delete(clear_faults::<V>))
        .route("/_control/numbers/{e164}", post(set_behaviour::<V>))
        .route("/_control/callbacks", post(treat_callbacks::<V>))
        .route("/_control/webhook", post(set_webhook::<V>))
}

async fn state<V: Vendor>(State(carrier): Sim<V>) -> Json<Value> {
    let pending: Vec<_> = carrier
        .outbox
        .pending()
        .iter()
        .map(|it| json!({"event": it.event, "about": it.about, "attempt": it.attempt}))
        .collect();
    let books = carrier.books();
    Json(json!({
        "vendor": V::NAME,
        "webhook": books.webhook,
        "calls": carrier.calls.all(),
        "sent": books.sent(),
        "received": books.arrivals.keys().collect::<Vec<_>>(),
        "blocked": books.blocked,
        "numbers": books.numbers,
        "callbacks": {"treatment": carrier.outbox.treatment(), "pending": pending},
    }))
}

async fn receive<V: Vendor>(State(carrier): Sim<V>, Json(text): Json<InboundText>) -> Json<Value> {
    let received = carrier.receive(text).await;
    Json(json!({"id": received.id, "answer": received.answer}))
}

async fn plan_fault<V: Vendor>(State(carrier): Sim<V>, Json(fault): Json<Planned>) -> StatusCode {
    carrier.faults.add(fault);
    StatusCode::NO_CONTENT
}

async fn clear_faults<V: Vendor>(State(carrier): Sim<V>) -> StatusCode {
    carrier.faults.clear();
    StatusCode::NO_CONTENT
}

async fn set_behaviour<V: Vendor>(
    State(carrier): Sim<V>,
    Path(number): Path<String>,
    Json(behaviour): Json<Behaviour>,
) -> StatusCode {
    carrier.books().numbers.insert(number, behaviour);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Treat {
    action: Treatment,
}

async fn treat_callbacks<V: Vendor>(
    State(carrier): Sim<V>,
    Json(Treat { action }): Json<Treat>,
) -> Json<Value> {
    Json(json!({"waiting": carrier.outbox.treat(action).await}))
}

#[derive(Deserialize)]
struct Webhook {
    url: String,
}

async fn set_webhook<V: Vendor>(
    State(carrier): Sim<V>,
    Json(Webhook { url }): Json<Webhook>,
) -> StatusCode {
    carrier.books().webhook = Some(url);
    StatusCode::NO_CONTENT
}
