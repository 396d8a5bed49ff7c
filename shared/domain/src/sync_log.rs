//! What we did, with its true outcome. "Success" is written with the effect, never before it.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{ConversationId, EventId, IntegrationId};

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    pub at: Timestamp,
    pub operation: Operation,
    /// The id of what it was done to: an event, a message.
    pub subject: String,
    #[serde(flatten)]
    pub result: LogResult,
    /// The conversation that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// The delivery from outside that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// The integration that was called, or that told us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration: Option<IntegrationId>,
    /// How long the other side took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Operation {
    /// A text was brought to the CRM.
    AddInbound,
    /// A message was given to a carrier.
    Send,
    /// A report was applied to a message.
    RecordReport,
    /// The CRM was told of a message's status.
    TellStatus,
    /// The CRM was told of somebody's standing in the opt-out registry.
    TellStanding,
    /// Somebody's contact was copied to another system.
    CopyContact,
    /// Somebody's standing in the opt-out registry changed.
    OptOut,
    /// What the CRM told was acted on.
    ApplyCrmEvent,
    /// Work was held, or let go on.
    Park,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum LogResult {
    Success,
    /// It failed and will be tried again.
    Deferred {
        why: String,
    },
    /// It failed for good.
    Failed {
        why: String,
    },
    /// Nobody knows whether it happened.
    InDoubt {
        why: String,
    },
    /// A rule forbade it.
    Refused {
        why: String,
    },
}

impl LogEntry {
    pub fn new(
        at: Timestamp,
        operation: Operation,
        subject: &impl ToString,
        result: LogResult,
    ) -> Self {
        Self {
            at,
            operation,
            subject: subject.to_string(),
            result,
            conversation: None,
            event: None,
            integration: None,
            took_ms: None,
        }
    }

    #[must_use]
    pub fn about(self, conversation: &ConversationId) -> Self {
        Self { conversation: Some(conversation.clone()), ..self }
    }

    #[must_use]
    pub fn caused_by(self, event: &EventId) -> Self {
        Self { event: Some(event.clone()), ..self }
    }

    #[must_use]
    pub fn with(self, integration: &IntegrationId) -> Self {
        Self { integration: Some(integration.clone()), ..self }
    }

    #[must_use]
    pub fn took(self, elapsed: Duration) -> Self {
        Self { took_ms: u64::try_from(elapsed.as_millis()).ok(), ..self }
    }
}
