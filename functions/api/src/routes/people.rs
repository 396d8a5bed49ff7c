//! A person's rights: what we know of them, the evidence of what they agreed to, and to be forgotten.

use std::sync::Arc;

use aws::{Asked, Scope};
use axum::Json;
use domain::{audit::AuditEntry, ids::ConversationId, message::Message};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    consents::{self, ConsentView},
    opt_outs::{self, OptOutView, PhoneAndReason, phone},
    tenants::text,
};
use crate::{
    Deps,
    asking::{Admin, Member},
    erase,
    openapi::{ChangeRefusals, Refusals},
    problem::Problem,
    read::{Input, Params},
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new().routes(routes!(read_evidence)).routes(routes!(erase_person))
}

/// Lines of the ledger that are in a bundle: more than anybody ever said.
const LINES: i32 = 1000;
/// Texts that are in a bundle, and messages that are read at a time for them.
const LAST: usize = 100;
const PAGE: i32 = 100;

/// Everything that shows what a person agreed to, and what they were sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Evidence {
    phone: String,
    tenant: String,
    conversation: String,
    made_at: String,
    made_by: String,
    /// How they stand now. Without it they never opted out.
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<OptOutView>,
    /// Every line of the ledger, the oldest first.
    ledger: Vec<ConsentView>,
    /// The last hundred texts in and out, the newest first, without what they said.
    texts: Vec<TextTrace>,
}

/// That there was a text.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TextTrace {
    id: String,
    at: String,
    purpose: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_by: Option<String>,
}

/// What erasing has done so far.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Erased {
    messages: usize,
    events: usize,
    /// Whether nothing is left. If not, something is on its way just now, or there is more than one
    /// request can do: send it again.
    complete: bool,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OfPerson {
    /// The person's number.
    #[param(format = "phone")]
    phone: String,
}

/// The evidence of a person's consent, in one bundle
#[utoipa::path(
    get, path = "/v1/people/evidence", tag = "Consent", params(OfPerson),
    responses((status = 200, body = Evidence), Refusals)
)]
async fn read_evidence(
    member: Admin,
    Params(of): Params<OfPerson>,
) -> Result<Json<Evidence>, Problem> {
    let phone = phone("phone", &of.phone)?;
    let scope = member.scope();
    let conversation = ConversationId::with(&member.tenant, &phone);
    let standing = scope.opt_out(&phone).await?;
    let ledger = scope.consent_history(&phone, Asked::oldest(LINES)).await?.items;
    let texts = last_texts(scope, &conversation).await?;
    if standing.is_none() && ledger.is_empty() && texts.is_empty() {
        return Err(Problem::not_found("person"));
    }
    note(&member, "person.evidence", &conversation, None).await?;
    Ok(Json(Evidence {
        phone: phone.as_str().to_owned(),
        tenant: member.tenant.to_string(),
        conversation: conversation.to_string(),
        made_at: member.now().to_string(),
        made_by: member.asking.caller.subject.clone(),
        standing: standing.map(|it| opt_outs::view(&member, &it.body)),
        ledger: ledger.iter().map(consents::view).collect(),
        texts: texts.iter().map(trace).collect(),
    }))
}

/// E-mails and the like are left out: they prove nothing about texts.
async fn last_texts(
    scope: Scope<'_>,
    conversation: &ConversationId,
) -> Result<Vec<Message>, Problem> {
    let (mut texts, mut after) = (Vec::new(), None);
    loop {
        let page = scope.messages(conversation, Asked::newest(PAGE).after(after)).await?;
        texts.extend(page.items.into_iter().filter(|it| it.medium.is_sms()));
        after = page.next;
        if after.is_none() || texts.len() >= LAST {
            texts.truncate(LAST);
            return Ok(texts);
        }
    }
}

fn trace(message: &Message) -> TextTrace {
    TextTrace {
        id: message.id.to_string(),
        at: message.created_at.to_string(),
        purpose: message.purpose.to_string(),
        status: message.delivery.status(),
        number: message.route.as_ref().map(|it| it.number.as_str().to_owned()),
        asked_by: message.asked_by.clone(),
    }
}

/// Erases what a person said and was told
///
/// Texts, media and deliveries are emptied, and whose phone it was is forgotten. The opt-out and the
/// ledger of consent stay, as the law asks: without them the person could be texted again.
#[utoipa::path(
    post, path = "/v1/people/erase", tag = "Consent", request_body = PhoneAndReason,
    params(crate::openapi::OnceHeader),
    responses((status = 200, body = Erased), ChangeRefusals)
)]
async fn erase_person(
    member: Admin,
    Input(wanted): Input<PhoneAndReason>,
) -> Result<Json<Erased>, Problem> {
    let phone = phone("/phone", &wanted.phone)?;
    let reason = text("/reason", &wanted.reason, 500)?;
    let conversation = ConversationId::with(&member.tenant, &phone);
    note(&member, "person.erase", &conversation, Some(reason)).await?;
    let done = erase::person(&member, &phone, &conversation).await?;
    Ok(Json(Erased { messages: done.messages, events: done.events, complete: done.complete }))
}

/// What is read of people in bulk is written down like a change, before it is handed out.
pub(crate) async fn note(
    member: &Member,
    action: &str,
    subject: &impl ToString,
    reason: Option<String>,
) -> Result<(), Problem> {
    let entry = AuditEntry { reason, ..member.audit(action, subject) };
    super::tenants::done(&member.scope().transaction().audit(&entry).commit().await?)
}
