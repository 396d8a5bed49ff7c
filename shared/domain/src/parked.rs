//! Work that is held until a person changes something: an integration that is disconnected, a tenant
//! that is suspended. Nothing is called for it meanwhile, and nothing of it is lost.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::IntegrationId;

/// Since when work is held, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    pub since: Timestamp,
    #[serde(flatten)]
    pub until: Until,
}

/// What has to happen before the work goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "until", rename_all = "snake_case")]
pub enum Until {
    /// The integration is active again.
    IntegrationActive { integration: IntegrationId },
    /// The tenant has an active CRM integration.
    CrmConnected,
    /// The tenant is active again.
    TenantActive,
}

impl Parked {
    pub fn new(until: Until, since: Timestamp) -> Self {
        Self { since, until }
    }
}

impl Until {
    /// One sentence for whoever looks at what waits.
    pub fn explanation(&self) -> String {
        match self {
            Self::IntegrationActive { integration } => {
                format!("It waits until the integration {integration} is active.")
            }
            Self::CrmConnected => "It waits until a CRM integration is active.".to_owned(),
            Self::TenantActive => "It waits until the tenant is active.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stored form is a contract with yesterday's items.
    #[test]
    fn the_stored_form_is_stable() {
        let integration = IntegrationId::parse("acme-twilio").unwrap();
        let noon = Timestamp::constant(1_767_268_800, 0);
        let parked = Parked::new(Until::IntegrationActive { integration }, noon);
        assert_eq!(
            serde_json::to_string(&parked).unwrap(),
            r#"{"since":"2026-01-01T12:00:00Z","until":"integration_active","integration":"acme-twilio"}"#
        );
    }
}
