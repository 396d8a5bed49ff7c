//! A sub-account, and the provider that the app brings to it.

use std::fmt;

/// A sub-account that has our app installed.
#[derive(Clone)]
pub struct Location {
    pub id: String,
    /// The token of the app that owns the provider.
    pub token: String,
    /// Tokens that may read and write, but are not of the app that owns the provider.
    pub foreign_tokens: Vec<String>,
    pub provider_id: String,
    pub provider_kind: ProviderKind,
    /// Whether somebody has chosen the provider as the one for SMS. Uninstalling takes that back.
    pub is_provider_selected: bool,
    /// The `type` of a delivery. Documented is `SMS`, but `Custom` was seen as well.
    pub delivery_type: String,
    pub name: String,
    pub timezone: String,
}

impl Location {
    /// A location with the default SMS provider.
    pub fn new(id: &str, token: &str, provider_id: &str) -> Self {
        Self {
            id: id.to_owned(),
            token: token.to_owned(),
            foreign_tokens: Vec::new(),
            provider_id: provider_id.to_owned(),
            provider_kind: ProviderKind::Default,
            is_provider_selected: true,
            delivery_type: "SMS".to_owned(),
            name: format!("Location {id}"),
            timezone: "America/New_York".to_owned(),
        }
    }

    #[must_use]
    pub fn named(mut self, name: &str, timezone: &str) -> Self {
        name.clone_into(&mut self.name);
        timezone.clone_into(&mut self.timezone);
        self
    }

    /// The provider that carries an SMS which names none, if it is ours.
    pub(super) fn sms_provider(&self) -> Option<&str> {
        let is_ours = self.provider_kind == ProviderKind::Default && self.is_provider_selected;
        is_ours.then_some(self.provider_id.as_str())
    }

    #[must_use]
    pub fn with_additional_channel(mut self) -> Self {
        self.provider_kind = ProviderKind::Additional;
        self
    }
}

/// Never shows a token.
impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Location")
            .field("id", &self.id)
            .field("provider_id", &self.provider_id)
            .field("provider_kind", &self.provider_kind)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderKind {
    /// Replaces the sub-account's SMS provider: messages are of type `SMS`.
    Default,
    /// A channel of its own: messages are of type `Custom` and name the provider.
    Additional,
}
