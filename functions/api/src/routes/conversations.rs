//! Conversations, by the time something was last said in them.

use std::sync::Arc;

use aws::{Order, Row, StoreError};
use axum::Json;
use domain::{conversation::Conversation, ids::ConversationId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::messages::{MessageView, in_conversation};
use crate::{
    Deps,
    asking::{Agent, Member, Reader},
    list::{Listed, PageParams, listed},
    openapi::{ChangeRefusals, Refusals},
    problem::Problem,
    read::{Named, Params},
    version::Versioned,
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new()
        .routes(routes!(list_conversations))
        .routes(routes!(read_conversation))
        .routes(routes!(list_conversation_messages))
        .routes(routes!(mark_read))
}

/// How often a conversation is read again that changes while it is being marked.
const TRIES: u32 = 4;

/// Everything said between the tenant and one phone: its latest standing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationView {
    id: String,
    phone: String,
    /// Where the last text came in or went out. Replies take the same way.
    number: String,
    integration: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crm_conversation_id: Option<String>,
    last_at: String,
    /// Whether the person said something that nobody has read.
    unread: bool,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only those with something that nobody has read. A page may then be short, or empty, and not be
    /// the last.
    unread: Option<bool>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<i32>,
    cursor: Option<String>,
}

pub(crate) fn view(conversation: &Conversation) -> ConversationView {
    ConversationView {
        id: conversation.id.to_string(),
        phone: conversation.phone.as_str().to_owned(),
        number: conversation.route.number.as_str().to_owned(),
        integration: conversation.route.channel.to_string(),
        contact: conversation.contact.as_ref().map(ToString::to_string),
        crm_conversation_id: conversation.crm_conversation.as_ref().map(ToString::to_string),
        last_at: conversation.last_at.to_string(),
        unread: conversation.is_unread(),
    }
}

/// Conversations, the latest first
#[utoipa::path(
    get, path = "/v1/conversations", tag = "Messages", params(Wanted),
    responses((status = 200, body = Listed<ConversationView>), Refusals)
)]
async fn list_conversations(
    member: Reader,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Listed<ConversationView>>, Problem> {
    let params = PageParams { limit: wanted.limit, cursor: wanted.cursor };
    let asked = params.asked(&member, "conversations", Order::NewestFirst).await?;
    let mut page = member.scope().conversations(asked).await?;
    if wanted.unread == Some(true) {
        page.items.retain(Conversation::is_unread);
    }
    Ok(Json(listed(&member, "conversations", page, |it| view(&it)).await?))
}

/// One conversation
#[utoipa::path(
    get, path = "/v1/conversations/{conversation}", tag = "Messages",
    params(("conversation" = String, Path)),
    responses((status = 200, body = ConversationView), Refusals)
)]
async fn read_conversation(
    member: Reader,
    Named(id): Named,
) -> Result<Versioned<ConversationView>, Problem> {
    let row = load(&member, &id).await?;
    Ok(Versioned::of(&row, view(&row.body)))
}

/// What was said in it, the newest first
#[utoipa::path(
    get, path = "/v1/conversations/{conversation}/messages", tag = "Messages",
    params(("conversation" = String, Path), PageParams),
    responses((status = 200, body = Listed<MessageView>), Refusals)
)]
async fn list_conversation_messages(
    member: Reader,
    Named(id): Named,
    Params(params): Params<PageParams>,
) -> Result<Json<Listed<MessageView>>, Problem> {
    let row = load(&member, &id).await?;
    in_conversation(&member, &row.body.id, &params).await.map(Json)
}

/// Says that somebody has read it
#[utoipa::path(
    post, path = "/v1/conversations/{conversation}/read", tag = "Messages",
    params(("conversation" = String, Path), crate::openapi::OnceHeader),
    responses((status = 200, body = ConversationView), ChangeRefusals)
)]
async fn mark_read(
    member: Agent,
    Named(id): Named,
) -> Result<Versioned<ConversationView>, Problem> {
    for _ in 0..TRIES {
        let row = load(&member, &id).await?;
        let next = Conversation { read_until: Some(member.now()), ..row.body.clone() };
        match member.scope().replace_conversation(&row, &next).await {
            Ok(()) => {
                let row = row.next(next);
                return Ok(Versioned::of(&row, view(&row.body)));
            }
            Err(StoreError::Conflict) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Err(Problem::changed())
}

pub(crate) async fn load(member: &Member, id: &str) -> Result<Row<Conversation>, Problem> {
    let missing = || Problem::not_found("conversation");
    let id = ConversationId::parse(id).map_err(|_| missing())?;
    member.scope().conversation(&id).await?.ok_or_else(missing)
}
