//! API keys. A key is shown once, when it is made; only a hash of it is stored.

use std::sync::Arc;

use aws::{Commit, NewApiKey, Order, Row, Transaction, new_api_key, with_new_secret};
use axum::Json;
use domain::{
    access::{ApiKey, KeyState, Standing},
    audit::AuditEntry,
    ids::{ApiKeyId, TenantId},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::tenants::text;
use crate::{
    Deps,
    asking::{KeyHolder, Member, seen},
    list::{Listed, PageParams, listed},
    openapi::{ChangeRefusals, Refusals},
    problem::{Problem, parsed},
    read::{Input, Named, Params},
    version::Versioned,
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new()
        .routes(routes!(list_keys, create_key))
        .routes(routes!(read_key, revoke_key))
        .routes(routes!(rotate_key))
}

/// Requests a minute that a key may make, if nobody says otherwise.
const USUAL_RATE: u32 = 600;
const HIGHEST_RATE: u32 = 6000;

/// For how long a key that was rotated may still be used.
const LONGEST_OVERLAP: i64 = 7 * 24 * 60;

/// A key, without what it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyView {
    id: String,
    name: String,
    /// `read_only`, `agent`, `admin` or `operator`.
    role: String,
    /// `active`, `expired` or `revoked`.
    state: String,
    /// How the key ends.
    last4: String,
    created_at: String,
    created_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
    requests_per_minute: u32,
}

/// A key that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewKeyView {
    #[serde(flatten)]
    key: KeyView,
    /// The key itself. It is shown this once.
    #[schema(example = "dpx_…")]
    token: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    #[schema(min_length = 1, max_length = 80, pattern = r"\S", example = "the website")]
    name: String,
    /// `read_only`, `agent` or `admin` for a tenant's key; `operator` for one that belongs to none.
    #[schema(example = "agent", pattern = "^(read_only|agent|admin|operator)$")]
    role: String,
    /// Until when it is good. For ever, if nothing is said.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    #[schema(minimum = 1, maximum = 6000)]
    requests_per_minute: Option<u32>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Overlap {
    /// For how many minutes the old key is still good.
    #[schema(minimum = 0, maximum = 10080, default = 60)]
    overlap_minutes: Option<i64>,
}

fn view(key: &ApiKey, now: Timestamp) -> KeyView {
    KeyView {
        id: key.id.to_string(),
        name: key.name.clone(),
        role: key.standing.role_name(),
        state: key.state(now).to_string(),
        last4: key.last4.clone(),
        created_at: key.created_at.to_string(),
        created_by: key.created_by.clone(),
        expires_at: key.expires_at.map(|it| it.to_string()),
        revoked_at: key.revoked_at.map(|it| it.to_string()),
        requests_per_minute: key.per_minute,
    }
}

/// Keys, the newest first
#[utoipa::path(
    get, path = "/v1/keys", tag = "Keys", params(PageParams),
    responses((status = 200, body = Listed<KeyView>), Refusals)
)]
async fn list_keys(
    member: KeyHolder,
    Params(params): Params<PageParams>,
) -> Result<Json<Listed<KeyView>>, Problem> {
    let asked = params.asked(&member, "keys", Order::NewestFirst).await?;
    let page = member.scope().api_keys(asked).await?;
    let now = member.now();
    Ok(Json(listed(&member, "keys", page, |it| view(&it, now)).await?))
}

