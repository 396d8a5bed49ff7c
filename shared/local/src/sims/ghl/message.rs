//! A message in a conversation.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// A message, as GHL keeps it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub id: String,
    pub conversation: String,
    pub location: String,
    pub contact: String,
    /// `inbound` or `outbound`.
    pub direction: String,
    pub body: String,
    pub attachments: Vec<String>,
    pub status: String,
    /// Every status it was given, in the order given.
    pub statuses: Vec<String>,
    /// The `error` of the last status.
    pub error: Option<Value>,
    pub alt_id: Option<String>,
    pub provider_id: Option<String>,
    pub message_type: MessageType,
    /// `app` for an agent, `api` for a call.
    pub source: String,
    pub user: Option<String>,
    /// When it was sent, as whoever added it says.
    pub date: Timestamp,
    /// When GHL came to know of it.
    pub created: Timestamp,
}

/// What is known of a message before it is kept.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) location: String,
    pub(super) contact: String,
    pub(super) direction: String,
    pub(super) body: String,
    pub(super) attachments: Vec<String>,
    pub(super) status: String,
    pub(super) alt_id: Option<String>,
    pub(super) provider_id: Option<String>,
    pub(super) message_type: MessageType,
    pub(super) source: String,
    pub(super) user: Option<String>,
    pub(super) date: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum MessageType {
    #[serde(rename = "TYPE_SMS")]
    Sms,
    /// Sent in a channel of its own.
    #[serde(rename = "TYPE_CUSTOM_SMS")]
    CustomSms,
    /// Received in a channel of its own.
    #[serde(rename = "TYPE_CUSTOM_PROVIDER_SMS")]
    CustomProviderSms,
    /// Among colleagues. The contact never sees it.
    #[serde(rename = "TYPE_INTERNAL_COMMENT")]
    InternalComment,
    /// Of a channel that is not simulated any further.
    #[serde(rename = "TYPE_WEBCHAT")]
    Other,
}

impl MessageType {
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Sms => 2,
            Self::Other => 5,
            Self::CustomSms => 20,
            Self::CustomProviderSms => 22,
            Self::InternalComment => 37,
        }
    }

    /// How an event names it.
    pub(super) fn word(self) -> Option<&'static str> {
        match self {
            Self::Sms => Some("SMS"),
            Self::CustomSms | Self::CustomProviderSms => Some("Custom"),
            Self::InternalComment => Some("InternalComment"),
            Self::Other => None,
        }
    }
}

impl Message {
    pub(super) fn new(id: String, conversation: String, draft: Draft, now: Timestamp) -> Self {
        Self {
            id,
            conversation,
            location: draft.location,
            contact: draft.contact,
            direction: draft.direction,
            body: draft.body,
            attachments: draft.attachments,
            statuses: vec![draft.status.clone()],
            status: draft.status,
            error: None,
            alt_id: draft.alt_id,
            provider_id: draft.provider_id,
            message_type: draft.message_type,
            source: draft.source,
            user: draft.user,
            date: draft.date.unwrap_or(now),
            created: now,
        }
    }

    /// As the API shows it. Empty fields are left out.
    pub(super) fn shown(&self, echo_alt_id: bool) -> Value {
        let mut shown = json!({
            "id": self.id,
            "type": self.message_type.number(),
            "messageType": self.message_type,
            "locationId": self.location,
            "contactId": self.contact,
            "conversationId": self.conversation,
            "dateAdded": format!("{:.3}", self.date),
            "body": self.body,
            "direction": self.direction,
            "status": self.status,
            "contentType": "text/plain",
            "attachments": self.attachments,
            "source": self.source,
        });
        let alt_id = self.alt_id.as_ref().filter(|_| echo_alt_id);
        for (name, value) in [
            ("userId", self.user.as_ref()),
            ("conversationProviderId", self.provider_id.as_ref()),
            ("altId", alt_id),
        ] {
            if let Some(value) = value {
                shown[name] = value.as_str().into();
            }
        }
        shown
    }
}

/// Leaves out what was written.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("direction", &self.direction)
            .field("statuses", &self.statuses)
            .field("error", &self.error)
            .field("attachments", &self.attachments.len())
            .field("date", &self.date)
            .finish_non_exhaustive()
    }
}
