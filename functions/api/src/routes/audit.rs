//! The audit log: who changed what.

use std::sync::Arc;

use aws::Order;
use axum::Json;
use domain::audit::AuditEntry;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Deps,
    asking::KeyHolder,
    list::{Listed, PageParams, listed},
    openapi::Refusals,
    problem::Problem,
    read::Params,
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new().routes(routes!(list_audit_log))
}

/// One change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditView {
    at: String,
    /// `key:<id>`, `oidc:<subject>` or `bootstrap`.
    who: String,
    #[schema(example = "integration.rotate")]
    action: String,
    /// The id of what it was done to.
    subject: String,
    /// The request that asked for it, as `X-Request-Id` said.
    request: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// How it was. Secrets are not in it.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Value::is_null")]
    before: Value,
    /// How it is. Secrets are not in it.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Value::is_null")]
    after: Value,
}

fn view(entry: AuditEntry) -> AuditView {
    AuditView {
        at: entry.at.to_string(),
        who: entry.who,
        action: entry.action,
        subject: entry.subject,
        request: entry.request,
        reason: entry.reason,
        before: object(entry.before),
        after: object(entry.after),
    }
}

/// A single value has a name of its own, so that what is shown is always an object.
fn object(value: Value) -> Value {
    match value {
        Value::Null | Value::Object(_) => value,
        other => serde_json::json!({ "value": other }),
    }
}

/// Who changed what, the newest first
///
/// Of the tenant, or for an operator who names none, of what belongs to no tenant.
#[utoipa::path(
    get, path = "/v1/audit-log", tag = "Audit", params(PageParams),
    responses((status = 200, body = Listed<AuditView>), Refusals)
)]
async fn list_audit_log(
    member: KeyHolder,
    Params(params): Params<PageParams>,
) -> Result<Json<Listed<AuditView>>, Problem> {
    let asked = params.asked(&member, "audit", Order::NewestFirst).await?;
    let page = member.scope().audit_log(asked).await?;
    Ok(Json(listed(&member, "audit", page, view).await?))
}
