//! The tenant's numbers: the pool that new conversations start on, the usual one, and where each
//! stands with A2P 10DLC.

use std::sync::Arc;

use aws::{Asked, Row};
use axum::{Json, http::HeaderMap};
use domain::{
    conversation::Route,
    ids::IntegrationId,
    number::{Number, Registration, UseFor},
    phone::{PhoneNumber, Region},
    tenant::Tenant,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::tenants::done;
use crate::{
    Deps,
    asking::{Admin, Member, Reader, seen},
    list::{Listed, listed},
    openapi::{ChangeRefusals, Refusals},
    problem::{Problem, parsed},
    read::Input,
    version::{Versioned, expect, expect_nothing},
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new().routes(routes!(list_numbers, put_number))
}

/// More numbers than a tenant has.
const POOL: i32 = 1000;

/// One of the tenant's numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NumberView {
    number: String,
    /// The integration that carries it.
    integration: String,
    /// `new_conversations`, `replies` or `nothing`.
    use_for: String,
    /// Whether it is the one to use where no number is in the pool.
    is_default: bool,
    /// `unknown`, `unregistered`, `pending`, `registered` or `not_needed`.
    a2p: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    a2p_campaign: Option<String>,
    /// What to know before many texts are sent from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
    added_at: String,
}

/// A number as it is to be. The number itself says which one is meant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedNumber {
    #[schema(example = "+14155550100", format = "phone")]
    number: String,
    #[schema(example = "acme-twilio", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    integration: String,
    /// `new_conversations` (the pool), `replies`, or `nothing`, which moves its conversations to
    /// another number. New conversations, if nothing is said.
    use_for: Option<UseForInput>,
    /// Whether it becomes the one to use where no number is in the pool.
    #[serde(default)]
    is_default: bool,
    a2p: Option<A2pInput>,
    /// The campaign that it is registered for.
    #[schema(min_length = 1, max_length = 80, pattern = r"\S")]
    a2p_campaign: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UseForInput {
    NewConversations,
    Replies,
    Nothing,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum A2pInput {
    Unknown,
    Unregistered,
    Pending,
    Registered,
    NotNeeded,
}

impl From<UseForInput> for UseFor {
    fn from(wanted: UseForInput) -> Self {
        match wanted {
            UseForInput::NewConversations => Self::NewConversations,
            UseForInput::Replies => Self::Replies,
            UseForInput::Nothing => Self::Nothing,
        }
    }
}

fn view(number: &Number, tenant: &Tenant) -> NumberView {
    let (a2p, a2p_campaign) = match &number.registration {
        Registration::Unknown => ("unknown", None),
        Registration::Unregistered => ("unregistered", None),
        Registration::Pending => ("pending", None),
        Registration::Registered { campaign } => ("registered", campaign.clone()),
        Registration::NotNeeded => ("not_needed", None),
    };
    NumberView {
        number: number.route.number.as_str().to_owned(),
        integration: number.route.channel.to_string(),
        use_for: number.use_for.to_string(),
        is_default: tenant.default_route.as_ref() == Some(&number.route),
        a2p,
        a2p_campaign,
        warning: number.registration.warning(),
        added_at: number.added_at.to_string(),
    }
}

/// The tenant's numbers
#[utoipa::path(
    get, path = "/v1/numbers", tag = "Numbers",
    responses((status = 200, body = Listed<NumberView>), Refusals)
)]
async fn list_numbers(member: Reader) -> Result<Json<Listed<NumberView>>, Problem> {
    let tenant = tenant(&member).await?.body;
    let page = member.scope().numbers(Asked::oldest(POOL)).await?;
    Ok(Json(listed(&member, "numbers", page, |it| view(&it, &tenant)).await?))
}

