//! `Idempotency-Key`: a POST that is repeated within 24 hours gets the answer that the first one got,
//! and does nothing. The same key with another request is refused.
//!
//! Only what was done is remembered. A request that was refused may be corrected and sent again under
//! its key. It may have failed after it did its work, so the same request again finds what is its own
//! and carries on.

use std::error::Error;

use aws::{
    Row,
    once::{Begun, Once},
};
use axum::{
    body::to_bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::ids::{self, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::{
    Api,
    asking::{Asking, First, TENANT_HEADER},
    door::{self, Whole},
    limit::home,
    problem::{Code, Problem},
};

const LONGEST: usize = 255;

/// An answer, to be given again.
#[derive(Debug, Serialize, Deserialize)]
struct Given {
    status: u16,
    content_type: Option<String>,
    etag: Option<String>,
    body: String,
}

/// The key that a request came with.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    if (1..=LONGEST).contains(&key.len()) && key.bytes().all(|c| c.is_ascii_graphic()) {
        return Ok(Some(key.to_owned()));
    }
    Err(Problem::at("Idempotency-Key", format!("it is 1 to {LONGEST} visible ASCII characters")))
}

/// A request under a key.
struct Under {
    home: TenantId,
    who: String,
    key: String,
    now: Timestamp,
}

pub(crate) async fn answer(
    api: &Api,
    request: Whole,
    mut asking: Asking,
) -> Result<Response, Problem> {
    let Some(key) = asking.key.clone() else {
        return Ok(door::plain(api, request, asking).await);
    };
    let (home, who, now) = (home(&asking.caller), asking.caller.subject.clone(), asking.now);
    let under = Under { home, who, key, now };
    let digest = digest(&request);
    let scope = api.deps.store.of(&under.home);
    let row = match scope.begin_once(&under.who, &under.key, &digest, now).await? {
        Begun::Start(row) => row,
        Begun::Replay(sealed) => {
            let opened = api.deps.seal.open(&under.purpose(), &sealed, now).await?;
            return again(opened.as_deref());
        }
        Begun::Busy => {
            let detail = "A request with this Idempotency-Key is being worked on.";
            return Err(Problem::new(Code::RequestInProgress, detail).retry_after(1));
        }
        Begun::Mismatch => {
            let detail = "This Idempotency-Key came with another request in the last 24 hours.";
            return Err(Problem::new(Code::IdempotencyKeyReused, detail));
        }
    };
    asking.first = Some(under.first(&digest, &row.body));
    let (answer, given) = kept(door::plain(api, request, asking).await).await;
    if let Err(e) = under.end(api, &row, given).await {
        // It is given all the same: its work is done. Whoever asks again does it again, and finds
        // what was done by its ids, or by its mark.
        warn!(error = %aws::logs::Chain(&*e), "an answer could not be kept");
    }
    Ok(answer)
}

impl Under {
    /// What its answer is sealed for.
    fn purpose(&self) -> String {
        format!("once#{}#{}#{}", self.home, self.who, self.key)
    }

    fn first(&self, digest: &str, once: &Once) -> First {
        let at = once.since();
        First { at, seed: ids::fingerprint(&[&self.purpose(), digest, &at.to_string()]) }
    }

    async fn end(
        &self,
        api: &Api,
        row: &Row<Once>,
        given: Option<Given>,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let scope = api.deps.store.of(&self.home);
        let Some(given) = given else {
            return Ok(scope.give_back_once(&self.who, &self.key, row).await?);
        };
        let plain = serde_json::to_vec(&given)?;
        let sealed = api.deps.seal.seal(&self.purpose(), &plain, self.now).await?;
        Ok(scope.finish_once(&self.who, &self.key, row, sealed).await?)
    }
}

/// What tells this request from another.
fn digest(request: &Whole) -> String {
    let tenant = request.headers().get(TENANT_HEADER).and_then(|it| it.to_str().ok());
    let body = String::from_utf8_lossy(request.body());
    let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
    ids::fingerprint(&[request.method().as_str(), path, tenant.unwrap_or_default(), &body])
}

/// The answer, and what to keep of it if it says that something was done.
async fn kept(answer: Response) -> (Response, Option<Given>) {
    if !answer.status().is_success() {
        return (answer, None);
    }
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let text = |name| parts.headers.get(name)?.to_str().ok().map(str::to_owned);
    let given = Given {
        status: parts.status.as_u16(),
        content_type: text(header::CONTENT_TYPE),
        etag: text(header::ETAG),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    (Response::from_parts(parts, body.into()), Some(given))
}

fn again(opened: Option<&[u8]>) -> Result<Response, Problem> {
    let given = opened.and_then(|it| serde_json::from_slice::<Given>(it).ok());
    let Some(given) = given else {
        // The secret that it was sealed with is gone.
        let detail = "The request was answered, and its answer can no longer be read.";
        return Err(Problem::new(Code::Conflict, detail));
    };
    let status = StatusCode::from_u16(given.status).unwrap_or(StatusCode::OK);
    let mut response = (status, given.body).into_response();
    let headers = response.headers_mut();
    for (name, value) in [(header::CONTENT_TYPE, given.content_type), (header::ETAG, given.etag)] {
        if let Some(value) = value.and_then(|it| HeaderValue::try_from(it).ok()) {
            headers.insert(name, value);
        }
    }
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    Ok(response)
}
