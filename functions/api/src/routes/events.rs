//! What came in from outside, as it came.

use std::sync::Arc;

use aws::Order;
use axum::Json;
use domain::{
    event::{Stage, WebhookEvent},
    heard::Heard,
    ids::{EventId, IntegrationId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Deps,
    asking::{Admin, Reader},
    list::{Listed, PageParams, listed},
    openapi::Refusals,
    problem::{Problem, parsed},
    read::{Named, Params},
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new().routes(routes!(list_events)).routes(routes!(read_event))
}

/// One delivery from outside.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventView {
    id: String,
    integration: String,
    received_at: String,
    /// `text`, `report`, `crm` (something that happened in GoHighLevel), `ignored` or `unusable`.
    heard: &'static str,
    /// `open`, `posting`, `parked`, `done` or `quarantined`.
    stage: &'static str,
    /// What came of it, or why it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
}

/// One delivery with its body, as it was posted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WholeEvent {
    #[serde(flatten)]
    event: EventView,
    /// The body, or the beginning of a very long one.
    raw: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OfIntegration {
    /// Whose deliveries.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    integration: String,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<i32>,
    cursor: Option<String>,
}

impl EventView {
    pub(crate) fn stage(&self) -> &'static str {
        self.stage
    }
}

pub(crate) fn view(event: &WebhookEvent) -> EventView {
    let (stage, outcome) = match (&event.stage, &event.parked) {
        (Stage::Done { outcome, .. }, _) => ("done", Some(outcome.to_string())),
        (Stage::Quarantined { why, .. }, _) => ("quarantined", Some(why.clone())),
        (_, Some(parked)) => ("parked", Some(parked.until.explanation())),
        (Stage::Open, None) => ("open", None),
        (Stage::Posting { .. }, None) => ("posting", None),
    };
    EventView {
        id: event.id.to_string(),
        integration: event.integration.to_string(),
        received_at: event.received_at.to_string(),
        heard: match event.heard {
            Heard::Text(_) => "text",
            Heard::Report(_) => "report",
            Heard::Crm(_) => "crm",
            Heard::Ignored { .. } => "ignored",
            Heard::Unusable { .. } => "unusable",
        },
        stage,
        outcome,
    }
}

/// What came in through an integration, the newest first
#[utoipa::path(
    get, path = "/v1/events", tag = "Sync log", params(OfIntegration),
    responses((status = 200, body = Listed<EventView>), Refusals)
)]
async fn list_events(
    member: Reader,
    Params(of): Params<OfIntegration>,
) -> Result<Json<Listed<EventView>>, Problem> {
    let id = parsed("integration", IntegrationId::parse(&of.integration))?;
    let list = format!("events#{id}");
    let params = PageParams { limit: of.limit, cursor: of.cursor };
    let asked = params.asked(&member, &list, Order::NewestFirst).await?;
    let page = member.scope().events(&id, asked).await?;
    Ok(Json(listed(&member, &list, page, |it| view(&it)).await?))
}

/// One delivery, with its body
#[utoipa::path(
    get, path = "/v1/events/{event}", tag = "Sync log", params(("event" = String, Path)),
    responses((status = 200, body = WholeEvent), Refusals)
)]
async fn read_event(member: Admin, Named(id): Named) -> Result<Json<WholeEvent>, Problem> {
    let missing = || Problem::not_found("event");
    let id = EventId::parse(&id).map_err(|_| missing())?;
    let row = member.scope().event(&id).await?.ok_or_else(missing)?;
    Ok(Json(whole(&row.body)))
}

pub(crate) fn whole(event: &WebhookEvent) -> WholeEvent {
    WholeEvent { event: view(event), raw: event.raw.as_str().to_owned() }
}
