//! A tenant's connected provider.

use serde::{Deserialize, Serialize};

use crate::ids::IntegrationId;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integration {
    pub id: IntegrationId,
    pub provider: Provider,
    pub status: Status,
    /// The provider's own settings. Whoever knows the provider reads them.
    #[serde(default)]
    pub settings: serde_json::Value,
}

/// What an integration is connected to.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumIter,
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
    Pending,
    Active,
    Error,
    Disconnected,
}
