//! What was asked of GHL, and what of it GHL's documents do not allow.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Default)]
pub(super) struct Journal {
    pub(super) calls: Vec<Call>,
    pub(super) violations: Vec<Violation>,
}

/// One call to the API.
#[derive(Clone, PartialEq, Serialize)]
pub struct Call {
    /// The simulator's name for the operation, or `unknown`.
    pub operation: &'static str,
    pub method: String,
    pub path: String,
    /// Whose token it was, which may be the agency's. Unknown if the token was.
    pub location: Option<String>,
    /// What it was answered with, or nothing if it was left hanging.
    pub status: Option<u16>,
    pub body: Option<Value>,
    pub at: Timestamp,
}

/// A call that a correct client would never make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    pub operation: &'static str,
    pub method: String,
    pub problems: Vec<String>,
}

/// The fields that hold something which opens a door.
const SECRET: [&str; 5] =
    ["client_secret", "clientSecret", "code", "refresh_token", "access_token"];

/// A body as it may be kept.
pub(super) fn without_secrets(body: &Value) -> Value {
    let mut kept = body.clone();
    for field in SECRET {
        if let Some(secret) = kept.get_mut(field) {
            *secret = "…".into();
        }
    }
    kept
}

/// Leaves out path and body, which may hold a telephone number or a text.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("operation", &self.operation)
            .field("location", &self.location)
            .field("status", &self.status)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
