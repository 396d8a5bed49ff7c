//! What a person does to the app and its locations in the running world.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State as Extracted,
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::shown;
use crate::sims::{
    ghl::{Shared, installs, webhooks},
    outbox::Treatment,
};

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_control/app", get(app))
        .route("/_control/uninstall", post(uninstall))
        .route("/_control/pause", post(pause))
        .route("/_control/select-provider", post(select_provider))
        .route("/_control/emit", post(emit))
        .route("/_control/events", post(treat))
        .route("/_control/webhook-url", post(set_webhook_url))
}

#[derive(Deserialize)]
struct Uninstalling {
    location: String,
}

#[derive(Deserialize)]
struct Selecting {
    location: String,
    #[serde(default = "yes")]
    ours: bool,
}

#[derive(Deserialize)]
struct Pausing {
    location: String,
    #[serde(default = "yes")]
    paused: bool,
}

#[derive(Deserialize)]
struct Treating {
    action: Treatment,
}

#[derive(Deserialize)]
struct WebhookUrl {
    url: String,
}

fn yes() -> bool {
    true
}

/// The app, where it is installed, and what it was told; no secret and no token.
async fn app(Extracted(shared): Extracted<Arc<Shared>>) -> Json<Value> {
    let state = shared.state();
    let app = state.app.as_ref().map(|it| {
        json!({
            "clientId": it.client_id,
            "redirectUri": it.redirect_uri,
            "webhookUrl": it.webhook_url,
            "scopes": it.scopes,
        })
    });
    let locations = state.locations.iter().map(|it| {
        json!({
            "id": it.id,
            "name": it.name,
            "isInstalled": state.installs.is_in(&it.id),
            "isPaused": state.grants.is_paused(&it.id),
            "isProviderSelected": it.is_provider_selected,
            "mostCallsInTenSeconds": state.peaks.of(&it.id),
        })
    });
    Json(json!({
        "app": app,
        "company": state.company,
        "locations": locations.collect::<Vec<_>>(),
        "events": state.events.all(),
        "waiting": state.events.outbox.pending().len(),
    }))
}

async fn uninstall(
    Extracted(shared): Extracted<Arc<Shared>>,
    Json(Uninstalling { location }): Json<Uninstalling>,
) -> StatusCode {
    let now = shared.options.clock.now();
    if !is_known(&shared, &location) {
        return StatusCode::NOT_FOUND;
    }
    installs::uninstall(&mut shared.state(), &location, now);
    StatusCode::NO_CONTENT
}

async fn pause(
    Extracted(shared): Extracted<Arc<Shared>>,
    Json(Pausing { location, paused }): Json<Pausing>,
) -> StatusCode {
    if !is_known(&shared, &location) {
        return StatusCode::NOT_FOUND;
    }
    shared.state().grants.pause(&location, paused);
    StatusCode::NO_CONTENT
}

/// Somebody chooses, in the location's settings, by whom its texts go.
async fn select_provider(
    Extracted(shared): Extracted<Arc<Shared>>,
    Json(Selecting { location, ours }): Json<Selecting>,
) -> StatusCode {
    let mut state = shared.state();
    let Some(location) = state.locations.iter_mut().find(|it| it.id == location) else {
        return StatusCode::NOT_FOUND;
    };
    location.is_provider_selected = ours;
    StatusCode::NO_CONTENT
}

/// A location, or the agency.
fn is_known(shared: &Shared, resource: &str) -> bool {
    let state = shared.state();
    state.company == resource || state.locations.iter().any(|it| it.id == resource)
}

async fn emit(Extracted(shared): Extracted<Arc<Shared>>, Json(event): Json<Value>) -> Json<Value> {
    Json(json!({ "answer": shown(&webhooks::emit(&shared, event).await) }))
}

async fn treat(
    Extracted(shared): Extracted<Arc<Shared>>,
    Json(Treating { action }): Json<Treating>,
) -> Json<Value> {
    let outbox = shared.state().events.outbox.clone();
    Json(json!({ "waiting": outbox.treat(action).await }))
}

async fn set_webhook_url(
    Extracted(shared): Extracted<Arc<Shared>>,
    Json(WebhookUrl { url }): Json<WebhookUrl>,
) -> StatusCode {
    if let Some(app) = &mut shared.state().app {
        app.webhook_url = Some(url);
    }
    StatusCode::NO_CONTENT
}
