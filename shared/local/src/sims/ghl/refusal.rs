//! The bodies GHL refuses with.

use std::fmt;

use serde_json::{Value, json};

/// An answer that says no.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Refusal {
    /// The standard shape: `{statusCode, message, error}`.
    pub(super) fn new(status: u16, message: &str) -> Self {
        let mut body = json!({ "statusCode": status, "message": message });
        if let Some(error) = reason(status) {
            body["error"] = error.into();
        }
        Self { status, body }
    }

    /// The 422 of the validation, whose `message` is an array.
    pub(super) fn unprocessable(messages: &[String]) -> Self {
        let mut refusal = Self::new(422, "");
        refusal.body["message"] = json!(messages);
        refusal
    }

    /// What the conversations API adds.
    #[must_use]
    pub(super) fn canonical(mut self, code: &str) -> Self {
        self.body["canonicalCode"] = code.into();
        self
    }

    /// What the contacts API adds to a duplicate.
    #[must_use]
    pub(super) fn about(mut self, meta: Value) -> Self {
        self.body["meta"] = meta;
        self
    }

    /// In the words of OAuth.
    pub(super) fn oauth(status: u16, error: &str, description: &str) -> Self {
        Self { status, body: json!({ "error": error, "error_description": description }) }
    }

    pub(super) fn foreign_location() -> Self {
        Self::new(403, "The token does not have access to this location.")
    }

    pub(super) fn message(&self) -> String {
        self.body["message"].as_str().unwrap_or_default().to_owned()
    }
}

/// Leaves the body out: some refusals repeat a telephone number.
impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal").field("status", &self.status).finish_non_exhaustive()
    }
}

/// A 429's body was never published, and gets the same shape.
fn reason(status: u16) -> Option<&'static str> {
    match status {
        400 => Some("Bad Request"),
        401 => Some("Unauthorized"),
        403 => Some("Forbidden"),
        404 => Some("Not Found"),
        422 => Some("Unprocessable Entity"),
        429 => Some("Too Many Requests"),
        _ => None,
    }
}
