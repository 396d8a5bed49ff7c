//! `POST /oauth/token`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Whom,
    grants::{Allowed, Pair, Refresh},
};
use crate::sims::ghl::{
    agent::USER,
    answer::Answer,
    app::{App, StaleWords},
    refusal::Refusal,
    request::Asked,
    state::State,
};

pub(in crate::sims::ghl) fn token(state: &mut State, asked: &Asked) -> Result<Answer, Refusal> {
    state.grants.calls += 1;
    let client = asked.text("client_id");
    let app = state.app.clone().filter(|it| client == Some(it.client_id.as_str()));
    let has_secret = |app: &App| asked.text("client_secret") == Some(app.client_secret.as_str());
    let wrong = || Refusal::oauth(401, "invalid_client", "Client credentials are invalid");
    match asked.text("grant_type") {
        Some("authorization_code") => {
            // The code is looked at before the client is.
            let allowed = exchange(state, asked, app.as_ref())?;
            let app = app.filter(has_secret).ok_or_else(wrong)?;
            Ok(given(state, &app, allowed, asked.now))
        }
        Some("refresh_token") => {
            let app = app.filter(has_secret).ok_or_else(wrong)?;
            refresh(state, &app, field(asked, "refresh_token", "refreshToken")?, asked.now)
        }
        _ => Err(Refusal::new(400, "Invalid parameter: grantType")),
    }
}

/// What is said to a form that is not as documented, or to what is none.
pub(in crate::sims::ghl) fn unfit(asked: &Asked, problems: &[String]) -> Refusal {
    let required =
        [("client_id", "clientId"), ("client_secret", "clientSecret"), ("grant_type", "grantType")];
    let missing = required.into_iter().find_map(|(name, told)| field(asked, name, told).err());
    let is_known = matches!(
        asked.text("grant_type"),
        Some("authorization_code" | "refresh_token" | "client_credentials")
    );
    match missing {
        Some(refusal) => refusal,
        None if !is_known => Refusal::new(400, "Invalid parameter: grantType"),
        None => Refusal::unprocessable(problems),
    }
}

fn field<'a>(asked: &'a Asked, name: &str, told: &str) -> Result<&'a str, Refusal> {
    let missing = || Refusal::new(400, &format!("Missing parameter: {told}"));
    asked.text(name).filter(|it| !it.is_empty()).ok_or_else(missing)
}

fn exchange(state: &mut State, asked: &Asked, app: Option<&App>) -> Result<Allowed, Refusal> {
    let code = field(asked, "code", "code")?;
    let unknown = || Refusal::oauth(401, "UnAuthorized!", "Authorization code not found");
    let is_same = |app: &App| asked.text("redirect_uri").is_none_or(|it| it == app.redirect_uri);
    if !app.is_some_and(is_same) {
        return Err(unknown());
    }
    state.grants.exchange(code, asked.now).ok_or_else(unknown)
}

fn refresh(state: &mut State, app: &App, token: &str, now: Timestamp) -> Result<Answer, Refusal> {
    state.grants.refreshes += 1;
    match state.grants.refresh(token, &state.company, now) {
        Refresh::Unknown => Err(stale(app)),
        Refresh::Paused => Err(Refusal::new(400, "Location is not active")),
        Refresh::Again(pair) => Ok(Answer::new(200, body(state, &pair, now))),
        Refresh::New(Allowed { whom, scopes }) => {
            let pair = Pair::new(state, app, whom, scopes, now);
            state.grants.use_up(token, &pair.access, now);
            let answer = body(state, &pair, now);
            state.grants.add(pair);
            Ok(Answer::new(200, answer))
        }
    }
}

fn stale(app: &App) -> Refusal {
    match app.stale_words {
        StaleWords::OAuth => Refusal::oauth(400, "invalid_grant", "This refresh token is invalid"),
        StaleWords::Plain => Refusal::new(400, "Invalid grant: refresh token is invalid"),
    }
}

fn given(
    state: &mut State,
    app: &App,
    Allowed { whom, scopes }: Allowed,
    now: Timestamp,
) -> Answer {
    let pair = Pair::new(state, app, whom, scopes, now);
    let answer = body(state, &pair, now);
    state.grants.add(pair);
    Answer::new(200, answer)
}

pub(super) fn no_app() -> Refusal {
    Refusal::oauth(401, "invalid_client", "Client credentials are invalid")
}

/// A pair as it is told. How long it lives is told for a pair that is told again as well.
pub(super) fn body(state: &State, pair: &Pair, now: Timestamp) -> Value {
    let mut body = json!({
        "access_token": pair.access,
        "token_type": "Bearer",
        "expires_in": pair.until.duration_since(now).as_secs(),
        "scope": pair.scopes.join(" "),
        "companyId": state.company,
        "userId": USER,
        "isBulkInstallation": false,
    });
    if let Some(refresh) = &pair.refresh {
        body["refresh_token"] = refresh.as_str().into();
    }
    match &pair.whom {
        Whom::Location(location) => {
            body["userType"] = "Location".into();
            body["locationId"] = location.as_str().into();
        }
        Whom::Agency { locations, future } => {
            let is_approved = |it: &str| locations.iter().any(|approved| approved == it);
            body["userType"] = "Company".into();
            body["isBulkInstallation"] = true.into();
            body["approvedLocations"] = json!(locations);
            body["approveAllLocations"] =
                state.locations.iter().all(|it| is_approved(&it.id)).into();
            body["installToFutureLocations"] = (*future).into();
        }
    }
    body
}
