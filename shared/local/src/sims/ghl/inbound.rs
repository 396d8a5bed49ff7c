//! Adding a message that was received, or sent, elsewhere. Nothing is sent.
//!
//! An `altId` is kept, but adding the same one again adds a second message: no document promises
//! otherwise.

use serde_json::json;

use super::{
    answer::Answer,
    door::Admitted,
    location::{Location, ProviderKind},
    message::{Draft, MessageType},
    refusal::Refusal,
    state::State,
};

pub(super) fn add(state: &mut State, call: &Admitted) -> Result<Answer, Refusal> {
    let kind = call.text("type").unwrap_or_default();
    let provider = provider_of(call, kind)?;
    let contact = contact_of(state, call)?;
    let direction = call.text("direction").unwrap_or("outbound");
    let draft = Draft {
        location: call.location.id.clone(),
        contact,
        direction: direction.to_owned(),
        body: call.text("message").unwrap_or_default().to_owned(),
        attachments: call.texts("attachments"),
        status: "delivered".to_owned(),
        alt_id: call.text("altId").map(str::to_owned),
        message_type: message_type(kind, direction),
        provider_id: provider,
        source: "api".to_owned(),
        user: None,
        date: call.text("date").and_then(|it| it.parse().ok()),
    };
    let message = state.record(draft, call.now);
    Ok(Answer::new(
        201,
        json!({
            "success": true,
            "conversationId": message.conversation,
            "messageId": message.id,
            "message": "Message queued successfully.",
            "contactId": message.contact,
            "dateAdded": format!("{:.3}", message.date),
        }),
    ))
}

/// The provider that the message is of. `Custom` must name one and only the additional kind takes
/// it; `SMS` need not name one, and the additional kind refuses it if it does.
pub(super) fn provider_of(call: &Admitted, kind: &str) -> Result<Option<String>, Refusal> {
    let Location { provider_id, provider_kind, .. } = &call.location;
    let Some(named) = call.text("conversationProviderId") else {
        let default = call.location.sms_provider();
        return match kind {
            "Custom" => Err(mismatch()),
            _ => Ok(default.filter(|_| kind == "SMS").map(str::to_owned)),
        };
    };
    if !call.owns_provider {
        return Err(no_access(named));
    }
    if named != provider_id {
        return Err(Refusal::new(400, "Invalid conversationProviderId"));
    }
    match (provider_kind, kind) {
        (ProviderKind::Default, "SMS") | (ProviderKind::Additional, "Custom") => {
            Ok(Some(named.to_owned()))
        }
        _ => Err(mismatch()),
    }
}

pub(super) fn no_access(provider: &str) -> Refusal {
    let message = format!("You don't have access to the conversationProvider with id: {provider}");
    Refusal::new(401, &message).canonical("CONVERSATIONS_MSG_PROVIDER_NO_ACCESS")
}

fn mismatch() -> Refusal {
    Refusal::new(400, "Incorrect conversationProviderId/type")
        .canonical("CONVERSATIONS_MSG_CONVERSATION_PROVIDER_MISMATCH")
}

fn contact_of(state: &State, call: &Admitted) -> Result<String, Refusal> {
    let location = &call.location.id;
    if let Some(id) = call.text("contactId") {
        let contact = state.contacts.iter().find(|it| it.id() == id);
        let contact = contact.ok_or_else(|| Refusal::new(400, "Contact not found"))?;
        if contact.location() != location {
            return Err(Refusal::foreign_location());
        }
        return Ok(id.to_owned());
    }
    let Some(id) = call.text("conversationId") else {
        return Err(Refusal::new(400, "contactId or conversationId is required"));
    };
    Ok(state.conversation(location, id)?.contact.clone())
}

fn message_type(kind: &str, direction: &str) -> MessageType {
    match (kind, direction) {
        ("SMS", _) => MessageType::Sms,
        ("Custom", "inbound") => MessageType::CustomProviderSms,
        ("Custom", _) => MessageType::CustomSms,
        _ => MessageType::Other,
    }
}
