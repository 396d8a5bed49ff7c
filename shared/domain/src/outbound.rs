//! A text on its way to a carrier, and what the carrier did with it.

use std::time::Duration;

use url::Url;

use crate::{
    failure::Failure,
    ids::{MessageId, ProviderMessageId},
    phone::PhoneNumber,
    text::{MediaUrl, MessageText},
};

/// Everything a carrier needs to know to send a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundText {
    /// Ours. It goes with the call where the carrier has a place for it.
    pub message: MessageId,
    pub from: PhoneNumber,
    pub to: PhoneNumber,
    pub text: MessageText,
    pub media: Vec<MediaUrl>,
    /// Where the carrier reports to. It names the message, so that a report finds it even if the
    /// answer to the send was lost.
    pub callback: Url,
    /// For how long the carrier may try, where it can be told.
    pub validity: Option<Duration>,
}

/// What came of asking a carrier to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    Accepted {
        provider_message: ProviderMessageId,
        /// How many parts the carrier will bill, where it says.
        segments: Option<u32>,
    },
    /// It was not sent and will not be.
    Refused(Failure),
    /// It was not sent, and another try may help: not before `after`, where the carrier says.
    Deferred { failure: Failure, after: Option<Duration> },
    /// The carrier was called and gave no usable answer. It may or may not have sent the text.
    InDoubt { why: String },
}
