//! Whom a token speaks for.

use jiff::Timestamp;

use super::{location::Location, oauth::Whom, refusal::Refusal, state::State};

pub(super) enum Bearer {
    Agency,
    Location {
        location: Location,
        /// Whether the token is of the app that owns the location's provider.
        owns_provider: bool,
    },
}

/// Tokens are those that were granted, and those that a location was started with.
pub(super) fn identify(state: &State, token: &str, now: Timestamp) -> Result<Bearer, Refusal> {
    let bearer = match state.grants.speaks_for(token, now) {
        Some(Whom::Agency { .. }) => Bearer::Agency,
        Some(Whom::Location(id)) => {
            let location = state.location(id).cloned().ok_or_else(unknown)?;
            Bearer::Location { location, owns_provider: true }
        }
        None if state.grants.knew(token) => {
            return Err(Refusal::new(401, "Invalid token: access token is invalid"));
        }
        None => with_fixed_token(state, token)?,
    };
    let resource = match &bearer {
        Bearer::Agency => &state.company,
        Bearer::Location { location, .. } => &location.id,
    };
    if state.grants.is_paused(resource) {
        return Err(Refusal::new(400, "Location or agency is inactive"));
    }
    Ok(bearer)
}

fn with_fixed_token(state: &State, token: &str) -> Result<Bearer, Refusal> {
    let knows =
        |it: &&Location| it.token == token || it.foreign_tokens.iter().any(|it| it == token);
    let location = state.locations.iter().find(knows).filter(|_| !token.is_empty());
    let location = location.cloned().ok_or_else(unknown)?;
    Ok(Bearer::Location { owns_provider: location.token == token, location })
}

/// An agency where a location is asked for, or the reverse.
pub(super) fn mismatch() -> Refusal {
    Refusal::new(401, "Token's user type mismatch!")
}

fn unknown() -> Refusal {
    Refusal::new(401, "Invalid JWT")
}
