//! What waits for a person: looked at, tried again, or given up.

mod act;
mod effects;

use std::sync::Arc;

use aws::{Asked, Order, Position, Table, Waiting};
use axum::Json;
use domain::{
    delivery::Delivery,
    event::Stage,
    integration::Integration,
    quarantine::{Effect, QuarantineId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::tenants::text;
use crate::{
    Deps,
    asking::{Admin, Reader},
    list::{Listed, PageParams, opened, sealed},
    openapi::{ChangeRefusals, Refusals},
    problem::{Problem, parsed},
    read::{Input, Named, Params},
};
use act::Outcome;

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new()
        .routes(routes!(list_quarantine))
        .routes(routes!(read_quarantined))
        .routes(routes!(preview_replay))
        .routes(routes!(replay))
        .routes(routes!(discard))
}

/// As many as one request is about.
const MOST: usize = 100;

/// Something that waits for a person, or for something to be changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingView {
    #[schema(example = "event:evt_…")]
    id: String,
    /// `quarantined` (it could not be worked on), `in_doubt` (nobody knows whether it was sent),
    /// `given_up` (GoHighLevel would not be told) or `parked` (it waits for something to be changed).
    kind: &'static str,
    since: String,
    why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    integration: Option<String>,
    /// What trying again would do.
    #[schema(value_type = Vec<String>)]
    would: Vec<Effect>,
    /// Why it cannot be tried again, if it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_replayable: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ids {
    #[schema(min_items = 1, max_items = 100)]
    ids: Vec<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    #[schema(min_items = 1, max_items = 100)]
    ids: Vec<String>,
    /// How many of them in a minute. As fast as it goes, if nothing is said.
    #[schema(minimum = 1, maximum = 6000)]
    per_minute: Option<u32>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Discard {
    #[schema(min_items = 1, max_items = 100)]
    ids: Vec<String>,
    #[schema(min_length = 1, max_length = 500, pattern = r"\S")]
    reason: String,
}

/// What trying them all again would do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Preview {
    items: Vec<WaitingView>,
    texts_to_crm: usize,
    texts_sent: usize,
    opt_outs_changed: usize,
    reports_applied: usize,
    statuses_told: usize,
    /// Those that cannot be tried again, or are not there.
    not_replayable: usize,
}

/// What became of each.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Outcomes {
    items: Vec<Outcome>,
}

/// How far a list over both tables has come.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    is_state: bool,
    position: Option<Position>,
}

fn view(
    member: &crate::asking::Member,
    integrations: &[Integration],
    waiting: &Waiting,
) -> Option<WaitingView> {
    let (id, kind, since, why) = match waiting {
        Waiting::Event(row) => {
            let id = QuarantineId::Event(row.body.id.clone());
            match (&row.body.stage, &row.body.parked) {
                (Stage::Quarantined { at, why }, _) => (id, "quarantined", *at, why.clone()),
                (_, Some(parked)) => (id, "parked", parked.since, parked.until.explanation()),
                _ => return None,
            }
        }
        Waiting::Message(row) => {
            let id = QuarantineId::Message(row.body.id.clone());
            match (&row.body.delivery, &row.body.parked) {
                (Delivery::InDoubt { since }, _) => {
                    (id, "in_doubt", *since, "Nobody knows whether it was sent.".to_owned())
                }
                (_, Some(parked)) => (id, "parked", parked.since, parked.until.explanation()),
                _ => return None,
            }
        }
        Waiting::Telling(row) => {
            let id = QuarantineId::Telling(row.body.crm_message.clone());
            match (&row.body.given_up, &row.body.parked) {
                (Some(given_up), _) => (id, "given_up", given_up.at, given_up.why.clone()),
                (_, Some(parked)) => (id, "parked", parked.since, parked.until.explanation()),
                _ => return None,
            }
        }
        // They go on by themselves, with the CRM or the tenant: there is nothing to decide about them.
        Waiting::Standing(_) | Waiting::Copy(_) => return None,
    };
    let replayable = effects::would(member.now(), waiting, integrations);
    let (would, not_replayable) = match replayable {
        Ok(would) => (would, None),
        Err(why) => (Vec::new(), Some(why.to_owned())),
    };
    let (conversation, integration) = effects::about(&member.tenant, waiting);
    let (id, since) = (id.to_string(), since.to_string());
    Some(WaitingView { id, kind, since, why, conversation, integration, would, not_replayable })
}

