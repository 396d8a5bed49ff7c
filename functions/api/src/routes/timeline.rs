//! Why did this person get this text? Everything that happened in a conversation, in one list: what
//! came in, what was decided, whom we called and how long they took.

use std::{collections::BTreeSet, sync::Arc};

use aws::{Order, Scope, StoreError};
use axum::Json;
use domain::{
    ids::{EventId, MessageId},
    sync_log::{LogEntry, LogResult},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::conversations::load;
use crate::{
    Deps,
    asking::Reader,
    list::{Listed, PageParams, listed},
    openapi::Refusals,
    problem::Problem,
    read::{Named, Params},
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new().routes(routes!(read_timeline))
}

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Moment {
    at: String,
    /// `webhook` (somebody told us), `message` (a text was written), or what was done: `add_inbound`,
    /// `send`, `record_report`, `tell_status`, `tell_standing`, `opt_out`.
    what: String,
    /// What it was about: an event, a message, a conversation.
    subject: String,
    /// `success`, `deferred`, `failed`, `in_doubt` or `refused`; for a webhook how far its work has
    /// come, for a message its status.
    result: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    integration: Option<String>,
    /// Milliseconds that the other side took.
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<u64>,
    /// Milliseconds since what happened before it in this list.
    #[serde(skip_serializing_if = "Option::is_none")]
    after_ms: Option<i64>,
    /// What was posted to us, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/v1/events/evt_…")]
    raw: Option<String>,
    #[serde(skip)]
    when: Timestamp,
}

/// What happened in a conversation, the newest first
///
/// An event or a message can stand on two pages, where what was done about it does.
#[utoipa::path(
    get, path = "/v1/conversations/{conversation}/timeline", tag = "Messages",
    params(("conversation" = String, Path), PageParams),
    responses((status = 200, body = Listed<Moment>), Refusals)
)]
async fn read_timeline(
    member: Reader,
    Named(id): Named,
    Params(params): Params<PageParams>,
) -> Result<Json<Listed<Moment>>, Problem> {
    let conversation = load(&member, &id).await?.body.id;
    let list = format!("timeline#{conversation}");
    let asked = params.asked(&member, &list, Order::NewestFirst).await?;
    let page = member.scope().log_of_conversation(&conversation, asked).await?;
    let mut more = causes(member.scope(), &page.items).await?;
    let mut answer = listed(&member, &list, page, |it| done(&it)).await?;
    answer.items.append(&mut more);
    answer.items.sort_by_key(|it| std::cmp::Reverse((it.when, rank(&it.what))));
    for n in 1..answer.items.len() {
        let before = answer.items[n].when;
        let later = &mut answer.items[n - 1];
        later.after_ms = i64::try_from(later.when.duration_since(before).as_millis()).ok();
    }
    Ok(Json(answer))
}

/// What comes first of what happened in one moment: causes before what followed from them.
fn rank(what: &str) -> usize {
    const ORDER: [&str; 6] =
        ["webhook", "message", "opt_out", "add_inbound", "send", "record_report"];
    ORDER.iter().position(|it| *it == what).unwrap_or(ORDER.len())
}

fn done(entry: &LogEntry) -> Moment {
    let (result, why) = match &entry.result {
        LogResult::Success => ("success", None),
        LogResult::Deferred { why } => ("deferred", Some(why.clone())),
        LogResult::Failed { why } => ("failed", Some(why.clone())),
        LogResult::InDoubt { why } => ("in_doubt", Some(why.clone())),
        LogResult::Refused { why } => ("refused", Some(why.clone())),
    };
    Moment {
        at: entry.at.to_string(),
        what: entry.operation.to_string(),
        subject: entry.subject.clone(),
        result: result.to_owned(),
        why,
        integration: entry.integration.as_ref().map(ToString::to_string),
        took_ms: entry.took_ms,
        after_ms: None,
        raw: entry.event.as_ref().map(raw),
        when: entry.at,
    }
}

/// What the lines of the log are about: deliveries from outside, and messages.
async fn causes(scope: Scope<'_>, log: &[LogEntry]) -> Result<Vec<Moment>, StoreError> {
    let events: BTreeSet<_> = log.iter().filter_map(|it| it.event.clone()).collect();
    let messages = log.iter().filter(|it| it.subject.starts_with("msg_"));
    let messages: BTreeSet<_> =
        messages.filter_map(|it| MessageId::parse(&it.subject).ok()).collect();
    let mut moments = Vec::new();
    for id in events {
        let Some(row) = scope.event(&id).await? else { continue };
        let view = super::events::view(&row.body);
        moments.push(Moment {
            at: row.body.received_at.to_string(),
            what: "webhook".to_owned(),
            subject: id.to_string(),
            result: view.stage().to_owned(),
            why: None,
            integration: Some(row.body.integration.to_string()),
            took_ms: None,
            after_ms: None,
            raw: Some(raw(&id)),
            when: row.body.received_at,
        });
    }
    for id in messages {
        let Some(row) = scope.message(&id).await? else { continue };
        moments.push(Moment {
            at: row.body.created_at.to_string(),
            what: "message".to_owned(),
            subject: id.to_string(),
            result: row.body.delivery.status().to_owned(),
            why: None,
            integration: row.body.route.as_ref().map(|it| it.channel.to_string()),
            took_ms: None,
            after_ms: None,
            raw: None,
            when: row.body.created_at,
        });
    }
    Ok(moments)
}

fn raw(event: &EventId) -> String {
    format!("/v1/events/{event}")
}
