//! The server in front.

use std::{io, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header},
};
use futures_util::stream;
use serde_json::Value;
use tokio::{net::TcpListener, sync::oneshot};
use tracing::warn;

use super::{
    Shared,
    fault::{How, When},
    meter,
};
use crate::emulator::proxy::{Passing, promptly};

const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");

pub(super) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
) {
    let app = Router::new()
        .fallback(answer)
        .layer(DefaultBodyLimit::max(16 * 1024 * 1024))
        .with_state(shared);
    let server =
        axum::serve(promptly(listener), app).with_graceful_shutdown(async { drop(stopped.await) });
    if let Err(error) = server.await {
        warn!(%error, "a gate stopped");
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let operation = operation(&headers).to_owned();
    shared.meter.count(&operation);
    let fault = shared.faults.next(&operation);
    if let Some((When::Before, how)) = fault {
        return fail(how);
    }
    let passing =
        Passing { method, url: shared.behind.clone(), headers, body: priced(&operation, body) };
    let answer = match shared.proxy.pass(passing).await {
        Ok(answer) => answer,
        Err(error) => {
            warn!(%error, operation, "the emulator behind a gate did not answer");
            return fail(How::InternalError);
        }
    };
    if answer.status.is_success() {
        shared.meter.charge(&operation, &answer.body);
    }
    match fault {
        Some((_, how)) => fail(how),
        None => answer.into(),
    }
}

fn operation(headers: &HeaderMap) -> &str {
    let target = headers.get("x-amz-target").and_then(|it| it.to_str().ok()).unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default()
}

/// The request, made to ask what it costs unless it does already.
fn priced(operation: &str, body: Bytes) -> Bytes {
    if !meter::has_a_price(operation) {
        return body;
    }
    let Ok(Value::Object(mut request)) = serde_json::from_slice(&body) else { return body };
    let asks = request.get("ReturnConsumedCapacity").is_some_and(|it| it != "NONE");
    if asks {
        return body;
    }
    request.insert("ReturnConsumedCapacity".to_owned(), "TOTAL".into());
    Value::Object(request).to_string().into()
}

fn fail(how: How) -> Response<Body> {
    let (status, kind) = match how {
        How::InternalError => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
        How::Throttled => (StatusCode::BAD_REQUEST, "ThrottlingException"),
        How::Dropped => return broken_off(),
    };
    let namespace = "com.amazonaws.dynamodb.v20120810";
    let body = format!(r#"{{"__type":"{namespace}#{kind}","message":"a fault on demand"}}"#);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// The first bytes of an answer; then the connection breaks.
fn broken_off() -> Response<Body> {
    let lost =
        stream::iter([Ok(Bytes::from_static(b"{")), Err(io::Error::other("lost on demand"))]);
    let mut response = Response::new(Body::from_stream(lost));
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("1024"));
    response
}
