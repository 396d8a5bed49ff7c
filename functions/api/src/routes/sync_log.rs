//! The sync log: every operation with its true outcome.

use std::sync::Arc;

use aws::Order;
use axum::Json;
use domain::sync_log::{LogEntry, LogResult};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Deps,
    asking::Reader,
    list::{Listed, PageParams, listed},
    openapi::Refusals,
    problem::{Problem, parsed},
    read::Params,
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new().routes(routes!(list_sync_log))
}

/// One operation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogView {
    at: String,
    #[schema(example = "send")]
    operation: String,
    /// The id of what it was done to.
    subject: String,
    /// `success`, `deferred`, `failed`, `in_doubt` or `refused`.
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    integration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<u64>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// The day, in UTC. Today, if nothing is said.
    #[param(format = Date, example = "2026-01-31")]
    day: Option<String>,
    /// `newest` (the usual) or `oldest`.
    #[param(inline)]
    order: Option<OrderParam>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<i32>,
    cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OrderParam {
    Newest,
    Oldest,
}

fn view(entry: &LogEntry) -> LogView {
    let (result, why) = match &entry.result {
        LogResult::Success => ("success", None),
        LogResult::Deferred { why } => ("deferred", Some(why.clone())),
        LogResult::Failed { why } => ("failed", Some(why.clone())),
        LogResult::InDoubt { why } => ("in_doubt", Some(why.clone())),
        LogResult::Refused { why } => ("refused", Some(why.clone())),
    };
    LogView {
        at: entry.at.to_string(),
        operation: entry.operation.to_string(),
        subject: entry.subject.clone(),
        result,
        why,
        conversation: entry.conversation.as_ref().map(ToString::to_string),
        event: entry.event.as_ref().map(ToString::to_string),
        integration: entry.integration.as_ref().map(ToString::to_string),
        took_ms: entry.took_ms,
    }
}

/// What was done on one day
#[utoipa::path(
    get, path = "/v1/sync-log", tag = "Sync log", params(Wanted),
    responses((status = 200, body = Listed<LogView>), Refusals)
)]
async fn list_sync_log(
    member: Reader,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Listed<LogView>>, Problem> {
    let day = match &wanted.day {
        Some(day) => start(day)?,
        None => member.now(),
    };
    let order = match wanted.order {
        Some(OrderParam::Oldest) => Order::OldestFirst,
        Some(OrderParam::Newest) | None => Order::NewestFirst,
    };
    let params = PageParams { limit: wanted.limit, cursor: wanted.cursor };
    let list = format!("log#{}#{order:?}", day.to_zoned(TimeZone::UTC).date());
    let asked = params.asked(&member, &list, order).await?;
    let page = member.scope().log_of_day(day, asked).await?;
    Ok(Json(listed(&member, &list, page, |it| view(&it)).await?))
}

fn start(day: &str) -> Result<Timestamp, Problem> {
    let date: Option<Date> = day.parse().ok();
    let zoned = date.and_then(|it| it.to_zoned(TimeZone::UTC).ok());
    parsed("day", zoned.map(|it| it.timestamp()).ok_or("it is a day such as 2026-01-31"))
}
