//! What we did, with its true outcome. "Success" is written with the effect, never before it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    pub at: Timestamp,
    pub operation: Operation,
    /// The id of what it was done to: an event, a message.
    pub subject: String,
    #[serde(flatten)]
    pub result: LogResult,
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
        Self { at, operation, subject: subject.to_string(), result }
    }
}
