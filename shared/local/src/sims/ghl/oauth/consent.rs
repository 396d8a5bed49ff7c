//! Somebody says that the app may.

use jiff::Timestamp;
use url::Url;

use super::grants::Allowed;
use crate::sims::ghl::{app::App, installs, state::State};

/// For what somebody consents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Somebody of the location's.
    Location(String),
    /// Somebody of the agency's, for these of its locations, and for those it will have.
    Agency { locations: Vec<String>, future: bool },
}

/// Installs the app, and gives the code that it gets for it.
pub(super) fn allow(
    state: &mut State,
    consent: Consent,
    scopes: Vec<String>,
    now: Timestamp,
) -> String {
    installs::install(state, &consent, now);
    let code = state.ids.next();
    state.grants.allow(code.clone(), Allowed { whom: consent.into(), scopes }, now);
    code
}

/// Where a browser is sent after a consent.
pub(super) fn redirect(app: &App, code: &str, state: Option<&str>) -> Option<Url> {
    let mut back = Url::parse(&app.redirect_uri).ok()?;
    back.query_pairs_mut().append_pair("code", code);
    if let Some(state) = state {
        back.query_pairs_mut().append_pair("state", state);
    }
    Some(back)
}
