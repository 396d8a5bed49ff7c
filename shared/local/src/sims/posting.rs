//! One thing a vendor posts to us, and how its vendor goes about it.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// How one vendor posts: what goes over the wire, and what happens if we do not take it.
pub trait Courier: Send + Sync + fmt::Debug + 'static {
    /// The request for this attempt, signed for this moment.
    fn dress(&self, posting: &Posting, now: Timestamp) -> Dressed;

    /// What the vendor does after this answer.
    fn again(&self, posting: &Posting, answer: &Posted) -> Again;

    /// How long the vendor waits for an answer.
    fn patience(&self) -> Duration;
}

/// An event on its way to us. It stays the same on every attempt, but for the attempt's number.
#[derive(Clone, PartialEq, Eq)]
pub struct Posting {
    /// What tells this event from every other.
    pub id: String,
    pub event: String,
    /// The message it is about.
    pub about: String,
    pub url: String,
    /// Where to go when `url` will not answer.
    pub failover: Option<String>,
    pub content: Content,
    /// Counted from 1.
    pub attempt: u32,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    Form(Vec<(String, String)>),
    Json(Value),
}

/// A request that is ready to go.
pub struct Dressed {
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// What a vendor does after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    Never,
    AtOnce,
    After { pause: Duration, url: String },
}

/// What became of one attempt.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Posted {
    pub event: String,
    /// The message it was about.
    pub about: String,
    pub attempt: u32,
    /// The status, if there was an answer.
    pub status: Option<u16>,
    pub body: String,
    pub failure: Option<Failure>,
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// No webhook was configured, so nothing was posted.
    NoWebhook,
    Connect,
    Read,
}

impl Posting {
    pub(super) fn answered(&self, status: u16, body: String) -> Posted {
        Posted { status: Some(status), body, failure: None, ..self.failed(Failure::Read) }
    }

    pub(super) fn failed(&self, failure: Failure) -> Posted {
        Posted {
            event: self.event.clone(),
            about: self.about.clone(),
            attempt: self.attempt,
            status: None,
            body: String::new(),
            failure: Some(failure),
        }
    }
}

impl Posted {
    pub fn is_accepted(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

impl fmt::Debug for Posting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, event, about, attempt, .. } = self;
        write!(f, "Posting({event} {id} about {about}, attempt {attempt})")
    }
}

impl fmt::Debug for Dressed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dressed").finish_non_exhaustive()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form(_) => "Form(…)",
            Self::Json(_) => "Json(…)",
        })
    }
}

impl fmt::Debug for Posted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event, about, attempt, status, failure, .. } = self;
        write!(f, "Posted({event} about {about}, attempt {attempt}: ")?;
        match (status, failure) {
            (Some(status), _) => write!(f, "{status})"),
            (None, failure) => write!(f, "{failure:?})"),
        }
    }
}
