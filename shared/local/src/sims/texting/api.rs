//! `/v1/messages`: send, fetch, find.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::HeaderMap,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Texting, errors, request,
    resource::{acceptance, resource},
};
use crate::sims::{
    carrier::{Carrier, checks::authorization},
    server::Answer,
};

type Sim = State<Arc<Carrier<Texting>>>;

pub(super) fn routes() -> Router<Arc<Carrier<Texting>>> {
    Router::new().route("/v1/messages", post(send).get(find)).route("/v1/messages/{id}", get(fetch))
}

async fn send(State(sim): Sim, headers: HeaderMap, body: Bytes) -> Answer {
    sim.call("send", || {
        sim.vendor.authorise(&headers)?;
        let key = request::idempotency_key(&headers)?;
        let request: Value = serde_json::from_slice(&body).map_err(|_| errors::usual(400))?;
        sim.vendor.memory.once(key, &request, sim.clock.now(), || {
            let text = sim.accept(request::read(&request)?)?;
            Ok(Answer::new(202, acceptance(&text)))
        })
    })
    .await
}

async fn fetch(State(sim): Sim, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    sim.call("get", || {
        sim.vendor.authorise(&headers)?;
        let text = sim.text(&id).ok_or_else(|| errors::usual(404))?;
        Ok(Answer::new(200, resource(&text)))
    })
    .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    correlation_id: Option<String>,
}

async fn find(State(sim): Sim, Query(asked): Query<Asked>, headers: HeaderMap) -> Answer {
    sim.call("list", || {
        sim.vendor.authorise(&headers)?;
        let wanted = asked
            .correlation_id
            .ok_or_else(|| errors::invalid("correlationId", "This parameter is required."))?;
        let texts = sim.texts();
        let found = texts.iter().filter(|it| it.particular("correlationId") == Some(&wanted));
        Ok(Answer::new(200, json!({"messages": found.map(resource).collect::<Vec<_>>()})))
    })
    .await
}

impl Texting {
    fn authorise(&self, headers: &HeaderMap) -> Result<(), Answer> {
        if authorization(headers, "bearer") == Some(&self.options.api_key) {
            Ok(())
        } else {
            Err(errors::usual(401))
        }
    }
}
