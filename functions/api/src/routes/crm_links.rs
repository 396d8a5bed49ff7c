//! Links by which somebody connects a tenant's location of the CRM.

use std::sync::Arc;

use app::Link;
use aws::Wanted;
use axum::{Json, http::StatusCode};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::tenants::done;
use crate::{
    Deps,
    asking::Admin,
    openapi::{ChangeRefusals, OnceHeader},
    problem::{Code, Problem},
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new().routes(routes!(create_link))
}

/// A link that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkView {
    /// For whoever may consent for the location. Whoever opens it needs no key of ours.
    #[schema(example = "https://texts.example/oauth/crm/start?link=…")]
    url: String,
    /// Until then it has to be opened, and the app allowed.
    expires_at: String,
}

/// A link by which somebody connects the tenant's location of GoHighLevel
///
/// It leads to GoHighLevel, which asks for which location the app may work. The location is the
/// tenant's once somebody has allowed it. The same is done to connect it again.
#[utoipa::path(
    post, path = "/v1/crm/links", tag = "Connecting GoHighLevel", params(OnceHeader),
    responses((status = 201, body = LinkView), ChangeRefusals)
)]
async fn create_link(member: Admin) -> Result<(StatusCode, Json<LinkView>), Problem> {
    if !member.deps.has_marketplace_app {
        let detail = "This installation has no app in GoHighLevel's marketplace. Deploy it with \
                      GhlClientId, or connect the location with a token that is pasted.";
        return Err(Problem::new(Code::NoMarketplaceApp, detail));
    }
    let wanted = Wanted {
        tenant: member.tenant.clone(),
        who: member.asking.caller.subject.clone(),
        request: member.asking.request.clone(),
    };
    let link = Link::new(wanted, member.now());
    let sealed = link.sealed(&member.deps.seal, member.now()).await?;
    let expires_at = link.expires_at.to_string();
    let mut entry = member.audit("crm_link.create", &member.tenant);
    entry.after = json!({ "expires_at": expires_at });
    done(&member.scope().transaction().audit(&entry).commit().await?)?;
    let url = format!("{}/oauth/crm/start?link={sealed}", member.deps.origin);
    Ok((StatusCode::CREATED, Json(LinkView { url, expires_at })))
}
