//! Putting a text that came in into GoHighLevel.

use domain::{
    ids::{CrmContactId, CrmConversationId, CrmMessageId, MessageId},
    text::{MediaUrl, MessageText},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Client, Error, Session,
    client::{Effect, Task, Version},
};

/// A text to be shown as received.
#[derive(Clone, Copy, Debug)]
pub struct InboundPost<'a> {
    pub contact: &'a CrmContactId,
    pub text: &'a MessageText,
    pub media: &'a [MediaUrl],
    /// Ours. It comes back when an agent replies to this text.
    pub alt_id: &'a MessageId,
    /// When the person sent it.
    pub date: Timestamp,
}

/// A message, as GoHighLevel calls it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CrmMessage {
    #[serde(rename = "messageId")]
    pub message: CrmMessageId,
    #[serde(rename = "conversationId")]
    pub conversation: CrmConversationId,
}

const ADD: Task = Task {
    name: "add a message that came in",
    version: Version::Conversations,
    effect: Effect::Creates,
};

impl Client {
    /// Adds a text to the contact's conversation, which is made if there is none. A second call
    /// adds a second copy: GoHighLevel is not known to look at `alt_id`.
    pub async fn add_inbound(
        &self,
        session: &Session,
        post: &InboundPost<'_>,
    ) -> Result<CrmMessage, Error> {
        let url = ADD.address(session, &["conversations", "messages", "inbound"])?;
        let body = Body {
            kind: session.provider.inbound_type(),
            contact_id: post.contact,
            conversation_provider_id: session.provider.id(),
            message: post.text.as_str(),
            attachments: post.media,
            direction: "inbound",
            alt_id: post.alt_id,
            date: post.date.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        };
        let answer = self.send(session, ADD, self.http.post(url).json(&body)).await?;
        ADD.read(&answer)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    contact_id: &'a CrmContactId,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_provider_id: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    attachments: &'a [MediaUrl],
    /// Left out, it means "outbound".
    direction: &'static str,
    alt_id: &'a MessageId,
    date: String,
}
