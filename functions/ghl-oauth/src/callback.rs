//! A person comes back from GoHighLevel.

use app::{InstallError, Link, LinkError, Outcome, RenewalError};
use aws::{Wanted, logs::Chain, metrics};
use ghl::{Kind, Provider, oauth::AuthorizationCode};
use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use tracing::{info, warn};

use crate::{Deps, pages, visit};

pub(crate) async fn answer(deps: &Deps, request: &Request, now: Timestamp) -> Response<Body> {
    let state = edge::query(request, "state").filter(|it| !it.is_empty());
    let wanted = match wanted(deps, state.as_deref(), now).await {
        Ok(wanted) => wanted,
        Err(error) => return visit::refused(&error),
    };
    if let Some(state) = &state
        && !visit::is_marked(request, state)
    {
        return pages::elsewhere_begun();
    }
    let Some(code) = edge::query(request, "code").filter(|it| !it.is_empty()) else {
        return pages::not_allowed();
    };
    let code = AuthorizationCode::new(code);
    match deps.installing.consented(&code, wanted, now).await {
        Ok(outcome) => welcomed(deps, &outcome),
        Err(error) => refused(&error),
    }
}

/// For whom it is, if it was our link that sent them. A `state` that is not ours is not taken for
/// none: whoever made it up may want the location for somebody else.
async fn wanted(
    deps: &Deps,
    state: Option<&str>,
    now: Timestamp,
) -> Result<Option<Wanted>, LinkError> {
    match state {
        Some(state) => Ok(Some(Link::open(&deps.seal, state, now).await?.wanted)),
        None => Ok(None),
    }
}

fn welcomed(deps: &Deps, outcome: &Outcome) -> Response<Body> {
    metrics::count("LocationsConsented");
    match outcome {
        Outcome::Connected { location, brand, again } => {
            info!(%location, "a location was connected");
            let is_beside = matches!(deps.installing.provider, Provider::Additional { .. });
            pages::connected(location, brand, (*again, is_beside))
        }
        Outcome::Waiting { location } => pages::waiting(location),
        Outcome::Agency { locations } => pages::agency(*locations),
        Outcome::ScopesMissing { location, missing, kept } => {
            pages::scopes_missing(location, missing, *kept)
        }
        Outcome::Elsewhere => pages::elsewhere(),
        Outcome::Occupied => pages::occupied(),
    }
}

fn refused(error: &InstallError) -> Response<Body> {
    metrics::count("ConsentsFailed");
    warn!(error = %Chain(error), "a consent came to nothing");
    match error {
        InstallError::Ghl(error) => match error.kind() {
            Kind::CodeNotAccepted => pages::code_used(),
            Kind::Suspended => pages::paused(),
            _ if error.is_transient() => pages::try_again(),
            _ => pages::refused_by_ghl(),
        },
        InstallError::Suspended => pages::paused(),
        InstallError::Nobodys | InstallError::AgencyLost => pages::refused_by_ghl(),
        InstallError::Renewal(RenewalError::NoApp) => pages::not_set_up(),
        InstallError::NotYet
        | InstallError::Store(_)
        | InstallError::Vault(_)
        | InstallError::Renewal(_)
        | InstallError::Secret(_) => pages::try_again(),
    }
}
