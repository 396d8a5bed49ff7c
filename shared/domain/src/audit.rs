//! Who changed what. Every change that a person or a program makes through the API is one entry,
//! written in the same transaction as the change.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub at: Timestamp,
    /// `key:<id>`, `oidc:<subject>` or `bootstrap`.
    pub who: String,
    /// What was done, as `<noun>.<verb>`: `integration.create`, `opt_out.lift`.
    pub action: String,
    /// The id of what it was done to. Never a telephone number.
    pub subject: String,
    /// The request that asked for it.
    pub request: String,
    /// Why, where the caller had to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How it was, with secrets left out.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub before: Value,
    /// How it is, with secrets left out.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub after: Value,
}
