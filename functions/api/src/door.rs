//! What every request goes through before it reaches its route, and every answer after.

use axum::{
    Json,
    body::{Body as AxumBody, Bytes},
    http::{HeaderName, HeaderValue, Method, Request as AxumRequest, header},
    response::{IntoResponse, Response as AxumResponse},
};
use domain::access::Caller;
use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use tower::ServiceExt;
use tracing::error;

use crate::{
    Api,
    asking::{self, Asking},
    limit, once, openapi,
    problem::{Code, Problem},
};

/// Bytes of a body. A text has at most 1600 characters, and settings are smaller.
const LARGEST: usize = 256 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request whose caller is known, with its body whole.
pub(crate) type Whole = AxumRequest<Vec<u8>>;

pub(crate) async fn answer(api: &Api, request: Request, now: Timestamp) -> Response<Body> {
    let id = edge::request_id(&request);
    let mut answer = match whole(api, request, &id, now).await {
        Ok(answer) => answer,
        Err(problem) => problem.into_response(),
    };
    if let Ok(id) = HeaderValue::try_from(id) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    let no_store = HeaderValue::from_static("no-store");
    answer.headers_mut().entry(header::CACHE_CONTROL).or_insert(no_store);
    out(answer).await
}

async fn whole(
    api: &Api,
    request: Request,
    id: &str,
    now: Timestamp,
) -> Result<AxumResponse, Problem> {
    if request.uri().path() == "/openapi.json" {
        return Ok(Json(openapi::document()).into_response());
    }
    let caller = edge::caller(&request, now).map_err(|_| {
        let detail = "The key or token is missing, unknown, expired or revoked.";
        Problem::new(Code::Unauthenticated, detail)
    })?;
    let budget = limit::count(&api.deps, &caller, now).await?;
    let answered = if let Some(problem) = budget.refused() {
        Err(problem)
    } else {
        taken(api, request, caller, (id, now)).await
    };
    let mut answer = answered.unwrap_or_else(IntoResponse::into_response);
    budget.show(answer.headers_mut());
    Ok(answer)
}

/// A request of somebody's who may still ask in this minute.
async fn taken(
    api: &Api,
    request: Request,
    caller: Caller,
    (id, now): (&str, Timestamp),
) -> Result<AxumResponse, Problem> {
    let key = once::key(request.headers())?;
    asking::belongs(&api.deps, &caller).await?;
    let asking = Asking { caller, now, request: id.to_owned(), key, first: None };
    routed(api, request, asking).await
}

async fn routed(api: &Api, request: Request, asking: Asking) -> Result<AxumResponse, Problem> {
    let (parts, body) = request.into_parts();
    let body: &[u8] = body.as_ref();
    if body.len() > LARGEST {
        return Err(Problem::new(Code::TooLarge, "The body is larger than 256 KiB."));
    }
    let request = AxumRequest::from_parts(parts, body.to_vec());
    if request.method() == Method::POST && asking.key.is_some() {
        return once::answer(api, request, asking).await;
    }
    Ok(plain(api, request, asking).await)
}

/// Answers without asking whether it was answered before.
pub(crate) async fn plain(api: &Api, mut request: Whole, asking: Asking) -> AxumResponse {
    request.extensions_mut().insert(asking);
    let request = request.map(AxumBody::from);
    match api.router.clone().oneshot(request).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    }
}

async fn out(answer: AxumResponse) -> Response<Body> {
    let (parts, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_else(|e| {
        error!(error = %e, "an answer's body could not be put together");
        Bytes::default()
    });
    let body = if body.is_empty() { Body::Empty } else { text(&body) };
    Response::from_parts(parts, body)
}

/// API Gateway takes texts as they are, and anything else in base64.
fn text(body: &[u8]) -> Body {
    match str::from_utf8(body) {
        Ok(text) => Body::Text(text.to_owned()),
        Err(_) => Body::Binary(body.to_vec()),
    }
}
