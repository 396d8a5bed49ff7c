//! How an integration is doing.

use aws::Asked;
use domain::{
    integration::{Integration, Status},
    sync_log::{LogEntry, LogResult, Operation},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::consent::{self, TokenView};
use crate::{asking::Member, problem::Problem};

/// Lines of today's sync log that are looked at.
const LINES: i32 = 500;

/// How an integration is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`, `failing` or `off`.
    verdict: &'static str,
    status: String,
    /// When it was last tried, and whether it worked.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_test_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_test_ok: Option<bool>,
    /// When it last told us something.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_webhook_at: Option<String>,
    /// When something last worked with it today (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success_at: Option<String>,
    /// What last went wrong with it today (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<LastError>,
    /// Milliseconds that its calls of today took: half of them less, and the slowest of twenty.
    #[serde(skip_serializing_if = "Option::is_none")]
    median_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p95_ms: Option<u64>,
    /// Whether it asked to be left alone, when it was tried last.
    rate_limited: bool,
    /// Items of the tenant's that wait for a person, or for an integration.
    parked: usize,
    /// How fresh the token is, if somebody consented to the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<TokenView>,
    /// What somebody has to do so that it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LastError {
    at: String,
    operation: String,
    why: String,
}

pub(crate) async fn health(member: &Member, integration: &Integration) -> Result<Health, Problem> {
    let scope = member.scope();
    let webhook = scope.events(&integration.id, Asked::newest(1)).await?.items.pop();
    let log = scope.log_of_day(member.now(), Asked::newest(LINES)).await?.items;
    let ours: Vec<_> =
        log.iter().filter(|it| it.integration.as_ref() == Some(&integration.id)).collect();
    let tested = integration.tested.as_ref();
    let fault = tested.and_then(|it| it.fault.as_ref());
    let (median_ms, p95_ms) = quantiles(&ours);
    let consent = consent::of(member, integration).await?;
    Ok(Health {
        verdict: match (integration.status, fault) {
            (Status::Disconnected, _) => "off",
            (Status::Active, None) => "ok",
            (Status::Active | Status::Pending | Status::Error, _) => "failing",
        },
        status: integration.status.to_string(),
        last_test_at: tested.map(|it| it.at.to_string()),
        last_test_ok: tested.map(|it| it.fault.is_none()),
        last_webhook_at: webhook.map(|it| it.received_at.to_string()),
        last_success_at: ours
            .iter()
            .find(|it| it.result == LogResult::Success)
            .map(|it| it.at.to_string()),
        last_error: ours.iter().find_map(|it| error(it)),
        median_ms,
        p95_ms,
        rate_limited: fault
            .is_some_and(|it| it.code == domain::integration::FaultCode::RateLimitExceeded),
        parked: member.deps.store.count_parked(&member.tenant).await?,
        advice: consent.as_ref().and_then(|it| it.advice),
        token: consent.map(|it| it.token),
    })
}

fn error(entry: &LogEntry) -> Option<LastError> {
    if entry.operation == Operation::ApplyCrmEvent
        && matches!(entry.result, LogResult::Deferred { .. })
    {
        return None; // It waits a minute to be known for our own, or for the connection.
    }
    let why = match &entry.result {
        LogResult::Success | LogResult::Refused { .. } => return None,
        LogResult::Deferred { why } | LogResult::Failed { why } | LogResult::InDoubt { why } => why,
    };
    let (at, operation) = (entry.at.to_string(), entry.operation.to_string());
    Some(LastError { at, operation, why: why.clone() })
}

fn quantiles(log: &[&LogEntry]) -> (Option<u64>, Option<u64>) {
    let mut took: Vec<_> = log.iter().filter_map(|it| it.took_ms).collect();
    took.sort_unstable();
    let at = |percent: usize| took.get((took.len().max(1) - 1) * percent / 100).copied();
    (at(50), at(95))
}
