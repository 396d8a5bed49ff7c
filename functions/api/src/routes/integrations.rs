//! Integrations: a tenant's connected providers.
//!
//! ```text
//! checked -> sealed -> pending -> tried -> active, or error with the reason
//! ```

mod change;
mod consent;
mod create;
mod credentials;
mod health;
pub(crate) mod remove;
mod view;

use std::sync::Arc;

use app::Connection;
use aws::{Commit, Condition, Row};
use axum::{Json, http::HeaderMap, http::StatusCode};
use domain::{
    ids::IntegrationId,
    integration::{Fault, FaultCode, Integration, Status, Tested},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Deps,
    asking::{Admin, Member, Reader, seen},
    list::Listed,
    openapi::{ChangeRefusals, Refusals},
    problem::Problem,
    read::{Input, Named},
    trial,
    version::{Versioned, expect},
};
use change::IntegrationChange;
use create::NewIntegration;
use credentials::NewSecrets;
use health::Health;
use view::{IntegrationView, view};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new()
        .routes(routes!(list_integrations, create_integration))
        .routes(routes!(read_integration, change_integration, delete_integration))
        .routes(routes!(test_integration))
        .routes(routes!(sync_integration))
        .routes(routes!(rotate_credentials))
        .routes(routes!(read_health))
}

/// What came of trying a connection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Trial {
    ok: bool,
    /// The integration's status after it.
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "INVALID_CREDENTIALS")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Milliseconds until the provider had answered.
    took_ms: u64,
}

/// What a request to go on has started.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Resuming {
    /// Items of the tenant's that wait, for this or for anything else: at most 2000 are counted.
    parked: usize,
}

/// A tenant's integrations
#[utoipa::path(
    get, path = "/v1/integrations", tag = "Integrations",
    responses((status = 200, body = Listed<IntegrationView>), Refusals)
)]
async fn list_integrations(member: Reader) -> Result<Json<Listed<IntegrationView>>, Problem> {
    let mut items = Vec::new();
    for integration in member.scope().integrations().await? {
        items.push(seen_by(&member, &integration).await?);
    }
    Ok(Json(Listed { items, next_cursor: None }))
}

/// Connects a provider
///
/// The settings are checked against the template's schema, secrets are sealed, and the connection is
/// tried. If it does not work it is there all the same, in the status `error`, with the reason.
#[utoipa::path(
    post, path = "/v1/integrations", tag = "Integrations", request_body = NewIntegration,
    params(crate::openapi::OnceHeader),
    responses((status = 201, body = IntegrationView), ChangeRefusals)
)]
async fn create_integration(
    member: Admin,
    Input(new): Input<NewIntegration>,
) -> Result<Versioned<IntegrationView>, Problem> {
    let id = create::create(&member, new).await?;
    let row = load(&member, id.as_str()).await?;
    let row = tried(&member, row).await?;
    shown(&member, &row, StatusCode::CREATED).await
}

/// One integration
#[utoipa::path(
    get, path = "/v1/integrations/{integration}", tag = "Integrations",
    params(("integration" = String, Path)),
    responses((status = 200, body = IntegrationView), Refusals)
)]
async fn read_integration(
    member: Reader,
    Named(id): Named,
) -> Result<Versioned<IntegrationView>, Problem> {
    let row = load(&member, &id).await?;
    shown(&member, &row, StatusCode::OK).await
}

/// Changes an integration's name or settings, or switches it off and on
///
/// While it is `disconnected` its work is parked and nobody is called. Switched on, it is tried
/// first; if it works, what was parked goes on. Secrets are changed under `credentials/rotate`.
#[utoipa::path(
    patch, path = "/v1/integrations/{integration}", tag = "Integrations",
    request_body = IntegrationChange,
    params(("integration" = String, Path), crate::openapi::MatchHeader),
    responses((status = 200, body = IntegrationView), ChangeRefusals)
)]
async fn change_integration(
    member: Admin,
    Named(id): Named,
    headers: HeaderMap,
    Input(wanted): Input<IntegrationChange>,
) -> Result<Versioned<IntegrationView>, Problem> {
    let row = load(&member, &id).await?;
    expect(&headers, &row)?;
    let row = change::change(&member, row, wanted).await?;
    shown(&member, &row, StatusCode::OK).await
}