/// A new key
#[utoipa::path(
    post, path = "/v1/keys", tag = "Keys", request_body = NewKey,
    params(crate::openapi::OnceHeader),
    responses((status = 201, body = NewKeyView), ChangeRefusals)
)]
async fn create_key(
    member: KeyHolder,
    Input(new): Input<NewKey>,
) -> Result<Versioned<NewKeyView>, Problem> {
    member.holds_a_good_key().await?;
    if let Some(row) = made_before(&member).await? {
        return shown_again(&member, &row, "key.create").await;
    }
    let expires_at = match &new.expires_at {
        Some(at) => Some(future("/expires_at", at, member.now())?),
        None => None,
    };
    let per_minute = new.requests_per_minute.unwrap_or(USUAL_RATE);
    if !(1..=HIGHEST_RATE).contains(&per_minute) {
        let message = format!("it is from 1 to {HIGHEST_RATE}");
        return Err(Problem::at("/requests_per_minute", message));
    }
    let wanted = NewApiKey {
        id: own_id(&member),
        name: text("/name", &new.name, 80)?,
        standing: standing(&member, &new.role)?,
        created_by: member.asking.caller.subject.clone(),
        expires_at,
        per_minute,
    };
    add(&member, member.scope().transaction(), wanted, "key.create").await
}

/// One key
#[utoipa::path(
    get, path = "/v1/keys/{key}", tag = "Keys", params(("key" = String, Path)),
    responses((status = 200, body = KeyView), Refusals)
)]
async fn read_key(member: KeyHolder, Named(id): Named) -> Result<Versioned<KeyView>, Problem> {
    let row = load(&member, &id).await?;
    Ok(Versioned::of(&row, view(&row.body, member.now())))
}

/// Revokes a key
///
/// It is good for nothing after a minute at the most: for so long the answer of the authorizer is
/// kept.
#[utoipa::path(
    delete, path = "/v1/keys/{key}", tag = "Keys", params(("key" = String, Path)),
    responses((status = 200, body = KeyView), ChangeRefusals)
)]
async fn revoke_key(member: KeyHolder, Named(id): Named) -> Result<Versioned<KeyView>, Problem> {
    member.holds_a_good_key().await?;
    let row = load(&member, &id).await?;
    if row.body.revoked_at.is_some() {
        return Ok(Versioned::of(&row, view(&row.body, member.now())));
    }
    let row = revoked(&member, row).await?;
    Ok(Versioned::of(&row, view(&row.body, member.now())))
}

/// Makes a key that takes another's place, which is still good for a while
#[utoipa::path(
    post, path = "/v1/keys/{key}/rotate", tag = "Keys", request_body = Overlap,
    params(("key" = String, Path), crate::openapi::OnceHeader),
    responses((status = 201, body = NewKeyView), ChangeRefusals)
)]
async fn rotate_key(
    member: KeyHolder,
    Named(id): Named,
    Input(overlap): Input<Overlap>,
) -> Result<Versioned<NewKeyView>, Problem> {
    member.holds_a_good_key().await?;
    if let Some(row) = made_before(&member).await? {
        return shown_again(&member, &row, "key.rotate").await;
    }
    let minutes = overlap.overlap_minutes.unwrap_or(60);
    if !(0..=LONGEST_OVERLAP).contains(&minutes) {
        let message = format!("it is from 0 to {LONGEST_OVERLAP}");
        return Err(Problem::at("/overlap_minutes", message));
    }
    let row = load(&member, &id).await?;
    let old = row.body.clone();
    if old.state(member.now()) != KeyState::Active {
        return Err(Problem::state("The key is not good any more. Make a new one."));
    }
    let wanted = NewApiKey {
        id: own_id(&member),
        name: old.name.clone(),
        standing: old.standing.clone(),
        created_by: member.asking.caller.subject.clone(),
        expires_at: old.expires_at,
        per_minute: old.per_minute,
    };
    let ends = member.now() + SignedDuration::from_mins(minutes);
    let ends = old.expires_at.map_or(ends, |it| it.min(ends));
    let next = ApiKey { expires_at: Some(ends), ..old };
    let entry = line(&member, "key.expire", &row.body, &next);
    // Both or neither: a key whose token nobody was told must not be good.
    let transaction = member.scope().transaction().replace_api_key(&row, &next);
    add(&member, transaction.audit(&entry), wanted, "key.rotate").await
}

