//! Passes a request on to a server behind us, unchanged, and its answer back.

use std::{net::SocketAddr, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, Method, Response, StatusCode, header},
    serve::{Listener, ListenerExt},
};
use tokio::net::TcpListener;
use tracing::debug;

/// A listener whose connections never hold a small packet back.
pub(crate) fn promptly(listener: TcpListener) -> impl Listener<Addr = SocketAddr> {
    listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            debug!(%error, "a connection may be slow");
        }
    })
}

/// What we pass on. The body is whole, because whoever asks us wants to look at it.
#[derive(Debug)]
pub(crate) struct Passing {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer from behind.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A client that passes requests on.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    http: reqwest::Client,
}

impl Proxy {
    pub(crate) fn new() -> Self {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_mins(2))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap_or_default();
        Self { http }
    }

    pub(crate) async fn pass(&self, passing: Passing) -> Result<Answer, reqwest::Error> {
        let request = self
            .http
            .request(passing.method, passing.url)
            .headers(end_to_end(passing.headers))
            .body(passing.body);
        let answer = request.send().await?;
        let status = answer.status();
        let headers = end_to_end(answer.headers().clone());
        Ok(Answer { status, headers, body: answer.bytes().await? })
    }
}

impl From<Answer> for Response<Body> {
    fn from(answer: Answer) -> Self {
        let mut response = Self::new(Body::from(answer.body));
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        response
    }
}

/// The headers without those that speak of one connection only.
fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    const HOP_BY_HOP: [HeaderName; 4] = [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        HeaderName::from_static("keep-alive"),
    ];
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    headers
}
