//! Sending through GHL: the message goes to the provider's delivery URL.

use jiff::Timestamp;
use serde_json::json;

use super::{
    answer::Answer,
    contact::{Contact, DoNotDisturb},
    door::Admitted,
    inbound::provider_of,
    location::{Location, ProviderKind},
    message::{Draft, Message, MessageType},
    refusal::Refusal,
    state::State,
};

/// A call's message. The answer asks for its delivery, unless another provider carries it.
pub(super) fn send(state: &mut State, call: &Admitted) -> Result<Answer, Refusal> {
    let kind = call.text("type").unwrap_or_default();
    let outgoing = Outgoing {
        text: call.text("message").unwrap_or_default().to_owned(),
        attachments: call.texts("attachments"),
        user: None,
        provider: provider_of(call, kind)?,
    };
    if outgoing.text.is_empty() && outgoing.attachments.is_empty() {
        return Err(Refusal::new(422, "There is no message or attachments")
            .canonical("CONVERSATIONS_MSG_NO_CONTENT"));
    }
    let contact = state.contact(&call.location.id, call.text("contactId").unwrap_or_default());
    let contact = contact.cloned().ok_or_else(|| Refusal::new(400, "Contact not found"))?;
    may_send(&contact)?;
    let message = outgoing.put(state, &call.location, &contact, call.now);
    let body = json!({
        "conversationId": message.conversation,
        "messageId": message.id,
        "msg": "Message queued successfully.",
        "status": "pending",
    });
    let answer = Answer::new(201, body);
    Ok(if message.provider_id.is_some() { answer.delivering(message.id) } else { answer })
}

/// Whether GHL would send an SMS to this contact.
pub(super) fn may_send(contact: &Contact) -> Result<(), Refusal> {
    let Some(phone) = contact.phone() else {
        return Err(Refusal::new(400, "Missing phone number"));
    };
    match contact.sms_do_not_disturb() {
        None => Ok(()),
        Some(DoNotDisturb::Active) => {
            Err(Refusal::new(400, "Cannot send message as DND is active for SMS.")
                .canonical("CONVERSATIONS_MSG_DND_ACTIVE_SMS"))
        }
        Some(DoNotDisturb::Permanent) => {
            Err(Refusal::new(400, &format!("Cannot send message as {phone} has unsubscribed"))
                .canonical("CONVERSATIONS_MSG_UNSUBSCRIBED_SMS"))
        }
    }
}

/// What somebody wants to say to a contact.
pub(super) struct Outgoing {
    pub(super) text: String,
    pub(super) attachments: Vec<String>,
    /// The agent, if it is one.
    pub(super) user: Option<String>,
    /// Ours, if it is to carry the message.
    pub(super) provider: Option<String>,
}

impl Outgoing {
    /// Puts it into the conversation, still to be delivered.
    pub(super) fn put(
        self,
        state: &mut State,
        location: &Location,
        contact: &Contact,
        now: Timestamp,
    ) -> Message {
        let message_type = match (location.provider_kind, &self.provider) {
            (ProviderKind::Additional, Some(_)) => MessageType::CustomSms,
            (ProviderKind::Additional, None) | (ProviderKind::Default, _) => MessageType::Sms,
        };
        let source = if self.user.is_some() { "app" } else { "api" };
        let draft = Draft {
            location: location.id.clone(),
            contact: contact.id().to_owned(),
            direction: "outbound".to_owned(),
            body: self.text,
            attachments: self.attachments,
            status: "pending".to_owned(),
            alt_id: None,
            provider_id: self.provider,
            message_type,
            source: source.to_owned(),
            user: self.user,
            date: None,
        };
        state.record(draft, now)
    }
}
