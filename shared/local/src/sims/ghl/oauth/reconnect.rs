//! `POST /oauth/reconnect`: a code without a person, where the app is installed still.

use serde_json::json;

use super::{
    Whom,
    grants::{Allowed, CODE_LIVES},
    token::no_app,
};
use crate::sims::ghl::{answer::Answer, refusal::Refusal, request::Asked, state::State};

pub(in crate::sims::ghl) fn reconnect(state: &mut State, asked: &Asked) -> Result<Answer, Refusal> {
    let app = state.app.clone().ok_or_else(no_app)?;
    if !app.reconnects {
        return Err(Refusal::new(404, "Cannot POST /oauth/reconnect"));
    }
    let has = |field, secret: &str| asked.text(field) == Some(secret);
    if !has("clientKey", &app.client_id) || !has("clientSecret", &app.client_secret) {
        return Err(Refusal::oauth(401, "invalid_client", "Client credentials are invalid"));
    }
    // Which words it is refused with where the app is not installed is not known.
    let whom = owner(state, asked)
        .ok_or_else(|| Refusal::new(400, "The app is not installed in this location"))?;
    let code = state.ids.next();
    state.grants.allow(code.clone(), Allowed { whom, scopes: app.scopes }, asked.now);
    let expires_at = format!("{:.3}", asked.now + CODE_LIVES);
    Ok(Answer::new(200, json!({ "authorizationCode": code, "expiresAt": expires_at })))
}

fn owner(state: &State, asked: &Asked) -> Option<Whom> {
    if let Some(location) = asked.text("locationId") {
        return state.installs.is_in(location).then(|| Whom::Location(location.to_owned()));
    }
    let is_ours = asked.text("companyId") == Some(state.company.as_str());
    state.installs.agency().filter(|_| is_ours)
}
