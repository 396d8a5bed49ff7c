//! The page on which a person chooses where the app may be.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    extract::{Query, State as Extracted},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};

use super::{Consent, consent};
use crate::sims::ghl::{Shared, app::App, location::Location, state::State};

const STYLE: &str = "body{font:1.05rem/1.6 system-ui,sans-serif;color:#1c2430;background:#f6f7f9;\
    margin:0;padding:12vh 1.5rem}main{max-width:34rem;margin:auto;background:#fff;\
    border:1px solid #dfe3e8;border-radius:.6rem;padding:2rem 2.2rem}h1{font-size:1.35rem;\
    margin:0 0 .6rem}a{display:block;margin:.6rem 0;padding:.7rem 1rem;border:1px solid #c9d1da;\
    border-radius:.4rem;color:#1c2430;text-decoration:none}a:hover{background:#f0f4f8}\
    .name{color:#66707c;font-size:.9rem;margin:0 0 1.4rem}";

/// The choices that no location has as its id.
const ALL: &str = "*";
const ALL_AND_FUTURE: &str = "*+";

type Asked = HashMap<String, String>;

pub(in crate::sims::ghl) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v2/oauth/chooselocation", get(page))
        .route("/oauth/chooselocation", get(elsewhere))
        .route("/_consent", get(chosen))
}

/// The older address of the page.
async fn elsewhere(Query(asked): Query<Asked>) -> Redirect {
    Redirect::to(&format!("/v2/oauth/chooselocation?{}", query(&asked)))
}

async fn page(Extracted(shared): Extracted<Arc<Shared>>, Query(asked): Query<Asked>) -> Response {
    let state = shared.state();
    if let Err(why) = known(state.app.as_ref(), &asked) {
        return refused(why);
    }
    let link = |choice: &str, text: &str| {
        let mut chosen = asked.clone();
        chosen.insert("choice".to_owned(), choice.to_owned());
        format!("<a href=\"/_consent?{}\">{}</a>", escaped(&query(&chosen)), escaped(text))
    };
    let of_location = |it: &Location| link(&it.id, &it.name);
    let locations: String = state.locations.iter().map(of_location).collect();
    let all = link(ALL, "The whole agency");
    let future = link(ALL_AND_FUTURE, "The whole agency, and the locations it will have");
    let said =
        "An app would like to read and write contacts and conversations. Choose where it may.";
    Html(html("Connect an app", said, &format!("{locations}{all}{future}"))).into_response()
}

async fn chosen(Extracted(shared): Extracted<Arc<Shared>>, Query(asked): Query<Asked>) -> Response {
    let now = shared.options.clock.now();
    let mut state = shared.state();
    let app = match known(state.app.as_ref(), &asked) {
        Ok(app) => app.clone(),
        Err(why) => return refused(why),
    };
    let choice = asked.get("choice").map(String::as_str).unwrap_or_default();
    let Some(consent) = consent_to(&state, choice) else {
        return refused("There is no such location.");
    };
    let scopes = granted(&app, asked.get("scope").map(String::as_str).unwrap_or_default());
    let code = consent::allow(&mut state, consent, scopes, now);
    let given = asked.get("state").map(String::as_str);
    match consent::redirect(&app, &code, given) {
        Some(back) => Redirect::to(back.as_str()).into_response(),
        None => refused("The redirect_uri is no address."),
    }
}

fn consent_to(state: &State, choice: &str) -> Option<Consent> {
    if matches!(choice, ALL | ALL_AND_FUTURE) {
        let locations = state.locations.iter().map(|it| it.id.clone()).collect();
        return Some(Consent::Agency { locations, future: choice == ALL_AND_FUTURE });
    }
    Some(Consent::Location(state.location(choice)?.id.clone()))
}

/// What was asked for, as far as the app may ask for it.
fn granted(app: &App, asked: &str) -> Vec<String> {
    let may = |it: &&str| app.scopes.is_empty() || app.scopes.iter().any(|scope| scope == it);
    asked.split_whitespace().filter(may).map(str::to_owned).collect()
}

fn known<'a>(app: Option<&'a App>, asked: &Asked) -> Result<&'a App, &'static str> {
    let app = app.ok_or("There is no app.")?;
    if asked.get("client_id") != Some(&app.client_id) {
        return Err("There is no app of this client_id.");
    }
    if asked.get("redirect_uri") != Some(&app.redirect_uri) {
        return Err("The redirect_uri is not the one that the app has registered.");
    }
    Ok(app)
}

fn query(asked: &Asked) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(asked).finish()
}

fn refused(why: &str) -> Response {
    let page = html("Something is wrong with the link", why, "");
    (StatusCode::BAD_REQUEST, Html(page)).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn html(title: &str, said: &str, rest: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main><p class=\"name\">Simulated GoHighLevel</p>\
         <h1>{title}</h1><p>{said}</p>{rest}</main></body></html>"
    )
}