/// Takes an integration away, with its credentials and its address
///
/// What waited for it stays parked, and goes on once the tenant has another way.
#[utoipa::path(
    delete, path = "/v1/integrations/{integration}", tag = "Integrations",
    params(("integration" = String, Path), crate::openapi::MatchHeader),
    responses((status = 204), ChangeRefusals)
)]
async fn delete_integration(
    member: Admin,
    Named(id): Named,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let row = load(&member, &id).await?;
    expect(&headers, &row)?;
    remove::remove(&member, &row).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tries the connection
///
/// A provider that does not take the credentials puts the integration into the status `error`; one
/// that does not answer leaves an active integration active.
#[utoipa::path(
    post, path = "/v1/integrations/{integration}/test", tag = "Integrations",
    params(("integration" = String, Path), crate::openapi::OnceHeader),
    responses((status = 200, body = Trial), ChangeRefusals)
)]
async fn test_integration(member: Admin, Named(id): Named) -> Result<Json<Trial>, Problem> {
    let row = tried(&member, load(&member, &id).await?).await?;
    let tested = row.body.tested.clone();
    let fault = tested.as_ref().and_then(|it| it.fault.clone());
    Ok(Json(Trial {
        ok: fault.is_none(),
        status: row.body.status.to_string(),
        code: fault.as_ref().map(|it| it.code.to_string()),
        why: fault.map(|it| it.why),
        took_ms: tested.map_or(0, |it| it.took_ms),
    }))
}

/// Has everything go on that is parked and has nothing to wait for any more
#[utoipa::path(
    post, path = "/v1/integrations/{integration}/sync", tag = "Integrations",
    params(("integration" = String, Path), crate::openapi::OnceHeader),
    responses((status = 202, body = Resuming), ChangeRefusals)
)]
async fn sync_integration(
    member: Admin,
    Named(id): Named,
) -> Result<(StatusCode, Json<Resuming>), Problem> {
    let row = load(&member, &id).await?;
    if row.body.status != Status::Active {
        return Err(not_active(&row.body));
    }
    let parked = member.deps.store.count_parked(&member.tenant).await?;
    let entry = member.audit("integration.sync", &id);
    let transaction = member.scope().transaction().resume(member.now()).audit(&entry);
    super::tenants::done(&transaction.commit().await?)?;
    super::tenants::resume(&member).await;
    Ok((StatusCode::ACCEPTED, Json(Resuming { parked })))
}

/// Puts new secrets in the place of the old ones, once the provider takes them
///
/// Until then the old ones stay. What others sign with is good for two values at once: the one
/// before stays under its name with `_previous` until it is rotated again.
#[utoipa::path(
    post, path = "/v1/integrations/{integration}/credentials/rotate", tag = "Integrations",
    request_body = NewSecrets,
    params(("integration" = String, Path), crate::openapi::OnceHeader),
    responses((status = 200, body = IntegrationView), ChangeRefusals)
)]
async fn rotate_credentials(
    member: Admin,
    Named(id): Named,
    Input(new): Input<NewSecrets>,
) -> Result<Versioned<IntegrationView>, Problem> {
    let row = load(&member, &id).await?;
    let row = credentials::rotate(&member, row, new).await?;
    shown(&member, &row, StatusCode::OK).await
}

/// How an integration is doing
#[utoipa::path(
    get, path = "/v1/integrations/{integration}/health", tag = "Integrations",
    params(("integration" = String, Path)),
    responses((status = 200, body = Health), Refusals)
)]
async fn read_health(member: Reader, Named(id): Named) -> Result<Json<Health>, Problem> {
    let row = load(&member, &id).await?;
    health::health(&member, &row.body).await.map(Json)
}

