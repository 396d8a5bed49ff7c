//! What a test may do to tokens, and ask of them.

use super::{Consent, consent};
use crate::sims::ghl::{GhlSim, app::App};

impl GhlSim {
    /// Somebody consents, and this is the code that the app gets for it.
    pub fn consent(&self, consent: Consent) -> String {
        let now = self.shared.options.clock.now();
        let mut state = self.shared.state();
        let scopes = state.app.as_ref().map(|it| it.scopes.clone()).unwrap_or_default();
        consent::allow(&mut state, consent, scopes, now)
    }

    /// Somebody consents, and this is where their browser is sent. Nowhere without an app.
    pub fn consent_url(&self, consent: Consent, state: Option<&str>) -> Option<String> {
        let app = self.shared.state().app.clone()?;
        let url = consent::redirect(&app, &self.consent(consent), state)?;
        Some(url.into())
    }

    /// What the next consents allow.
    pub fn set_scopes(&self, scopes: &[&str]) {
        self.set_app(|app| app.scopes = scopes.iter().map(|&it| it.to_owned()).collect());
    }

    /// Changes how the app is set up.
    pub fn set_app(&self, change: impl FnOnce(&mut App)) {
        if let Some(app) = &mut self.shared.state().app {
            change(app);
        }
    }

    /// How many refreshes have reached the token endpoint.
    pub fn refreshes(&self) -> usize {
        self.shared.state().grants.refreshes
    }

    /// How many requests of any kind have reached the token endpoint.
    pub fn token_calls(&self) -> usize {
        self.shared.state().grants.calls
    }

    /// No token of this location's is known any more.
    pub fn lose_tokens(&self, location: &str) {
        self.shared.state().grants.lose(location);
    }

    /// The access tokens of this location's are refused from now on.
    pub fn expire_access(&self, location: &str) {
        self.shared.state().grants.expire(location);
    }

    /// A location, or an agency, that is paused is refused everything, and keeps its tokens.
    pub fn set_paused(&self, location: &str, paused: bool) {
        self.shared.state().grants.pause(location, paused);
    }
}
