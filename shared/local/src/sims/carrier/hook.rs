//! A webhook for the simulators' own tests: it writes down what is posted to it, and answers as
//! told.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use jiff::Timestamp;
use serde_json::Value;

use super::Setting;
use crate::sims::{clock::Clock, server::Server};

pub(crate) struct Hook {
    told: Arc<Told>,
    server: Server,
}

#[derive(Default)]
struct Told {
    posts: Mutex<Vec<Post>>,
    answers: Mutex<VecDeque<u16>>,
}

#[derive(Clone)]
pub(crate) struct Post {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Hook {
    pub(crate) async fn start() -> Self {
        let told = Arc::new(Told::default());
        let router = Router::new().route("/hook", post(hear)).with_state(told.clone());
        Self { told, server: Server::start(0, router).await.unwrap() }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/hook", self.server.base_url())
    }

    /// Answers the next posts with these, and all others with 200.
    pub(crate) fn answer_next(&self, statuses: &[u16]) {
        self.told.answers.lock().unwrap().extend(statuses);
    }

    pub(crate) fn posts(&self) -> Vec<Post> {
        self.told.posts.lock().unwrap().clone()
    }
}

async fn hear(State(told): State<Arc<Told>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    told.posts.lock().unwrap().push(Post { headers, body: body.into() });
    let status = told.answers.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}

impl Post {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Noon, and callbacks on demand.
pub(crate) fn at_noon() -> Setting {
    let noon: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    Setting::manual(Clock::set_to(noon))
}

pub(crate) fn http() -> reqwest::Client {
    crate::sims::server::client(std::time::Duration::from_secs(5)).unwrap()
}
