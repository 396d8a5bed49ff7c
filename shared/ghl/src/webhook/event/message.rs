//! A message that came or went.

use domain::{
    ids::{CrmContactId, CrmConversationId, CrmMessageId, CrmUserId},
    text::MessageText,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Hidden, MessageKind};
use crate::fields::Fields;

/// Messages that we add or send ourselves cause these too. A `kind` that is not a text is never to
/// be sent to a phone: internal comments come along here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSeen {
    pub direction: Direction,
    pub kind: MessageKind,
    /// Not always told.
    pub message: Option<CrmMessageId>,
    pub conversation: Option<CrmConversationId>,
    pub contact: Option<CrmContactId>,
    /// The text, or an e-mail in HTML.
    pub body: MessageText,
    /// An e-mail without its markup.
    pub plain_text: Option<MessageText>,
    pub subject: Option<Hidden>,
    /// Addresses, mostly.
    pub attachments: Vec<Hidden>,
    /// A number, or a mailbox with a name.
    pub from: Option<Hidden>,
    pub to: Vec<Hidden>,
    pub status: Option<String>,
    /// Who or what sent it, if it went.
    pub source: Option<Source>,
    pub user: Option<CrmUserId>,
    pub conversation_provider: Option<String>,
    /// The one that this one repeats, because somebody asked for another try.
    pub original: Option<CrmMessageId>,
    pub at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Inbound,
    Outbound,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Source {
    /// A person, in GoHighLevel's app.
    App,
    /// A program. It may be us.
    Api,
    Workflow,
    BulkActions,
    Campaign,
    /// Something newer than this program.
    Other(String),
}

impl MessageSeen {
    pub(super) fn read(direction: Direction, fields: Fields<'_>) -> Self {
        Self {
            direction,
            kind: MessageKind::read(fields),
            message: fields.get("messageId"),
            conversation: fields.get("conversationId"),
            contact: fields.get("contactId"),
            body: fields.get("body").unwrap_or_default(),
            plain_text: fields.get("plainText"),
            subject: fields.text("subject"),
            attachments: fields.all("attachments"),
            from: fields.text("from"),
            to: fields.all("to"),
            status: fields.text("status"),
            source: fields.text("source"),
            user: fields.get("userId"),
            conversation_provider: fields.text("conversationProviderId"),
            original: fields.get("originalMessageId"),
            at: fields.get("dateAdded"),
        }
    }
}

impl From<String> for Source {
    fn from(source: String) -> Self {
        match source.as_str() {
            "app" => Self::App,
            "api" => Self::Api,
            "workflow" => Self::Workflow,
            "bulk_actions" => Self::BulkActions,
            "campaign" => Self::Campaign,
            _ => Self::Other(source),
        }
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        match source {
            Source::App => "app".to_owned(),
            Source::Api => "api".to_owned(),
            Source::Workflow => "workflow".to_owned(),
            Source::BulkActions => "bulk_actions".to_owned(),
            Source::Campaign => "campaign".to_owned(),
            Source::Other(source) => source,
        }
    }
}
