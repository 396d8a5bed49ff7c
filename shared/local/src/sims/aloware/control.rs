//! `/_control/…`, by which a person or a tool moves a running simulator. Aloware has nothing of it.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use serde_json::{Value, json};

use super::Account;
use crate::sims::fault::Planned;

type Sim = State<Arc<Account>>;

pub(super) fn routes() -> Router<Arc<Account>> {
    Router::new()
        .route("/_control/state", get(state))
        .route("/_control/faults", post(plan_fault).delete(clear_faults))
}

/// Everything, except the token.
async fn state(State(sim): Sim) -> Json<Value> {
    let books = sim.books();
    Json(json!({
        "vendor": "aloware",
        "calls": sim.calls.all(),
        "contacts": books.contacts,
        "sent": books.sent,
    }))
}

async fn plan_fault(State(sim): Sim, Json(fault): Json<Planned>) -> StatusCode {
    sim.faults.add(fault);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(sim): Sim) -> StatusCode {
    sim.faults.clear();
    StatusCode::NO_CONTENT
}
