//! Tenants: for operators all of them, for everybody else their own.

mod lifecycle;

use std::sync::Arc;

use aws::{Commit, Order, Row, once::was_done};
use axum::{Json, http::HeaderMap};
use domain::{
    ids::TenantId,
    keyword::{ExtraKeywords, Keyword},
    tenant::{Answers, Tenant, TenantState},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Deps,
    asking::{Admin, Member, Operator, Reader, seen},
    list::{Listed, PageParams, listed},
    openapi::{ChangeRefusals, Refusals},
    problem::{Code, Problem, parsed},
    read::{Input, Named, Params, object},
    version::{Versioned, expect},
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new()
        .routes(routes!(list_tenants, create_tenant))
        .routes(routes!(read_tenant, change_tenant, lifecycle::delete_tenant))
        .routes(routes!(lifecycle::suspend_tenant))
        .routes(routes!(lifecycle::resume_tenant))
        .routes(routes!(read_own_tenant, change_own_tenant))
}

/// A business and how it is served.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TenantView {
    #[schema(example = "acme")]
    id: String,
    /// `active`, `suspended` or `deleted`.
    state: &'static str,
    /// Since when it is suspended or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// Why it is suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    created_at: String,
    /// The name its customers know.
    brand: String,
    /// How its customers reach a person: named in the answer to HELP.
    support: String,
    /// The integration that is its CRM.
    #[serde(skip_serializing_if = "Option::is_none")]
    crm: Option<String>,
    keywords: Keywords,
    answers: AnswerTexts,
}

/// Words that mean STOP, START or HELP beside the usual ones.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Keywords {
    stop: Vec<String>,
    start: Vec<String>,
    help: Vec<String>,
}

/// The tenant's own words for the answers to keywords. What is not given is answered as usual.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AnswerTexts {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 320, pattern = r"\S")]
    stop: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 320, pattern = r"\S")]
    start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 320, pattern = r"\S")]
    help: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTenant {
    /// 1 to 64 letters, digits, `-` and `_`, and not `_` at the beginning. It cannot be changed.
    #[schema(example = "acme", pattern = "^[A-Za-z0-9-][A-Za-z0-9_-]{0,63}$")]
    id: String,
    #[schema(example = "Acme Dental", min_length = 1, max_length = 60, pattern = r"\S")]
    brand: String,
    #[schema(example = "help@acme.example", min_length = 1, max_length = 120, pattern = r"\S")]
    support: String,
}

/// What is to change. What is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantChange {
    #[schema(min_length = 1, max_length = 60, pattern = r"\S")]
    brand: Option<String>,
    #[schema(min_length = 1, max_length = 120, pattern = r"\S")]
    support: Option<String>,
    #[serde(default, deserialize_with = "object")]
    keywords: Option<Keywords>,
    #[serde(default, deserialize_with = "object")]
    answers: Option<AnswerTexts>,
}

pub(crate) fn view(tenant: &Tenant) -> TenantView {
    let (state, since, reason) = match &tenant.state {
        TenantState::Active => ("active", None, None),
        TenantState::Suspended { since, why } => ("suspended", Some(since), Some(why.clone())),
        TenantState::Deleted { since, .. } => ("deleted", Some(since), None),
    };
    let words = |keyword| tenant.extra_keywords.words(keyword).to_vec();
    TenantView {
        id: tenant.id.to_string(),
        state,
        since: since.map(ToString::to_string),
        reason,
        created_at: tenant.created_at.to_string(),
        brand: tenant.brand.clone(),
        support: tenant.support.clone(),
        crm: tenant.crm.as_ref().map(ToString::to_string),
        keywords: Keywords {
            stop: words(Keyword::Stop),
            start: words(Keyword::Start),
            help: words(Keyword::Help),
        },
        answers: AnswerTexts {
            stop: tenant.answers.stop.clone(),
            start: tenant.answers.start.clone(),
            help: tenant.answers.help.clone(),
        },
    }
}

/// All tenants, the newest first
#[utoipa::path(
    get, path = "/v1/tenants", tag = "Tenants", params(PageParams),
    responses((status = 200, body = Listed<TenantView>), Refusals)
)]
async fn list_tenants(
    operator: Operator,
    Params(params): Params<PageParams>,
) -> Result<Json<Listed<TenantView>>, Problem> {
    let member = platform(&operator);
    let asked = params.asked(&member, "tenants", Order::NewestFirst).await?;
    let page = operator.deps.store.tenants(asked).await?;
    Ok(Json(listed(&member, "tenants", page, |it| view(&it)).await?))
}

/// A new tenant
#[utoipa::path(
    post, path = "/v1/tenants", tag = "Tenants", request_body = NewTenant,
    params(crate::openapi::OnceHeader),
    responses((status = 201, body = TenantView), ChangeRefusals)
)]
async fn create_tenant(
    operator: Operator,
    Input(new): Input<NewTenant>,
) -> Result<Versioned<TenantView>, Problem> {
    let id = parsed("/id", TenantId::parse(&new.id))?;
    if id.is_reserved() {
        return Err(Problem::at("/id", "it does not begin with `_`"));
    }
    let member = operator.of(id.as_str())?;
    let brand = text("/brand", &new.brand, 60)?;
    let support = text("/support", &new.support, 120)?;
    let tenant = Tenant::new(id.clone(), brand, support, operator.now());
    let mut entry = member.audit("tenant.create", &id);
    entry.after = seen(&tenant);
    let transaction = member.once(member.scope().transaction().add_tenant(&tenant).audit(&entry));
    match transaction.commit().await? {
        Commit::Done => Ok(Versioned::created(1, view(&tenant))),
        Commit::Refused(conditions) if was_done(&conditions) => {
            let row = load(&member).await?;
            Ok(Versioned::created(row.version(), view(&row.body)))
        }
        Commit::Refused(_) => {
            let detail = format!("There is a tenant {id} already.");
            Err(Problem::new(Code::AlreadyExists, detail))
        }
    }
}