async fn load(member: &Member, id: &str) -> Result<Row<Integration>, Problem> {
    let missing = || Problem::not_found("integration");
    let id = IntegrationId::parse(id).map_err(|_| missing())?;
    member.scope().integration_row(&id).await?.ok_or_else(missing)
}

async fn shown(
    member: &Member,
    row: &Row<Integration>,
    status: StatusCode,
) -> Result<Versioned<IntegrationView>, Problem> {
    let view = seen_by(member, &row.body).await?;
    Ok(Versioned { version: row.version(), view, status })
}

async fn seen_by(member: &Member, integration: &Integration) -> Result<IntegrationView, Problem> {
    let names = member.scope().credentials(&integration.id).await?.into_keys().collect();
    let consent = consent::of(member, integration).await?;
    Ok(view(&member.deps, integration, names, consent))
}

fn not_active(integration: &Integration) -> Problem {
    let detail = format!(
        "The integration is {}. Test it, or switch it on with {{\"status\": \"active\"}}.",
        integration.status
    );
    Problem::new(crate::problem::Code::IntegrationNotActive, detail)
}

/// The integration with what came of trying it.
async fn tried(member: &Member, row: Row<Integration>) -> Result<Row<Integration>, Problem> {
    let connection = opened(member, &row.body).await?;
    let tested = trial::attempt(&member.deps, &connection, member.now()).await;
    let status = status_after(row.body.status, &tested);
    settle(member, row, status, tested).await
}

/// Writes a status down with what it means for the tenant.
async fn settle(
    member: &Member,
    row: Row<Integration>,
    status: Status,
    tested: Tested,
) -> Result<Row<Integration>, Problem> {
    let next = Integration { status, tested: Some(tested), ..row.body.clone() };
    let mut transaction = member.scope().transaction().replace_integration(&row, &next);
    if status == Status::Active {
        transaction = create::with_location(transaction, &next)?;
    }
    if row.body.status != status {
        let mut entry = member.audit("integration.status", &next.id);
        (entry.before, entry.after) = (seen(&row.body.status), seen(&next.status));
        entry.reason = next.tested.as_ref().and_then(|it| Some(it.fault.as_ref()?.why.clone()));
        transaction = transaction.audit(&entry);
        if status == Status::Active {
            transaction = transaction.resume(member.now());
        }
    }
    match transaction.commit().await? {
        Commit::Refused(conditions) if conditions.contains(&Condition::Ours("route")) => {
            return Box::pin(settle(member, row, Status::Error, elsewhere(member.now()))).await;
        }
        commit => super::tenants::done(&commit)?,
    }
    // Whatever broke off an earlier try of this is mended by the next.
    if status == Status::Active {
        create::take_up(member, &next).await?;
    }
    if row.body.status != status && status == Status::Active {
        super::tenants::resume(member).await;
    }
    trial::wake(member, &next).await;
    Ok(row.next(next))
}

/// The token is good for the location, and somebody else was first.
fn elsewhere(now: Timestamp) -> Tested {
    let why = "the location is connected already; disconnect it there first".to_owned();
    Tested { at: now, took_ms: 0, fault: Some(Fault { code: FaultCode::ConfigSchemaInvalid, why }) }
}

/// Credentials that are not taken will not be taken tomorrow. A provider that is out of reach may be
/// back in a minute, so what was active stays so.
fn status_after(before: Status, tested: &Tested) -> Status {
    let fault = tested.fault.as_ref().map(|it| it.code);
    match (before, fault) {
        (Status::Disconnected, _) => Status::Disconnected,
        (_, None) => Status::Active,
        (Status::Active, Some(FaultCode::ConnectionFailed | FaultCode::RateLimitExceeded)) => {
            Status::Active
        }
        (_, Some(_)) => Status::Error,
    }
}

/// The integration with its secrets open.
async fn opened(member: &Member, integration: &Integration) -> Result<Connection, Problem> {
    let secrets = credentials::open(member, &integration.id).await?;
    Ok(Connection::new(member.tenant.clone(), integration.clone(), secrets))
}