/// What waits for a person, the oldest first
#[utoipa::path(
    get, path = "/v1/quarantine", tag = "Quarantine", params(PageParams),
    responses((status = 200, body = Listed<WaitingView>), Refusals)
)]
async fn list_quarantine(
    member: Reader,
    Params(params): Params<PageParams>,
) -> Result<Json<Listed<WaitingView>>, Problem> {
    let limit = params.limit()?;
    let integrations = member.scope().integrations().await?;
    let mut place: Place = match &params.cursor {
        Some(cursor) => opened(&member, "quarantine", cursor).await?,
        None => Place { is_state: false, position: None },
    };
    let mut items = Vec::new();
    let next = loop {
        let left = limit - i32::try_from(items.len()).unwrap_or(limit);
        if left <= 0 {
            break Some(place);
        }
        let asked = Asked { limit: left, after: place.position, order: Order::OldestFirst };
        let table = if place.is_state { Table::State } else { Table::Journal };
        let page = member.scope().waiting(table, asked).await?;
        items.extend(page.items.iter().filter_map(|it| view(&member, &integrations, it)));
        match page.next {
            Some(position) => break Some(Place { position: Some(position), ..place }),
            None if place.is_state => break None,
            None => place = Place { is_state: true, position: None },
        }
    };
    let next_cursor = match next {
        Some(place) => Some(sealed(&member, "quarantine", &place).await?),
        None => None,
    };
    Ok(Json(Listed { items, next_cursor }))
}

/// One thing that waits
#[utoipa::path(
    get, path = "/v1/quarantine/{id}", tag = "Quarantine", params(("id" = String, Path)),
    responses((status = 200, body = WaitingView), Refusals)
)]
async fn read_quarantined(member: Reader, Named(id): Named) -> Result<Json<WaitingView>, Problem> {
    let missing = || Problem::not_found("entry");
    let id: QuarantineId = id.parse().map_err(|_| missing())?;
    let waiting = act::find(&member, &id).await?.ok_or_else(missing)?;
    let integrations = member.scope().integrations().await?;
    view(&member, &integrations, &waiting).map(Json).ok_or_else(missing)
}

/// What trying them again would do. Nothing is done
#[utoipa::path(
    post, path = "/v1/quarantine/preview", tag = "Quarantine", request_body = Ids,
    params(crate::openapi::OnceHeader),
    responses((status = 200, body = Preview), ChangeRefusals)
)]
async fn preview_replay(
    member: Admin,
    Input(wanted): Input<Ids>,
) -> Result<Json<Preview>, Problem> {
    let integrations = member.scope().integrations().await?;
    let mut items = Vec::new();
    let mut missing = 0;
    for id in ids(&wanted.ids)? {
        let waiting = act::find(&member, &id).await?;
        match waiting.and_then(|it| view(&member, &integrations, &it)) {
            Some(view) => items.push(view),
            None => missing += 1,
        }
    }
    let count = |effect| items.iter().filter(|it| it.would.contains(&effect)).count();
    Ok(Json(Preview {
        texts_to_crm: count(Effect::AddText),
        texts_sent: count(Effect::SendText),
        opt_outs_changed: count(Effect::ChangeOptOut),
        reports_applied: count(Effect::ApplyReport),
        statuses_told: count(Effect::TellStatus),
        not_replayable: missing + items.iter().filter(|it| it.not_replayable.is_some()).count(),
        items,
    }))
}

/// Tries them again
///
/// What they do to the outside, they do under the ids that they had: what an earlier try did is found
/// and not done again. A message in doubt is only sent again where its carrier knows a repetition for
/// one.
#[utoipa::path(
    post, path = "/v1/quarantine/replay", tag = "Quarantine", request_body = Replay,
    params(crate::openapi::OnceHeader),
    responses((status = 200, body = Outcomes), ChangeRefusals)
)]
async fn replay(member: Admin, Input(wanted): Input<Replay>) -> Result<Json<Outcomes>, Problem> {
    if wanted.per_minute.is_some_and(|it| !(1..=6000).contains(&it)) {
        return Err(Problem::at("/per_minute", "it is from 1 to 6000"));
    }
    let ids = ids(&wanted.ids)?;
    Ok(Json(Outcomes { items: act::replay(&member, &ids, wanted.per_minute).await? }))
}

/// Gives them up
///
/// An event is done without effect, a message counts as failed, and GoHighLevel is not told of a
/// status.
#[utoipa::path(
    post, path = "/v1/quarantine/discard", tag = "Quarantine", request_body = Discard,
    params(crate::openapi::OnceHeader),
    responses((status = 200, body = Outcomes), ChangeRefusals)
)]
async fn discard(member: Admin, Input(wanted): Input<Discard>) -> Result<Json<Outcomes>, Problem> {
    let reason = text("/reason", &wanted.reason, 500)?;
    let ids = ids(&wanted.ids)?;
    Ok(Json(Outcomes { items: act::discard(&member, &ids, &reason).await? }))
}

fn ids(given: &[String]) -> Result<Vec<QuarantineId>, Problem> {
    if given.is_empty() || given.len() > MOST {
        return Err(Problem::at("/ids", format!("name 1 to {MOST}")));
    }
    let read = given.iter().enumerate();
    read.map(|(n, id)| parsed(&format!("/ids/{n}"), id.parse())).collect()
}
