//! Dead letters, for operators: what the queues gave up. The work itself is in the table, so nothing
//! is lost with a letter.

use std::sync::Arc;

use aws::{DeadLetter, Lane};
use axum::Json;
use domain::ids::TenantId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::tenants::{done, platform};
use crate::{
    Deps,
    asking::Operator,
    openapi::{ChangeRefusals, Refusals},
    problem::Problem,
    read::{Input, Params},
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new()
        .routes(routes!(list_dead_letters))
        .routes(routes!(redrive_dead_letters))
        .routes(routes!(count_waiting))
}

/// Seconds that a letter is out of sight after it was looked at, and while it is put back.
const LOOK: i32 = 1;
const HOLD: i32 = 60;

/// As many as one request puts back.
const MOST: u32 = 100;

/// A queue's dead letters.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Lanes {
    items: Vec<LaneView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LaneView {
    /// `inbound`, `outbound`, `reports` or `crm`.
    queue: String,
    /// About how many there are.
    count: u32,
    /// Up to ten of them.
    letters: Vec<LetterView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LetterView {
    id: String,
    /// How often it was handed out.
    tries: u32,
    /// The job. It is left out if it is none: then it may hold anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    job: Option<Value>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redrive {
    queue: QueueName,
    /// At most so many: 1 to 100.
    #[schema(minimum = 1, maximum = 100, default = 10)]
    limit: Option<u32>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum QueueName {
    Inbound,
    Outbound,
    Reports,
    Crm,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Redriven {
    put_back: u32,
}

/// What waits, of every tenant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingCounts {
    items: Vec<WaitingCount>,
    /// The tenant to go on after, if there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingCount {
    tenant: String,
    /// At most 2000 are counted.
    waiting: usize,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only this queue.
    queue: Option<QueueName>,
}

impl From<QueueName> for Lane {
    fn from(name: QueueName) -> Self {
        match name {
            QueueName::Inbound => Self::Inbound,
            QueueName::Outbound => Self::Outbound,
            QueueName::Reports => Self::Reports,
            QueueName::Crm => Self::Crm,
        }
    }
}

fn view(letter: &DeadLetter) -> LetterView {
    // A job names its tenant. What does not is none of ours, and may be anything.
    let job = serde_json::from_str::<Value>(&letter.body).ok();
    let is_job = |it: &Value| it["tenant"].as_str().is_some_and(|t| TenantId::parse(t).is_ok());
    let mut job = job.filter(is_job);
    if let Some(fields) = job.as_mut().and_then(Value::as_object_mut) {
        fields.remove("phone");
    }
    LetterView { id: letter.id.clone(), tries: letter.tries, job }
}

/// Dead letters of each queue. They stay where they are
#[utoipa::path(
    get, path = "/v1/dead-letters", tag = "Quarantine", params(Wanted),
    responses((status = 200, body = Lanes), Refusals)
)]
async fn list_dead_letters(
    operator: Operator,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Lanes>, Problem> {
    let lanes = match wanted.queue {
        Some(name) => vec![Lane::from(name)],
        None => vec![Lane::Inbound, Lane::Outbound, Lane::Reports, Lane::Crm],
    };
    let mut items = Vec::new();
    for lane in lanes {
        let count = operator.deps.dead_letters.count(lane).await?;
        let letters = operator.deps.dead_letters.look(lane, LOOK).await?;
        let letters = letters.iter().map(view).collect();
        items.push(LaneView { queue: lane.to_string(), count, letters });
    }
    Ok(Json(Lanes { items }))
}

/// Puts dead letters back on their queue
#[utoipa::path(
    post, path = "/v1/dead-letters/redrive", tag = "Quarantine", request_body = Redrive,
    params(crate::openapi::OnceHeader),
    responses((status = 200, body = Redriven), ChangeRefusals)
)]
async fn redrive_dead_letters(
    operator: Operator,
    Input(wanted): Input<Redrive>,
) -> Result<Json<Redriven>, Problem> {
    let limit = wanted.limit.unwrap_or(10);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::at("/limit", format!("it is from 1 to {MOST}")));
    }
    let lane = Lane::from(wanted.queue);
    let member = platform(&operator);
    let audit = member.audit("dead_letters.redrive", &lane);
    done(&member.scope().transaction().audit(&audit).commit().await?)?;

    let deps = &operator.deps;
    let mut put_back = 0;
    while put_back < limit {
        let letters = deps.dead_letters.look(lane, HOLD).await?;
        if letters.is_empty() {
            break;
        }
        for letter in letters.iter().take((limit - put_back) as usize) {
            deps.dead_letters.put_back(lane, letter, &deps.queues).await?;
            put_back += 1;
        }
    }
    Ok(Json(Redriven { put_back }))
}

/// How much waits for a person, tenant by tenant
#[utoipa::path(
    get, path = "/v1/quarantine-counts", tag = "Quarantine", params(crate::list::PageParams),
    responses((status = 200, body = WaitingCounts), Refusals)
)]
async fn count_waiting(
    operator: Operator,
    Params(params): Params<crate::list::PageParams>,
) -> Result<Json<WaitingCounts>, Problem> {
    let member = platform(&operator);
    let asked = params.asked(&member, "waiting", aws::Order::NewestFirst).await?;
    let page = operator.deps.store.tenants(asked).await?;
    let mut items = Vec::new();
    for tenant in &page.items {
        let waiting = operator.deps.store.count_parked(&tenant.id).await?;
        items.push(WaitingCount { tenant: tenant.id.to_string(), waiting });
    }
    let next_cursor = match &page.next {
        Some(position) => Some(crate::list::sealed(&member, "waiting", position).await?),
        None => None,
    };
    Ok(Json(WaitingCounts { items, next_cursor }))
}
