//! What a carrier told us, in our terms. The edge stores this; the consumers act on it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    crm_event::CrmEvent,
    delivery::Report,
    ids::{MessageId, ProviderMessageId},
    keyword::{ExtraKeywords, Keyword, classify},
    phone::PhoneNumber,
    text::{MediaUrl, MessageText},
};

/// One webhook of a carrier, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The same for every delivery of the same news, however often it is repeated.
    pub dedupe_key: String,
    pub heard: Heard,
}

/// What the news is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "heard", rename_all = "snake_case")]
pub enum Heard {
    Text(InboundText),
    Report(HeardReport),
    /// The CRM tells what happened there.
    Crm(Box<CrmEvent>),
    /// Something we do not follow. It is kept, and nothing is done about it.
    Ignored {
        what: String,
    },
    /// Something that we follow and cannot use, such as a text from a sender that is no telephone
    /// number. A person must look at it.
    Unusable {
        what: String,
        why: String,
    },
}

/// What an agent's message is kept as, whose work is the message itself.
const MESSAGE_TO_SEND: &str = "a message to send";

impl Heard {
    /// The CRM asked us to send what an agent wrote.
    pub fn message_to_send() -> Self {
        Self::Ignored { what: MESSAGE_TO_SEND.to_owned() }
    }

    pub fn is_message_to_send(&self) -> bool {
        matches!(self, Self::Ignored { what } if what == MESSAGE_TO_SEND)
    }
}

/// Somebody texted one of our numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundText {
    pub provider_message: ProviderMessageId,
    pub from: PhoneNumber,
    pub to: PhoneNumber,
    pub text: MessageText,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<MediaUrl>,
    /// When the carrier says it was sent; when we heard of it, if the carrier does not say.
    pub sent_at: Timestamp,
    /// The carrier took the text for this keyword and has answered it, so we must not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by_carrier: Option<Keyword>,
}

impl InboundText {
    /// What the text asks of us, by our own reading and the carrier's. If one of the two reads
    /// STOP it is STOP: nobody is texted because two programs disagreed.
    pub fn keyword(&self, extra: &ExtraKeywords) -> Option<Keyword> {
        let ours = classify(self.text.as_str(), extra);
        match (ours, self.answered_by_carrier) {
            (Some(Keyword::Stop), _) | (_, Some(Keyword::Stop)) => Some(Keyword::Stop),
            (ours, theirs) => ours.or(theirs),
        }
    }
}

/// A carrier's word on a message of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeardReport {
    /// Our own id, when the callback carried it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    pub provider_message: ProviderMessageId,
    #[serde(flatten)]
    pub report: Report,
    pub at: Timestamp,
}
