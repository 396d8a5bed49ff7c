//! Who is asking.

use std::sync::Arc;

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Deps, asking::Anyone, openapi::Refusals};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new().routes(routes!(who_am_i))
}

/// What we know of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// `key:<id>`, `oidc:<subject>` or `bootstrap`: what the audit log calls you.
    subject: String,
    #[schema(example = "admin")]
    role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    requests_per_minute: u32,
}

/// Who is asking
#[utoipa::path(get, path = "/v1/me", tag = "Keys", responses((status = 200, body = Me), Refusals))]
async fn who_am_i(Anyone(asking): Anyone) -> Json<Me> {
    let caller = asking.caller;
    Json(Me {
        role: caller.standing.role_name(),
        tenant: caller.standing.tenant().map(ToString::to_string),
        subject: caller.subject,
        expires_at: caller.expires_at.map(|it| it.to_string()),
        requests_per_minute: caller.per_minute,
    })
}
