//! Messages: sent, looked at, and taken back before they leave.

mod once;

use std::sync::Arc;

use app::{Advance, step};
use aws::{Order, Row, StoreError};
use axum::{Json, http::StatusCode};
use domain::{
    audit::AuditEntry,
    conversation::Route,
    delivery::{Delivery, Event},
    failure::{Failure, Reason},
    ids::{ConversationId, MessageId},
    message::{Message, Purpose, REPLY_KEEPS},
    phone::{PhoneNumber, Region},
    segments::Limits,
    sync_log::{LogEntry, LogResult, Operation},
    text::{MEDIA_LIMIT, MediaUrl, MessageText},
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{keys::future, opt_outs::refusal};
use crate::{
    Deps,
    asking::{Agent, Member, Reader, seen},
    list::{Listed, PageParams, listed},
    openapi::{ChangeRefusals, Refusals},
    problem::{Code, Problem, parsed},
    read::{Input, Named, Params},
    version::Versioned,
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new()
        .routes(routes!(send_message, list_messages))
        .routes(routes!(read_message))
        .routes(routes!(cancel_message))
}

/// The farthest that a send may be planned ahead.
const FARTHEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// How often a message is read again that changes while it is being cancelled.
const TRIES: u32 = 4;

/// One text, in or out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageView {
    pub(crate) id: String,
    conversation: String,
    /// `inbound` or `outbound`.
    direction: &'static str,
    /// Why it exists: `inbound`, `reply`, `api`, `stop_confirmation`, `start_confirmation`,
    /// `help_reply`, or `mirrored` if GoHighLevel sent it by a way of its own.
    purpose: String,
    /// By what way it went: `sms`, `email` or `whats_app`.
    medium: String,
    /// `received`, `queued`, `dispatching`, `in_doubt`, `accepted`, `sent`, `delivered`, `read`,
    /// `failed` or `cancelled`.
    status: &'static str,
    /// The person's number. It is `+9990000000` where the person was erased.
    phone: String,
    /// Our number, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    integration: Option<String>,
    text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    media: Vec<String>,
    /// Parts that it is cut into, and billed as.
    segments: u32,
    created_at: String,
    /// When it is to be sent, or looked at next.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<String>,
    /// After this it is not sent any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    send_by: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView>,
    /// What it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    parked: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crm_message_id: Option<String>,
    /// Who asked for it through the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_by: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailureView {
    #[schema(example = "opted_out")]
    reason: String,
    /// The carrier's own code, or ours.
    code: String,
    explanation: &'static str,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMessage {
    /// A number with its country code, or a North American one.
    #[schema(example = "+12125550123", format = "phone")]
    to: String,
    /// At most 1600 characters and 10 segments. It may be empty if there is media.
    #[serde(default)]
    #[schema(example = "Your table is ready.")]
    text: String,
    /// Addresses of pictures or files: `https`, at most ten.
    #[serde(default)]
    #[schema(required = false, max_items = 10)]
    media: Vec<String>,
    /// One of the tenant's numbers. Without it, the number that the person was texted from before, or
    /// else one of the pool.
    #[schema(example = "+14155550100", format = "phone")]
    from: Option<String>,
    /// When to send it. At once, if nothing is said.
    #[schema(format = DateTime)]
    send_at: Option<String>,
    /// After this it is not sent any more. Four hours after it was to be sent, if nothing is said.
    #[schema(format = DateTime)]
    send_by: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// A conversation's id. Give this or `phone`.
    conversation: Option<String>,
    /// A person's number.
    #[param(format = "phone")]
    phone: Option<String>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<i32>,
    cursor: Option<String>,
}

pub(crate) fn view(message: &Message) -> MessageView {
    let failure = match &message.delivery {
        Delivery::Failed { failure, .. } => Some(FailureView {
            reason: failure.reason.to_string(),
            code: failure.code.clone(),
            explanation: failure.explanation(),
        }),
        _ => None,
    };
    let is_inbound = message.purpose == Purpose::Inbound;
    MessageView {
        id: message.id.to_string(),
        conversation: message.conversation.to_string(),
        direction: if is_inbound { "inbound" } else { "outbound" },
        purpose: message.purpose.to_string(),
        medium: message.medium.to_string(),
        status: message.delivery.status(),
        phone: message.phone.as_str().to_owned(),
        number: message.route.as_ref().map(|it| it.number.as_str().to_owned()),
        integration: message.route.as_ref().map(|it| it.channel.to_string()),
        text: message.text.as_str().to_owned(),
        media: message.media.iter().map(|it| it.as_str().to_owned()).collect(),
        segments: message.segments,
        created_at: message.created_at.to_string(),
        due_at: message.due.map(|it| it.to_string()),
        send_by: message.send_by.map(|it| it.to_string()),
        failure,
        parked: message.parked.as_ref().map(|it| it.until.explanation()),
        provider_message_id: message.provider_message.as_ref().map(ToString::to_string),
        crm_message_id: message.crm_message.as_ref().map(ToString::to_string),
        asked_by: message.asked_by.clone(),
    }
}