/// Adds a number, or changes one
#[utoipa::path(
    put, path = "/v1/numbers", tag = "Numbers", request_body = WantedNumber,
    params(crate::openapi::MatchHeader),
    responses((status = 200, body = NumberView), ChangeRefusals)
)]
async fn put_number(
    member: Admin,
    headers: HeaderMap,
    Input(wanted): Input<WantedNumber>,
) -> Result<Versioned<NumberView>, Problem> {
    let number = parsed("/number", PhoneNumber::parse(&wanted.number, Some(Region::US)))?;
    let row = member.scope().number(&number).await?;
    match &row {
        Some(row) => expect(&headers, row)?,
        None => expect_nothing(&headers)?,
    }
    let route = Route { channel: channel(&member, &wanted.integration).await?, number };
    let next = number_as(&member, &wanted, route, row.as_ref())?;

    let tenant = tenant(&member).await?;
    let served = served(&tenant.body, &next, wanted.is_default);
    let mut entry = member.audit("number.put", &next.route.channel);
    let before = row.as_ref().map(|it| &it.body);
    entry.before =
        seen(&Pool { number: before, default_route: tenant.body.default_route.as_ref() });
    let default_route = served.default_route.as_ref();
    entry.after = seen(&Pool { number: Some(&next), default_route });
    let mut transaction = member.scope().transaction().audit(&entry);
    transaction = match &row {
        Some(row) => transaction.replace_number(row, &next),
        None => transaction.add_number(&next),
    };
    if served != tenant.body {
        transaction = transaction.replace_tenant(&tenant, &served);
    }
    done(&transaction.commit().await?)?;
    let version = row.map_or(1, |it| it.version() + 1);
    Ok(Versioned { status: axum::http::StatusCode::OK, version, view: view(&next, &served) })
}

fn number_as(
    member: &Member,
    wanted: &WantedNumber,
    route: Route,
    before: Option<&Row<Number>>,
) -> Result<Number, Problem> {
    let campaign = match &wanted.a2p_campaign {
        Some(campaign) => Some(super::tenants::text("/a2p_campaign", campaign, 80)?),
        None => None,
    };
    let registration = match wanted.a2p {
        None => before.map_or(Registration::Unknown, |it| it.body.registration.clone()),
        Some(A2pInput::Unknown) => Registration::Unknown,
        Some(A2pInput::Unregistered) => Registration::Unregistered,
        Some(A2pInput::Pending) => Registration::Pending,
        Some(A2pInput::Registered) => Registration::Registered { campaign },
        Some(A2pInput::NotNeeded) => Registration::NotNeeded,
    };
    let use_for = wanted.use_for.map(UseFor::from);
    Ok(Number {
        route,
        use_for: use_for.unwrap_or(before.map_or(UseFor::NewConversations, |it| it.body.use_for)),
        registration,
        added_at: before.map_or(member.now(), |it| it.body.added_at),
    })
}

/// What one change of a number can change, for the audit log.
#[derive(Serialize)]
struct Pool<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<&'a Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_route: Option<&'a Route>,
}

/// The tenant with the number as its usual one, or no longer.
fn served(tenant: &Tenant, number: &Number, is_default: bool) -> Tenant {
    let was = tenant.default_route.as_ref().is_some_and(|it| it.number == number.route.number);
    let default_route = match (is_default && number.use_for != UseFor::Nothing, was) {
        (false, true) if number.use_for == UseFor::Nothing => None,
        (true, _) | (false, true) => Some(number.route.clone()),
        (false, false) => tenant.default_route.clone(),
    };
    Tenant { default_route, ..tenant.clone() }
}

async fn channel(member: &Member, named: &str) -> Result<IntegrationId, Problem> {
    let unknown = || Problem::at("/integration", "the tenant has no such channel");
    let id = parsed("/integration", IntegrationId::parse(named))?;
    let integration = member.scope().integration(&id).await?.ok_or_else(unknown)?;
    if integration.provider == domain::integration::Provider::Ghl {
        return Err(unknown());
    }
    Ok(id)
}

async fn tenant(member: &Member) -> Result<Row<Tenant>, Problem> {
    member.scope().tenant_row().await?.ok_or_else(|| Problem::not_found("tenant"))
}