async fn add(
    member: &Member,
    transaction: Transaction<'_>,
    wanted: NewApiKey,
    action: &str,
) -> Result<Versioned<NewKeyView>, Problem> {
    let (key, token) = new_api_key(wanted, member.now())?;
    let mut entry = member.audit(action, &key.id);
    entry.after = seen(&view(&key, member.now()));
    super::tenants::done(&transaction.add_api_key(&key).audit(&entry).commit().await?)?;
    let token = token.expose_secret().to_owned();
    Ok(Versioned::created(1, NewKeyView { key: view(&key, member.now()), token }))
}

/// The id of a key that is the same in every try of this request.
fn own_id(member: &Member) -> Option<ApiKeyId> {
    member.asking.first.as_ref().map(|it| ApiKeyId::derived(&[&it.seed]))
}

/// The key that an earlier try of this request made.
async fn made_before(member: &Member) -> Result<Option<Row<ApiKey>>, Problem> {
    match own_id(member) {
        Some(id) => Ok(member.scope().api_key(&id).await?),
        None => Ok(None),
    }
}

/// The earlier try got no answer to its caller, and the token is stored nowhere. So the key gets
/// another one, and there is no second key.
async fn shown_again(
    member: &Member,
    row: &Row<ApiKey>,
    action: &str,
) -> Result<Versioned<NewKeyView>, Problem> {
    let now = member.now();
    if row.body.state(now) != KeyState::Active {
        return Err(Problem::state("The key that this made is not good any more. Make another."));
    }
    let (next, token) = with_new_secret(row.body.clone())?;
    replace(member, row, &next, &line(member, action, &row.body, &next)).await?;
    let token = token.expose_secret().to_owned();
    Ok(Versioned::created(row.version() + 1, NewKeyView { key: view(&next, now), token }))
}

/// The key, good for nothing from now on.
pub(crate) async fn revoked(member: &Member, row: Row<ApiKey>) -> Result<Row<ApiKey>, Problem> {
    let next = ApiKey { revoked_at: Some(member.now()), ..row.body.clone() };
    replace(member, &row, &next, &line(member, "key.revoke", &row.body, &next)).await?;
    Ok(row.next(next))
}

/// A line of the audit log about a key that there is.
fn line(member: &Member, action: &str, before: &ApiKey, after: &ApiKey) -> AuditEntry {
    let view = |key| seen(&view(key, member.now()));
    AuditEntry { before: view(before), after: view(after), ..member.audit(action, &after.id) }
}

async fn replace(
    member: &Member,
    row: &Row<ApiKey>,
    next: &ApiKey,
    entry: &AuditEntry,
) -> Result<(), Problem> {
    let transaction = member.scope().transaction().replace_api_key(row, next).audit(entry);
    match transaction.commit().await? {
        Commit::Done => Ok(()),
        Commit::Refused(_) => Err(Problem::changed()),
    }
}

/// A member makes keys for their tenant; an operator who names no tenant makes operators' keys.
fn standing(member: &Member, role: &str) -> Result<Standing, Problem> {
    let tenant = (member.tenant != TenantId::platform()).then_some(member.tenant.as_str());
    let names = if tenant.is_some() {
        "it is read_only, agent or admin"
    } else {
        "without a tenant in the header Duplex-Tenant, it is operator"
    };
    parsed("/role", Standing::named(role, tenant).map_err(|_| names))
}

async fn load(member: &Member, id: &str) -> Result<Row<ApiKey>, Problem> {
    let id = ApiKeyId::parse(id).map_err(|_| Problem::not_found("key"))?;
    member.scope().api_key(&id).await?.ok_or_else(|| Problem::not_found("key"))
}

/// A time that has not come yet.
pub(crate) fn future(path: &str, given: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    let at: Timestamp =
        parsed(path, given.parse().map_err(|_| "it is a time such as 2026-12-31T17:00:00Z"))?;
    if at <= now {
        return Err(Problem::at(path, "it is in the past"));
    }
    Ok(at)
}
