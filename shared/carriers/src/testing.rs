//! What the tests of several carriers share: an hour, a text, a key of Telnyx's, and a carrier
//! that answers as it is told.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    ids::MessageId,
    outbound::OutboundText,
    text::{MediaUrl, MessageText},
};
use egress::reach::Exceptions;
use jiff::Timestamp;

use crate::Callers;

pub(crate) const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

pub(crate) fn text() -> OutboundText {
    OutboundText {
        message: MessageId::parse("msg_1").unwrap(),
        from: "+14155550100".parse().unwrap(),
        to: "+12125550123".parse().unwrap(),
        text: MessageText::new("Grüße & küsse"),
        media: vec![MediaUrl::parse("https://media.example/a.png").unwrap()],
        callback: "https://duplex.example/webhooks/x?message=msg_1".parse().unwrap(),
        validity: Some(Duration::from_hours(24)),
    }
}

pub(crate) fn message(id: &str) -> MessageId {
    MessageId::parse(id).unwrap()
}

/// A client that loses patience quickly.
pub(crate) fn http() -> egress::Client {
    egress::Client::new(limits()).unwrap()
}

/// The same, for whoever's address it is.
pub(crate) fn callers() -> Callers {
    Callers::new(limits(), Exceptions::default()).unwrap()
}

fn limits() -> egress::Limits {
    egress::Limits { total: Duration::from_millis(300), ..egress::Limits::default() }
}

pub(crate) struct TelnyxKey(Ed25519KeyPair);

impl TelnyxKey {
    pub(crate) fn generate() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    pub(crate) fn public(&self) -> String {
        STANDARD.encode(self.0.public_key())
    }

    pub(crate) fn sign(&self, timestamp: &str, body: &[u8]) -> String {
        STANDARD.encode(self.0.sign(&[timestamp.as_bytes(), b"|", body].concat()))
    }
}

/// A carrier that gives every call the same answer and remembers the calls.
pub(crate) struct Carrier {
    pub(crate) base_url: String,
    heard: Calls,
}

#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }
}

type Calls = Arc<Mutex<Vec<Heard>>>;

/// What a carrier answers: a status, headers and a body, or nothing for longer than anybody waits.
#[derive(Clone, Copy)]
pub(crate) enum Says {
    This(u16, &'static [(&'static str, &'static str)], &'static str),
    Nothing,
}

impl Carrier {
    pub(crate) async fn that_says(says: Says) -> Self {
        let heard = Calls::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state((says, heard.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base_url, heard }
    }

    /// An address at which nobody listens.
    pub(crate) async fn that_is_gone() -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    pub(crate) fn calls(&self) -> usize {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The one call that was made.
    pub(crate) fn call(&self) -> Heard {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(heard.len(), 1, "one call per send");
        heard[0].clone()
    }
}

async fn answer(State((says, calls)): State<(Says, Calls)>, request: Request) -> Response {
    let (Parts { uri, headers, .. }, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let heard = Heard { path: uri.path().to_owned(), headers, body };
    calls.lock().unwrap_or_else(PoisonError::into_inner).push(heard);
    match says {
        Says::This(status, headers, body) => {
            let mut answer = (StatusCode::from_u16(status).unwrap(), body).into_response();
            for (name, value) in headers {
                answer.headers_mut().insert(*name, value.parse().unwrap());
            }
            answer
        }
        Says::Nothing => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            StatusCode::OK.into_response()
        }
    }
}
