//! What becomes of a text to a given number.

use serde::{Deserialize, Serialize};

/// How a handset's number answers our texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "behaviour", rename_all = "snake_case")]
pub enum Behaviour {
    #[default]
    Delivers,
    /// Sent, but not delivered, for the vendor's usual reason or this one.
    Undelivered {
        #[serde(default)]
        code: Option<String>,
    },
    /// Accepted, but never sent.
    Fails {
        #[serde(default)]
        code: Option<String>,
    },
    /// Sent, and never heard of again.
    SentOnly,
    OptedOut,
    InvalidNumber,
    RateLimited {
        /// Seconds.
        #[serde(default)]
        retry_after: Option<u32>,
    },
}

/// Why a carrier does not accept a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    OptedOut,
    InvalidNumber,
    RateLimited { retry_after: Option<u32> },
}

/// A station of an accepted text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Sent,
    Delivered,
    Undelivered { code: Option<String> },
    Failed { code: Option<String> },
}

impl Behaviour {
    pub(super) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Delivers | Self::Undelivered { .. } | Self::Fails { .. } | Self::SentOnly => None,
            Self::OptedOut => Some(Refusal::OptedOut),
            Self::InvalidNumber => Some(Refusal::InvalidNumber),
            Self::RateLimited { retry_after } => {
                Some(Refusal::RateLimited { retry_after: *retry_after })
            }
        }
    }

    /// Where an accepted text comes by. All but `Sent` are the last.
    pub(super) fn steps(&self) -> Vec<Step> {
        match self {
            Self::Delivers => vec![Step::Sent, Step::Delivered],
            Self::Undelivered { code } => {
                vec![Step::Sent, Step::Undelivered { code: code.clone() }]
            }
            Self::Fails { code } => vec![Step::Failed { code: code.clone() }],
            Self::SentOnly => vec![Step::Sent],
            Self::OptedOut | Self::InvalidNumber | Self::RateLimited { .. } => Vec::new(),
        }
    }
}
