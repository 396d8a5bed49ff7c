//! `/v2/messages`: send and fetch. And the messaging profiles, which tell whether a key is good.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::HeaderMap,
    routing::{get, post},
};
use serde_json::json;

use super::{Telnyx, errors, request};
use crate::sims::{
    carrier::{Carrier, Text, checks::authorization},
    server::Answer,
};

type Sim = State<Arc<Carrier<Telnyx>>>;

pub(super) fn routes() -> Router<Arc<Carrier<Telnyx>>> {
    Router::new()
        .route("/v2/messages", post(send))
        .route("/v2/messages/{id}", get(fetch))
        .route("/v2/messaging_profiles", get(profiles))
}

async fn profiles(State(sim): Sim, headers: HeaderMap) -> Answer {
    sim.call("profiles", || {
        sim.vendor.authorise(&headers)?;
        Ok(Answer::new(200, json!({ "data": [], "meta": { "page_number": 1 } })))
    })
    .await
}

async fn send(State(sim): Sim, headers: HeaderMap, body: Bytes) -> Answer {
    sim.call("send", || {
        sim.vendor.authorise(&headers)?;
        let text = sim.accept(request::read(&body)?)?;
        let as_accepted = Text { steps: Vec::new(), ..text };
        Ok(Answer::new(200, json!({"data": sim.vendor.resource(&as_accepted)})))
    })
    .await
}

async fn fetch(State(sim): Sim, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    sim.call("get", || {
        sim.vendor.authorise(&headers)?;
        let text = sim.text(&id).ok_or_else(|| errors::usual(404))?;
        Ok(Answer::new(200, json!({"data": sim.vendor.resource(&text)})))
    })
    .await
}

impl Telnyx {
    fn authorise(&self, headers: &HeaderMap) -> Result<(), Answer> {
        if authorization(headers, "bearer") == Some(&self.options.api_key) {
            Ok(())
        } else {
            Err(errors::usual(401))
        }
    }
}
