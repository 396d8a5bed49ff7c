//! A GoHighLevel that answers what it is told to and remembers what it was asked.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Response, Uri},
};
use domain::{ids::LocationId, phone::PhoneNumber};
use egress::Limits;
use ghl::{Client, Provider, Session};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub(crate) const LOCATION: &str = "loc1";
pub(crate) const TOKEN: &str = "token-that-nobody-may-see";

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Value>,
    pub(crate) form: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Debug)]
pub(crate) struct Crm {
    pub(crate) client: Client,
    pub(crate) session: Session,
    script: Script,
}

/// An answer without headers. A string is the body itself, anything else its JSON.
pub(crate) fn answer(status: u16, body: impl Into<Value>) -> Answer {
    let body = match body.into() {
        Value::String(text) => text,
        json => json.to_string(),
    };
    Answer { status, headers: Vec::new(), body }
}

/// An answer with a sentence in it.
pub(crate) fn said(status: u16, message: impl Into<Value>) -> Answer {
    let message = message.into();
    answer(status, json!({ "statusCode": status, "message": message, "traceId": "trace-1" }))
}

pub(crate) fn number(raw: &str) -> PhoneNumber {
    raw.parse().unwrap()
}

impl Crm {
    /// Gives these answers, one after the other, and never another.
    pub(crate) async fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Script::default();
        script.answers.lock().unwrap().extend(answers);

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(reply).with_state(script.clone());
        tokio::spawn(async { axum::serve(listener, router).await });

        Self { client: client(Limits::default()), session: session(base_url), script }
    }

    /// Nobody listens there.
    pub(crate) async fn nowhere() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        Self {
            client: client(Limits::default()),
            session: session(base_url),
            script: Script::default(),
        }
    }

    /// The client may not go there.
    pub(crate) fn forbidden() -> Self {
        let exceptions = egress::reach::Exceptions::default();
        let http = egress::Client::for_tenants_addresses(Limits::default(), exceptions).unwrap();
        Self {
            client: Client::new(http),
            session: session("https://127.0.0.1".to_owned()),
            script: Script::default(),
        }
    }

    /// Somebody listens and says nothing. The listener lives as long as what is returned.
    pub(crate) async fn silent() -> (Self, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let limits = Limits { total: Duration::from_millis(300), ..Limits::default() };
        let session = session(format!("http://{}", listener.local_addr().unwrap()));
        (Self { client: client(limits), session, script: Script::default() }, listener)
    }

    /// What it was asked so far. Every answer must have been fetched.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        assert!(self.script.answers.lock().unwrap().is_empty(), "an answer was not fetched");
        self.script.asked.lock().unwrap().clone()
    }

    /// The paths it was asked for so far.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|it| format!("{} {}", it.method, it.path)).collect()
    }
}

fn client(limits: Limits) -> Client {
    Client::new(egress::Client::new(limits).unwrap())
}

fn session(base_url: String) -> Session {
    Session {
        base_url,
        location: LocationId::parse(LOCATION).unwrap(),
        token: TOKEN.into(),
        provider: Provider::Default,
        gate: None,
    }
}

async fn reply(
    State(script): State<Script>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let url = url::Url::parse(&format!("http://crm{uri}")).unwrap();
    script.asked.lock().unwrap().push(Asked {
        method,
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        headers,
        body: serde_json::from_slice(&body).ok(),
        form: url::form_urlencoded::parse(&body).into_owned().collect(),
    });

    let next = script.answers.lock().unwrap().pop_front();
    let answer = next.unwrap_or_else(|| answer(418, "nothing left to say"));
    let response = Response::builder().status(answer.status);
    let response =
        answer.headers.iter().fold(response, |it, (name, value)| it.header(*name, *value));
    response.body(answer.body.into()).unwrap()
}
