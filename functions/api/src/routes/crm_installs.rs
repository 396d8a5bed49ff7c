//! Where the marketplace app is installed, and whose location that is. Only operators may know.

use std::sync::Arc;

use aws::{Order, Row, StoredInstall, Wanted};
use axum::{Json, http::StatusCode};
use domain::{
    ids::{LocationId, TenantId},
    install::Standing,
    tenant::TenantState,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::tenants::{done, platform};
use crate::{
    Deps,
    asking::{Member, Operator},
    list::{Listed, PageParams, listed},
    openapi::{ChangeRefusals, OnceHeader, Refusals},
    problem::Problem,
    read::{Input, Named, Params},
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new().routes(routes!(list_installs)).routes(routes!(attach_install))
}

/// The app in one location.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstallView {
    #[schema(example = "l1C08ntBrFjLS0elLIYU")]
    location: String,
    /// What people call the location, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The agency that the location belongs to, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    /// `announced`: installed, and we have no tokens. `unattached`: nobody's yet. `connected`: a
    /// tenant works with it. `uninstalled`: it was taken out.
    #[schema(example = "unattached")]
    standing: String,
    /// Whose consent its tokens come from: `location`, or its agency's (`company`).
    #[serde(skip_serializing_if = "Option::is_none")]
    way: Option<String>,
    /// The tenant that works with it, and by which integration.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    integration: Option<String>,
    /// When GoHighLevel last said that it was installed, when somebody last consented, and when it
    /// was last taken out.
    #[serde(skip_serializing_if = "Option::is_none")]
    announced_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    granted_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uninstalled_at: Option<String>,
    /// Whether nothing happens until an operator says whose it is.
    is_waiting: bool,
    /// Why it could not be given to the tenant that it was wanted for last.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttachTo {
    /// Whose the location is to be.
    #[schema(example = "acme")]
    tenant: String,
}

fn view(stored: &StoredInstall) -> InstallView {
    let install = &stored.install;
    let attached = install.attached.as_ref();
    InstallView {
        location: install.location.to_string(),
        name: install.name.clone(),
        company: install.company.as_ref().map(ToString::to_string),
        standing: install.standing().to_string(),
        way: install.way.map(|it| it.to_string()),
        tenant: attached.map(|it| it.tenant.to_string()),
        integration: attached.map(|it| it.integration.to_string()),
        announced_at: install.announced_at.map(|it| it.to_string()),
        granted_at: install.granted_at.map(|it| it.to_string()),
        uninstalled_at: install.uninstalled_at.map(|it| it.to_string()),
        is_waiting: stored.is_waiting(),
        why: stored.why.clone(),
    }
}

/// Locations in which the app is or was installed, newest first, by when we first heard of them
#[utoipa::path(
    get, path = "/v1/crm/installs", tag = "Connecting GoHighLevel", params(PageParams),
    responses((status = 200, body = Listed<InstallView>), Refusals)
)]
async fn list_installs(
    operator: Operator,
    Params(params): Params<PageParams>,
) -> Result<Json<Listed<InstallView>>, Problem> {
    let member = platform(&operator);
    let asked = params.asked(&member, "crm_installs", Order::NewestFirst).await?;
    let page = operator.deps.store.installs(asked).await?;
    Ok(Json(listed(&member, "crm_installs", page, |it| view(&it)).await?))
}

/// Says whose a location is
///
/// For what an agency or the marketplace has installed, with no link of a tenant's. The tenant works
/// with it seconds later; until then the answer shows how it is before. Said again for the same
/// tenant, nothing changes.
#[utoipa::path(
    post, path = "/v1/crm/installs/{location}/attach", tag = "Connecting GoHighLevel",
    request_body = AttachTo, params(("location" = String, Path), OnceHeader),
    responses((status = 202, body = InstallView), ChangeRefusals)
)]
async fn attach_install(
    operator: Operator,
    Named(location): Named,
    Input(to): Input<AttachTo>,
) -> Result<(StatusCode, Json<InstallView>), Problem> {
    let row = load(&operator, &location).await?;
    let member = served(&operator, &to.tenant).await?;
    let is_theirs = row.body.install.attached.as_ref().is_some_and(|it| it.tenant == member.tenant);
    if is_theirs && row.body.install.standing() == Standing::Connected && row.body.due.is_none() {
        return Ok((StatusCode::ACCEPTED, Json(view(&row.body))));
    }
    is_free(&member, &row.body).await?;
    let wanted = Wanted {
        tenant: member.tenant.clone(),
        who: member.asking.caller.subject.clone(),
        request: member.asking.request.clone(),
    };
    let due = Some(member.now());
    let next = StoredInstall { wanted: Some(wanted), why: None, due, ..row.body.clone() };
    let mut entry = member.audit("crm_install.attach", &location);
    entry.after = json!({ "tenant": member.tenant });
    let transaction = member.scope().transaction().set_install(Some(&row), &next).audit(&entry);
    done(&transaction.commit().await?)?;
    member.deps.queues.offer(&next.job(), member.now()).await;
    Ok((StatusCode::ACCEPTED, Json(view(&next))))
}

async fn load(operator: &Operator, location: &str) -> Result<Row<StoredInstall>, Problem> {
    let missing = || Problem::not_found("install");
    let location = LocationId::parse(location).map_err(|_| missing())?;
    operator.deps.store.install(&location).await?.ok_or_else(missing)
}

/// The tenant that is named in a body.
async fn served(operator: &Operator, tenant: &str) -> Result<Member, Problem> {
    let unknown = || Problem::at("/tenant", "there is no such tenant");
    let id = TenantId::parse(tenant).map_err(|_| unknown())?;
    let member = operator.of(id.as_str()).map_err(|_| unknown())?;
    let row = member.scope().tenant_row().await?.ok_or_else(unknown)?;
    match row.body.state {
        TenantState::Deleted { .. } => Err(Problem::state("The tenant is deleted.")),
        TenantState::Active | TenantState::Suspended { .. } => Ok(member),
    }
}

/// Whether the tenant could have it. Settling asks again: meanwhile it may be somebody else's.
async fn is_free(member: &Member, stored: &StoredInstall) -> Result<(), Problem> {
    let route = member.deps.store.route_of_location(&stored.install.location).await?;
    if let Some(route) = route.as_ref().filter(|it| it.tenant != member.tenant) {
        let detail = format!(
            "The location is connected for the tenant {}. Delete its integration {} first.",
            route.tenant, route.integration
        );
        return Err(Problem::state(detail));
    }
    let standing = stored.install.standing();
    if matches!(standing, Standing::Announced | Standing::Uninstalled) || !stored.has_tokens() {
        let detail = "There are no tokens for this location. Make a link with POST /v1/crm/links, \
                      in the tenant's name, and open it.";
        return Err(Problem::state(detail));
    }
    let crm = member.scope().tenant_row().await?.and_then(|it| it.body.crm);
    match crm.filter(|it| route.is_none_or(|route| route.integration != *it)) {
        Some(other) => {
            let detail = format!("The tenant's CRM is {other}. Delete that integration first.");
            Err(Problem::state(detail))
        }
        None => Ok(()),
    }
}
