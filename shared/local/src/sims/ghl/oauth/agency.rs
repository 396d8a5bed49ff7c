//! From an agency to its locations.

use serde_json::json;

use super::{
    Whom,
    grants::Pair,
    token::{self, no_app},
};
use crate::sims::ghl::{
    answer::Answer, location::Location, refusal::Refusal, request::Asked, state::State,
};

/// `POST /oauth/locationToken`: a token for one of an agency's locations. Documents differ on
/// whether there is one to refresh it.
pub(in crate::sims::ghl) fn location_token(
    state: &mut State,
    asked: &Asked,
) -> Result<Answer, Refusal> {
    let app = state.app.clone().ok_or_else(no_app)?;
    let location = asked.text("locationId").unwrap_or_default();
    let is_ours = asked.text("companyId") == Some(state.company.as_str());
    // The words are not known.
    if !is_ours || !state.installs.is_in(location) {
        return Err(Refusal::new(400, "The app is not installed in this location"));
    }
    if state.grants.is_paused(location) {
        return Err(Refusal::new(400, "Location is not active"));
    }
    let whom = Whom::Location(location.to_owned());
    let mut pair = Pair::new(state, &app, whom, app.scopes.clone(), asked.now);
    pair.refresh = pair.refresh.filter(|_| app.location_tokens_refresh);
    let mut body = token::body(state, &pair, asked.now);
    body["appId"] = app.id().into();
    body["versionId"] = app.version_id.as_str().into();
    state.grants.add(pair);
    Ok(Answer::new(201, body))
}

/// `GET /oauth/installedLocations`.
pub(in crate::sims::ghl) fn installed_locations(
    state: &State,
    asked: &Asked,
) -> Result<Answer, Refusal> {
    let app = state.app.as_ref().ok_or_else(no_app)?;
    if asked.query("appId") != Some(app.id()) {
        return Err(Refusal::unprocessable(&["appId must be the app's".to_owned()]));
    }
    if asked.query("companyId") != Some(state.company.as_str()) {
        return Err(Refusal::foreign_location());
    }
    let listed: Vec<_> = state.locations.iter().filter(|it| is_meant(state, asked, it)).collect();
    let number = |name, usual| asked.query(name).and_then(|it| it.parse().ok()).unwrap_or(usual);
    let page = listed.iter().skip(number("skip", 0)).take(number("limit", 20));
    let locations: Vec<_> = page
        .map(|it| {
            let mut shown = json!({
                "_id": it.id, "name": it.name, "address": "",
                "isInstalled": state.installs.is_in(&it.id),
            });
            if let Some(at) = state.installs.since(&it.id) {
                shown["versionId"] = app.version_id.as_str().into();
                shown["installedAt"] = format!("{at:.3}").into();
            }
            shown
        })
        .collect();
    let body = json!({
        "locations": locations,
        "count": listed.len(),
        "installToFutureLocations": state.installs.covers_future(),
    });
    Ok(Answer::new(200, body))
}

fn is_meant(state: &State, asked: &Asked, location: &Location) -> bool {
    asked.query("locationId").is_none_or(|it| it == location.id)
        && asked.query("query").is_none_or(|it| location.name.contains(it))
        && asked
            .query("isInstalled")
            .is_none_or(|it| (it == "true") == state.installs.is_in(&location.id))
}
