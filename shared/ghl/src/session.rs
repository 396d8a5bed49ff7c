//! Whom we speak for.

use std::sync::Arc;

use domain::ids::LocationId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::Gate;

/// One location's way in: where, who, with which token.
#[derive(Clone, Debug)]
pub struct Session {
    pub base_url: String,
    pub location: LocationId,
    pub token: SecretString,
    pub provider: Provider,
    /// Who is asked before each call.
    pub gate: Option<Arc<dyn Gate>>,
}

/// How our conversation provider was made in the marketplace, which decides how a text that came
/// in must be labelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Provider {
    /// It replaces the location's own SMS provider.
    Default,
    /// It is a channel beside the location's SMS provider.
    Additional { conversation_provider_id: String },
}

impl Provider {
    /// A channel beside the location's own, if it has an id; else the one in its place.
    pub fn with(id: Option<String>) -> Self {
        match id {
            Some(conversation_provider_id) => Self::Additional { conversation_provider_id },
            None => Self::Default,
        }
    }

    /// The documentation asks for `SMS` from both kinds. The API refuses that from an additional
    /// provider and takes `Custom`.
    pub(crate) fn inbound_type(&self) -> &'static str {
        match self {
            Self::Default => "SMS",
            Self::Additional { .. } => "Custom",
        }
    }

    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::Default => None,
            Self::Additional { conversation_provider_id } => Some(conversation_provider_id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_is_stable() {
        let additional = Provider::Additional { conversation_provider_id: "61d6".to_owned() };
        for (provider, stored) in [
            (Provider::Default, r#"{"kind":"default"}"#),
            (additional, r#"{"kind":"additional","conversation_provider_id":"61d6"}"#),
        ] {
            assert_eq!(serde_json::to_string(&provider).unwrap(), stored);
            assert_eq!(serde_json::from_str::<Provider>(stored).unwrap(), provider);
        }
    }

    #[test]
    fn debug_hides_the_token() {
        let session = Session {
            base_url: "https://crm.example".to_owned(),
            location: LocationId::parse("loc").unwrap(),
            token: "very-secret".into(),
            provider: Provider::Default,
            gate: None,
        };
        assert!(!format!("{session:?}").contains("very-secret"));
    }
}