/// Sends a text, at once or later
///
/// The header `Idempotency-Key` is needed: the same key is the same text, and is sent once. Who has
/// opted out is not texted; the registry is asked again in the moment in which it leaves. A text that
/// is planned leaves within ninety seconds of its time.
#[utoipa::path(
    post, path = "/v1/messages", tag = "Messages", request_body = NewMessage,
    params(crate::openapi::NeededOnceHeader),
    responses((status = 202, body = MessageView), ChangeRefusals)
)]
async fn send_message(
    member: Agent,
    Input(new): Input<NewMessage>,
) -> Result<Versioned<MessageView>, Problem> {
    let Some(key) = member.asking.key.clone() else {
        let detail = "Send the header Idempotency-Key, so that a repetition does not text twice.";
        return Err(Problem::new(Code::IdempotencyKeyRequired, detail));
    };
    let message = planned(&member, new, &key).await?;
    let standing = member.scope().opt_out(&message.phone).await?;
    if let Some(row) = standing.filter(|it| it.body.active) {
        return Err(refusal(&row.body));
    }
    let row = once::stored(&member, message, &key).await?;
    Ok(Versioned { status: StatusCode::ACCEPTED, ..Versioned::of(&row, view(&row.body)) })
}

async fn planned(member: &Member, new: NewMessage, key: &str) -> Result<Message, Problem> {
    let now = member.now();
    let phone = parsed("/to", PhoneNumber::parse(&new.to, Some(Region::US)))?;
    let media = media(&new.media)?;
    if new.text.is_empty() && media.is_empty() {
        return Err(Problem::at("/text", "a text needs words or media"));
    }
    parsed("/text", Limits::USUAL.check(&new.text))?;
    let send_at = match &new.send_at {
        Some(at) => future("/send_at", at, now)?,
        None => now,
    };
    if send_at > now + FARTHEST {
        return Err(Problem::at("/send_at", "it is at most 366 days ahead"));
    }
    let send_by = match &new.send_by {
        Some(by) => future("/send_by", by, send_at)?,
        None => send_at + REPLY_KEEPS,
    };
    let route = match &new.from {
        Some(from) => Some(route(member, from).await?),
        None => None,
    };
    let who = &member.asking.caller.subject;
    let id = MessageId::asked_for(&member.tenant, who, key, 0);
    let text = MessageText::new(new.text);
    let message = Message::outgoing(id, &member.tenant, Purpose::Api, phone, text, now);
    Ok(Message {
        media,
        route,
        due: Some(send_at),
        send_by: Some(send_by),
        asked_by: Some(who.clone()),
        ..message
    })
}

fn media(urls: &[String]) -> Result<Vec<MediaUrl>, Problem> {
    if urls.len() > MEDIA_LIMIT {
        return Err(Problem::at("/media", format!("there are at most {MEDIA_LIMIT}")));
    }
    let read = urls.iter().enumerate();
    read.map(|(n, url)| parsed(&format!("/media/{n}"), MediaUrl::parse(url))).collect()
}

/// The way to send from one of the tenant's numbers.
async fn route(member: &Member, from: &str) -> Result<Route, Problem> {
    let number = parsed("/from", PhoneNumber::parse(from, Some(Region::US)))?;
    if let Some(row) = member.scope().number(&number).await? {
        return Ok(row.body.route);
    }
    let tenant = member.scope().tenant_row().await?;
    let usual = tenant.and_then(|it| it.body.default_route).filter(|it| it.number == number);
    usual.ok_or_else(|| Problem::at("/from", "it is none of the tenant's numbers"))
}

