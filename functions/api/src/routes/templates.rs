//! What can be connected: one template for each kind of provider.

use std::sync::Arc;

use axum::Json;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Deps,
    asking::Anyone,
    openapi::Refusals,
    problem::Problem,
    read::Named,
    trial::template::{self, Template},
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new().routes(routes!(list_templates)).routes(routes!(read_template))
}

/// A kind of provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateSummary {
    #[schema(example = "twilio")]
    name: &'static str,
    #[schema(example = "Twilio")]
    title: &'static str,
    /// The version of the provider's API that we speak.
    api_version: &'static str,
    /// What it is for: `crm`, `channel`, `copy` or `ads`.
    kind: &'static str,
    /// Whether it can be connected in this release.
    available: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateView {
    #[serde(flatten)]
    summary: TemplateSummary,
    /// A JSON Schema (2020-12) of `settings`. What is `encrypted` is sealed, and never shown again.
    #[schema(value_type = Object)]
    schema: Value,
    /// What to do at the provider, in Markdown. `{{integration_id}}` stands for the id that the
    /// integration will have.
    setup: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Templates {
    items: Vec<TemplateSummary>,
}

fn summary(template: &Template) -> TemplateSummary {
    TemplateSummary {
        name: template.name,
        title: template.title,
        api_version: template.api_version,
        kind: template.kind,
        available: template.provider.is_some(),
    }
}

/// What can be connected
#[utoipa::path(
    get, path = "/v1/integrations/templates", tag = "Integrations",
    responses((status = 200, body = Templates), Refusals)
)]
async fn list_templates(_: Anyone) -> Json<Templates> {
    Json(Templates { items: template::ALL.iter().map(summary).collect() })
}

/// One template, with its schema and what to do at the provider
#[utoipa::path(
    get, path = "/v1/integrations/templates/{name}", tag = "Integrations",
    params(("name" = String, Path)),
    responses((status = 200, body = TemplateView), Refusals)
)]
async fn read_template(
    _: Anyone,
    axum::extract::State(deps): axum::extract::State<Arc<Deps>>,
    Named(name): Named,
) -> Result<Json<TemplateView>, Problem> {
    let template = template::named(&name).ok_or_else(|| Problem::not_found("template"))?;
    let setup = template.setup.replace("{{origin}}", &deps.origin);
    Ok(Json(TemplateView { summary: summary(template), schema: template.schema(), setup }))
}
