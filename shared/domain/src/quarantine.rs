//! What waits for a person: what it is called, and what doing it again would do.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ids::{CrmMessageId, EventId, InvalidId, MessageId};

/// The name of something that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QuarantineId {
    Event(EventId),
    Message(MessageId),
    Telling(CrmMessageId),
}

impl fmt::Display for QuarantineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(id) => write!(f, "event:{id}"),
            Self::Message(id) => write!(f, "message:{id}"),
            Self::Telling(id) => write!(f, "telling:{id}"),
        }
    }
}

/// Not the name of anything that can wait for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuarantineId {
    #[error("an entry is called event:<id>, message:<id> or telling:<id>")]
    UnknownKind,
    #[error("the entry's id is not valid")]
    Id(#[source] InvalidId),
}

impl FromStr for QuarantineId {
    type Err = InvalidQuarantineId;

    fn from_str(raw: &str) -> Result<Self, InvalidQuarantineId> {
        let (kind, id) = raw.split_once(':').ok_or(InvalidQuarantineId::UnknownKind)?;
        match kind {
            "event" => EventId::parse(id).map(Self::Event),
            "message" => MessageId::parse(id).map(Self::Message),
            "telling" => CrmMessageId::parse(id).map(Self::Telling),
            _ => return Err(InvalidQuarantineId::UnknownKind),
        }
        .map_err(InvalidQuarantineId::Id)
    }
}

/// What doing it again would do to the outside, or to a person's standing.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Effect {
    /// A text is looked for in the CRM's thread, and added if it is not there.
    AddText,
    /// A person is opted out, or in.
    ChangeOptOut,
    /// A text is sent: an answer to a keyword, or a message that waited.
    SendText,
    /// A carrier's report is applied to a message.
    ApplyReport,
    /// The CRM is told of a message's status.
    TellStatus,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for name in ["event:evt_1", "message:msg_1", "telling:a/b:c"] {
            assert_eq!(name.parse::<QuarantineId>().unwrap().to_string(), name);
        }
        for bad in ["", "evt_1", "event:", "event:a#b", "tenant:acme", "message:a b"] {
            assert!(bad.parse::<QuarantineId>().is_err(), "{bad}");
        }
    }
}