/// What was said in a conversation, the newest first
#[utoipa::path(
    get, path = "/v1/messages", tag = "Messages", params(Wanted),
    responses((status = 200, body = Listed<MessageView>), Refusals)
)]
async fn list_messages(
    member: Reader,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Listed<MessageView>>, Problem> {
    let conversation = match (&wanted.conversation, &wanted.phone) {
        (Some(id), None) => parsed("conversation", ConversationId::parse(id))?,
        (None, Some(phone)) => {
            let phone = parsed("phone", PhoneNumber::parse(phone, Some(Region::US)))?;
            ConversationId::with(&member.tenant, &phone)
        }
        _ => return Err(Problem::at("conversation", "give either this or `phone`")),
    };
    let params = PageParams { limit: wanted.limit, cursor: wanted.cursor };
    in_conversation(&member, &conversation, &params).await.map(Json)
}

pub(crate) async fn in_conversation(
    member: &Member,
    conversation: &ConversationId,
    params: &PageParams,
) -> Result<Listed<MessageView>, Problem> {
    let list = format!("messages#{conversation}");
    let asked = params.asked(member, &list, Order::NewestFirst).await?;
    let page = member.scope().messages(conversation, asked).await?;
    listed(member, &list, page, |it| view(&it)).await
}

/// One message
#[utoipa::path(
    get, path = "/v1/messages/{message}", tag = "Messages", params(("message" = String, Path)),
    responses((status = 200, body = MessageView), Refusals)
)]
async fn read_message(member: Reader, Named(id): Named) -> Result<Versioned<MessageView>, Problem> {
    let row = load(&member, &id).await?;
    Ok(Versioned::of(&row, view(&row.body)))
}

/// Takes a message back that has not left yet. This is final
#[utoipa::path(
    post, path = "/v1/messages/{message}/cancel", tag = "Messages",
    params(("message" = String, Path), crate::openapi::OnceHeader),
    responses((status = 200, body = MessageView), ChangeRefusals)
)]
async fn cancel_message(
    member: Agent,
    Named(id): Named,
) -> Result<Versioned<MessageView>, Problem> {
    for _ in 0..TRIES {
        let row = load(&member, &id).await?;
        if row.body.delivery.status() == "cancelled" {
            return Ok(Versioned::of(&row, view(&row.body)));
        }
        match cancelled(&member, &row).await {
            // Seen in the next try.
            Ok(true) | Err(StoreError::Conflict) => {}
            Ok(false) => {
                let detail = format!("It is {} already.", row.body.delivery.status());
                return Err(Problem::state(detail));
            }
            Err(e) => return Err(e.into()),
        }
    }
    Err(Problem::changed())
}

/// Takes a message back, unless it has left.
pub(crate) async fn cancelled(member: &Member, row: &Row<Message>) -> Result<bool, StoreError> {
    cancelled_as(member, row, member.audit("message.cancel", &row.body.id)).await
}

/// The same with a line of its own in the audit log.
pub(crate) async fn cancelled_as(
    member: &Member,
    row: &Row<Message>,
    audit: AuditEntry,
) -> Result<bool, StoreError> {
    let failure = Failure::new(Reason::Cancelled, "cancelled");
    let is_queued = matches!(row.body.delivery, Delivery::Queued { .. });
    let Ok(next) = step(&row.body, Event::Refused(failure), member.now()) else {
        return Ok(false);
    };
    if !is_queued {
        return Ok(false);
    }
    let result = LogResult::Refused { why: "it was cancelled".to_owned() };
    settled(member, row, next, result, audit).await?;
    Ok(true)
}

/// Writes a message's end down, with what the CRM is to be told of it.
pub(crate) async fn settled(
    member: &Member,
    row: &Row<Message>,
    next: Message,
    result: LogResult,
    mut audit: AuditEntry,
) -> Result<(), StoreError> {
    let id = next.id.clone();
    let entry = LogEntry::new(member.now(), Operation::Send, &id, result).about(&next.conversation);
    (audit.before, audit.after) = (seen(&row.body.delivery), seen(&next.delivery));
    let advance = Advance { scope: member.scope(), row, next, entry };
    let job = advance.commit(async |it| Ok(it.audit(&audit)), member.now()).await?;
    if let Some((job, due)) = job {
        member.deps.queues.reports.offer(&job, due).await;
    }
    Ok(())
}

async fn load(member: &Member, id: &str) -> Result<Row<Message>, Problem> {
    let missing = || Problem::not_found("message");
    let id = MessageId::parse(id).map_err(|_| missing())?;
    member.scope().message(&id).await?.ok_or_else(missing)
}
