//! Why a message did not arrive, in our words and the carrier's.

use serde::{Deserialize, Serialize};

/// Why a message failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub reason: Reason,
    /// The carrier's own code, or ours where no carrier was asked.
    pub code: String,
}

/// The situations that somebody would act on differently.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Reason {
    /// The person does not want to be texted. No one may text them until they say START.
    OptedOut,
    /// The number does not exist, is a landline, or cannot be texted from here.
    InvalidNumber,
    /// The handset or its network did not take the message.
    Unreachable,
    /// A carrier held the content to be spam or forbidden.
    Filtered,
    /// The message itself is not sendable: too long, empty, media that nobody can fetch.
    InvalidMessage,
    /// The sender is not set up: credentials, registration, funds, a blocked number.
    Misconfigured,
    /// The carrier is busy or its allowance is used up.
    Busy,
    /// The message was not sent while it still made sense to send it.
    Expired,
    /// Somebody took it back before it was sent.
    Cancelled,
    /// The carrier gave a code that is in no table of ours, or none.
    Unknown,
}

impl Failure {
    pub fn new(reason: Reason, code: impl Into<String>) -> Self {
        Self { reason, code: code.into() }
    }

    /// One sentence for the agent who typed the message.
    pub fn explanation(&self) -> &'static str {
        match self.reason {
            Reason::OptedOut => {
                "This person opted out of texts, and is not texted until they want it again."
            }
            Reason::InvalidNumber => "This number cannot receive texts.",
            Reason::Unreachable => "The phone could not be reached.",
            Reason::Filtered => "A carrier blocked the content of this message.",
            Reason::InvalidMessage => {
                "The message is empty, too long, or its media cannot be used."
            }
            Reason::Misconfigured => {
                "The texting provider refused the sender. An administrator must look at the integration."
            }
            Reason::Busy => "The texting provider was too busy to take the message.",
            Reason::Expired => "The message could not be sent in time and was not sent late.",
            Reason::Cancelled => "The message was cancelled before it was sent.",
            Reason::Unknown => "The texting provider could not deliver the message.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_is_stable() {
        assert_eq!(
            serde_json::to_string(&Failure::new(Reason::OptedOut, "21610")).unwrap(),
            r#"{"reason":"opted_out","code":"21610"}"#
        );
    }
}