/// One tenant
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}", tag = "Tenants", params(("tenant" = String, Path)),
    responses((status = 200, body = TenantView), Refusals)
)]
async fn read_tenant(
    operator: Operator,
    Named(id): Named,
) -> Result<Versioned<TenantView>, Problem> {
    let row = load(&operator.of(&id)?).await?;
    Ok(Versioned::of(&row, view(&row.body)))
}

/// Changes a tenant
#[utoipa::path(
    patch, path = "/v1/tenants/{tenant}", tag = "Tenants", request_body = TenantChange,
    params(("tenant" = String, Path), crate::openapi::MatchHeader),
    responses((status = 200, body = TenantView), ChangeRefusals)
)]
async fn change_tenant(
    operator: Operator,
    Named(id): Named,
    headers: HeaderMap,
    Input(wanted): Input<TenantChange>,
) -> Result<Versioned<TenantView>, Problem> {
    change(&operator.of(&id)?, &headers, wanted).await
}

/// The caller's own tenant
#[utoipa::path(
    get, path = "/v1/tenant", tag = "Tenants",
    responses((status = 200, body = TenantView), Refusals)
)]
async fn read_own_tenant(member: Reader) -> Result<Versioned<TenantView>, Problem> {
    let row = load(&member).await?;
    Ok(Versioned::of(&row, view(&row.body)))
}

/// Changes the caller's own tenant
#[utoipa::path(
    patch, path = "/v1/tenant", tag = "Tenants", request_body = TenantChange,
    params(crate::openapi::MatchHeader),
    responses((status = 200, body = TenantView), ChangeRefusals)
)]
async fn change_own_tenant(
    member: Admin,
    headers: HeaderMap,
    Input(wanted): Input<TenantChange>,
) -> Result<Versioned<TenantView>, Problem> {
    change(&member, &headers, wanted).await
}

/// Has everything looked at that is parked. The work is stored; this makes it fast.
pub(crate) async fn resume(member: &Member) {
    let job = domain::resumption::Resumption::job(&member.tenant);
    member.deps.queues.reports.offer(&job, member.now()).await;
}

async fn change(
    member: &Member,
    headers: &HeaderMap,
    wanted: TenantChange,
) -> Result<Versioned<TenantView>, Problem> {
    let row = load(member).await?;
    expect(headers, &row)?;
    let next = changed(row.body.clone(), wanted)?;
    let mut entry = member.audit("tenant.change", &member.tenant);
    (entry.before, entry.after) = (seen(&row.body), seen(&next));
    let transaction = member.scope().transaction().replace_tenant(&row, &next).audit(&entry);
    done(&transaction.commit().await?)?;
    let row = row.next(next);
    Ok(Versioned::of(&row, view(&row.body)))
}

fn changed(tenant: Tenant, wanted: TenantChange) -> Result<Tenant, Problem> {
    let mut next = tenant;
    if let Some(brand) = &wanted.brand {
        next.brand = text("/brand", brand, 60)?;
    }
    if let Some(support) = &wanted.support {
        next.support = text("/support", support, 120)?;
    }
    if let Some(words) = &wanted.keywords {
        let keywords = ExtraKeywords::parse(&words.stop, &words.start, &words.help);
        next.extra_keywords = parsed("/keywords", keywords)?;
    }
    if let Some(answers) = wanted.answers {
        next.answers = Answers {
            stop: optional("/answers/stop", answers.stop)?,
            start: optional("/answers/start", answers.start)?,
            help: optional("/answers/help", answers.help)?,
        };
    }
    Ok(next)
}

fn optional(path: &str, given: Option<String>) -> Result<Option<String>, Problem> {
    given.map(|it| text(path, &it, 320)).transpose()
}

/// A text that is not empty and not too long.
pub(crate) fn text(path: &str, given: &str, longest: usize) -> Result<String, Problem> {
    let trimmed = given.trim();
    if trimmed.is_empty() || trimmed.chars().count() > longest {
        return Err(Problem::at(path, format!("it has 1 to {longest} characters")));
    }
    Ok(trimmed.to_owned())
}

async fn load(member: &Member) -> Result<Row<Tenant>, Problem> {
    let row = member.scope().tenant_row().await?;
    row.ok_or_else(|| Problem::not_found("tenant"))
}

/// An operator looking at what belongs to no tenant.
pub(crate) fn platform(operator: &Operator) -> Member {
    Member {
        asking: operator.asking.clone(),
        tenant: TenantId::platform(),
        deps: Arc::clone(&operator.deps),
    }
}

pub(crate) fn done(commit: &Commit) -> Result<(), Problem> {
    match commit {
        Commit::Done => Ok(()),
        Commit::Refused(_) => Err(Problem::changed()),
    }
}
