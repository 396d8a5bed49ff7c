//! A simulator with an app in its marketplace, and the app's side of it.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::super::*;
use crate::sims::clock::Clock;

pub(super) const CLIENT_ID: &str = "5f00000000000000000000aa-abcd1234";
pub(super) const SECRET: &str = "the-secret-of-the-app";
pub(super) const COMPANY: &str = "companySimulated0001";
pub(super) const PHONE: &str = "+12025550123";

/// The app's server: it keeps what it is told, and answers as it was told to.
#[derive(Clone)]
pub(super) struct Ours {
    pub(super) events: Arc<Mutex<Vec<(String, Bytes)>>>,
    pub(super) callbacks: Arc<Mutex<Vec<String>>>,
    pub(super) answer: Arc<Mutex<StatusCode>>,
}

pub(super) struct Fixture {
    pub(super) ghl: GhlSim,
    pub(super) clock: Clock,
    pub(super) client: reqwest::Client,
    pub(super) ours: Ours,
    server: Server,
}

impl Ours {
    async fn start() -> (Self, Server) {
        let answer = Arc::new(Mutex::new(StatusCode::OK));
        let ours = Self { events: Arc::default(), callbacks: Arc::default(), answer };
        let router = Router::new()
            .route("/hook", post(hear))
            .route("/callback", get(come_back))
            .with_state(ours.clone());
        (ours, Server::start(0, router).await.unwrap())
    }

    pub(super) fn heard(&self) -> Vec<Value> {
        let events = self.events.lock().unwrap();
        events.iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect()
    }

    pub(super) fn answers(&self, status: u16) {
        *self.answer.lock().unwrap() = StatusCode::from_u16(status).unwrap();
    }
}

async fn hear(State(ours): State<Ours>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers["x-ghl-signature"].to_str().unwrap().to_owned();
    ours.events.lock().unwrap().push((signature, body));
    *ours.answer.lock().unwrap()
}

async fn come_back(State(ours): State<Ours>, RawQuery(query): RawQuery) -> StatusCode {
    ours.callbacks.lock().unwrap().push(query.unwrap_or_default());
    StatusCode::OK
}

impl Fixture {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let (ours, server) = Ours::start().await;
        let clock = Clock::set_to("2026-01-01T12:00:00Z".parse().unwrap());
        let mut app = App::new(CLIENT_ID, SECRET, &format!("{}/callback", server.base_url()));
        app.webhook_url = Some(format!("{}/hook", server.base_url()));
        let mut options = Options::new(clock.clone())
            .app(app)
            .location(Location::new("loc1", "token1", "provider1"))
            .location(Location::new("loc2", "token2", "provider2").named("Zwei", "Europe/Berlin"));
        change(&mut options);
        let ghl = GhlSim::start(options).await.unwrap();
        let client = server::client(std::time::Duration::from_secs(5)).unwrap();
        Self { ghl, clock, client, ours, server }
    }

    /// Where the app's events go.
    pub(super) fn hook(&self) -> String {
        format!("{}/hook", self.server.base_url())
    }

    pub(super) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.ghl.base_url()))
    }

    /// A call to the token endpoint, with the app's credentials.
    pub(super) async fn token(&self, fields: &[(&str, &str)]) -> (u16, Value) {
        let mut form = vec![("client_id", CLIENT_ID), ("client_secret", SECRET)];
        form.extend(fields);
        read(self.request(Method::POST, "/oauth/token").form(&form)).await
    }

    pub(super) async fn exchange(&self, consent: Consent) -> Value {
        let code = self.ghl.consent(consent);
        let form = [("grant_type", "authorization_code"), ("code", code.as_str())];
        let (status, body) = self.token(&form).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    pub(super) async fn refresh(&self, token: &Value) -> (u16, Value) {
        let token = token.as_str().unwrap();
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
    ) -> (u16, Value) {
        let request = self.request(method, path).bearer_auth(token);
        read(request.header("version", "2021-07-28").json(&body)).await
    }

    pub(super) async fn get(&self, path: &str, token: &Value) -> (u16, Value) {
        self.call(Method::GET, path, token.as_str().unwrap(), Value::Null).await
    }

    pub(super) async fn contact(&self) -> String {
        let body = json!({ "locationId": "loc1", "phone": PHONE });
        let (status, body) = self.call(Method::POST, "/contacts/upsert", "token1", body).await;
        assert_eq!(status, 200, "{body}");
        body["contact"]["id"].as_str().unwrap().to_owned()
    }
}

pub(super) async fn read(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

pub(super) fn of_location() -> Consent {
    Consent::Location("loc1".to_owned())
}

pub(super) fn of_agency(future: bool) -> Consent {
    Consent::Agency { locations: vec!["loc1".to_owned()], future }
}
