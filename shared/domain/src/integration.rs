//! A tenant's connected provider.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::IntegrationId;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integration {
    pub id: IntegrationId,
    /// What people call it.
    #[serde(default)]
    pub name: String,
    pub provider: Provider,
    pub status: Status,
    #[serde(default)]
    pub created_at: Timestamp,
    /// When it was last found to work, or not to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested: Option<Tested>,
    /// The provider's own settings. Whoever knows the provider reads them.
    #[serde(default)]
    pub settings: serde_json::Value,
}

impl Integration {
    /// One that nobody has tried yet.
    pub fn new(
        id: IntegrationId,
        name: impl Into<String>,
        provider: Provider,
        settings: serde_json::Value,
        now: Timestamp,
    ) -> Self {
        let (name, status) = (name.into(), Status::Pending);
        Self { id, name, provider, status, settings, created_at: now, tested: None }
    }
}

/// What came of trying a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    pub at: Timestamp,
    /// How long the provider took to answer.
    pub took_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

/// Why an integration does not work, for whoever can mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub code: FaultCode,
    pub why: String,
}

/// The kinds of fault that somebody would act on differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum FaultCode {
    /// The provider does not take the credentials.
    InvalidCredentials,
    /// The provider could not be reached, or did not answer as it should.
    ConnectionFailed,
    /// The provider wants to be left alone for a while.
    RateLimitExceeded,
    /// The settings do not make sense to the provider.
    ConfigSchemaInvalid,
}

/// What an integration is connected to.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Provider {
    Aloware,
    Ghl,
    Telnyx,
    Texting,
    Twilio,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// It has not been found to work yet.
    Pending,
    Active,
    /// It was tried and does not work.
    Error,
    /// Somebody switched it off. Its work is parked.
    Disconnected,
}
