//! A tenant's end, for a while or for good.

use axum::Json;
use domain::tenant::{Tenant, TenantState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{TenantView, done, load, resume, text, view};
use crate::{
    asking::{Member, Operator, seen},
    erase,
    openapi::ChangeRefusals,
    problem::Problem,
    read::{Input, Named},
    version::Versioned,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Why {
    /// Why, for the audit log.
    #[schema(
        min_length = 1,
        max_length = 500,
        pattern = r"\S",
        example = "asked for by the owner"
    )]
    reason: String,
}

/// What deleting has done so far.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Deletion {
    id: String,
    /// Conversations whose content was erased by this request.
    erased_conversations: usize,
    /// Whether nothing is left to erase. If not, send the request again.
    complete: bool,
}

/// Stops serving a tenant
///
/// What comes in is kept and acted on later. Nobody is called and nothing is sent, but who texts
/// STOP is opted out at once. It counts everywhere within a minute.
#[utoipa::path(
    post, path = "/v1/tenants/{tenant}/suspend", tag = "Tenants", request_body = Why,
    params(("tenant" = String, Path), crate::openapi::OnceHeader),
    responses((status = 200, body = TenantView), ChangeRefusals)
)]
pub(super) async fn suspend_tenant(
    operator: Operator,
    Named(id): Named,
    Input(why): Input<Why>,
) -> Result<Versioned<TenantView>, Problem> {
    let reason = text("/reason", &why.reason, 500)?;
    let state = TenantState::Suspended { since: operator.now(), why: reason.clone() };
    set_state(&operator.of(&id)?, state, "tenant.suspend", &reason).await
}

/// Serves a tenant again, and has what was parked go on
#[utoipa::path(
    post, path = "/v1/tenants/{tenant}/resume", tag = "Tenants", request_body = Why,
    params(("tenant" = String, Path), crate::openapi::OnceHeader),
    responses((status = 200, body = TenantView), ChangeRefusals)
)]
pub(super) async fn resume_tenant(
    operator: Operator,
    Named(id): Named,
    Input(why): Input<Why>,
) -> Result<Versioned<TenantView>, Problem> {
    let reason = text("/reason", &why.reason, 500)?;
    set_state(&operator.of(&id)?, TenantState::Active, "tenant.resume", &reason).await
}

/// Deletes a suspended tenant: its addresses, credentials, keys, and everything that was said
///
/// The opt-out registry and the consent ledger are kept, as the law asks. Take an export before: this
/// cannot be undone. While `complete` is false there is more to erase; send the request again.
#[utoipa::path(
    delete, path = "/v1/tenants/{tenant}", tag = "Tenants", params(("tenant" = String, Path)),
    responses((status = 200, body = Deletion), ChangeRefusals)
)]
pub(super) async fn delete_tenant(
    operator: Operator,
    Named(id): Named,
) -> Result<Json<Deletion>, Problem> {
    let member = operator.of(&id)?;
    let row = load(&member).await?;
    let integrations = match row.body.state {
        TenantState::Active => {
            return Err(Problem::state("Suspend the tenant before you delete it."));
        }
        TenantState::Suspended { .. } => {
            let integrations = erase::tenant::connections(&member).await?;
            let row = load(&member).await?;
            let state =
                TenantState::Deleted { since: member.now(), integrations: integrations.clone() };
            let next = Tenant { state, ..row.body.clone() };
            let mut entry = member.audit("tenant.delete", &id);
            (entry.before, entry.after) = (seen(&row.body), seen(&next));
            let transaction = member.scope().transaction().replace_tenant(&row, &next);
            done(&transaction.audit(&entry).commit().await?)?;
            integrations
        }
        TenantState::Deleted { integrations, .. } => integrations,
    };
    let (erased_conversations, complete) = erase::tenant::rest(&member, &integrations).await?;
    Ok(Json(Deletion { id, erased_conversations, complete }))
}

async fn set_state(
    member: &Member,
    state: TenantState,
    action: &str,
    reason: &str,
) -> Result<Versioned<TenantView>, Problem> {
    let row = load(member).await?;
    let is_deleted = matches!(row.body.state, TenantState::Deleted { .. });
    if is_deleted {
        return Err(Problem::state("The tenant is deleted."));
    }
    let next = Tenant { state, ..row.body.clone() };
    let mut entry = member.audit(action, &member.tenant);
    (entry.before, entry.after) = (seen(&row.body.state), seen(&next.state));
    entry.reason = Some(reason.to_owned());
    let mut transaction = member.scope().transaction().replace_tenant(&row, &next).audit(&entry);
    if next.is_active() {
        transaction = transaction.resume(member.now());
    }
    done(&transaction.commit().await?)?;
    if next.is_active() {
        resume(member).await;
    }
    let row = row.next(next);
    Ok(Versioned::of(&row, view(&row.body)))
}
