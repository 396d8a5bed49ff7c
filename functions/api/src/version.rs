//! `ETag` and `If-Match`: a change that is made on an old version is refused instead of undoing a
//! newer one.

use aws::Row;
use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::problem::{Code, Problem};

/// A thing with the version it was read at.
#[derive(Debug)]
pub(crate) struct Versioned<T> {
    pub(crate) version: u64,
    pub(crate) view: T,
    pub(crate) status: StatusCode,
}

impl<T: Serialize> Versioned<T> {
    pub(crate) fn of<R>(row: &Row<R>, view: T) -> Self {
        Self { version: row.version(), view, status: StatusCode::OK }
    }

    pub(crate) fn created(version: u64, view: T) -> Self {
        Self { version, view, status: StatusCode::CREATED }
    }
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.view)).into_response();
        if let Ok(tag) = HeaderValue::try_from(tag(self.version)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

fn tag(version: u64) -> String {
    format!("\"v{version}\"")
}

/// Refuses a change if `If-Match` names another version. Without the header, or with `*`, any is
/// right.
pub(crate) fn expect<T>(headers: &HeaderMap, row: &Row<T>) -> Result<(), Problem> {
    let Some(given) = headers.get(header::IF_MATCH) else { return Ok(()) };
    let given = given.to_str().unwrap_or_default();
    let current = tag(row.version());
    if given.split(',').map(str::trim).any(|it| it == "*" || it == current) {
        return Ok(());
    }
    let detail = format!("The version is {current} now. Read it again and decide again.");
    Err(Problem::new(Code::VersionMismatch, detail))
}

/// Refuses a change of what is not there if `If-Match` names any version of it.
pub(crate) fn expect_nothing(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(header::IF_MATCH) {
        let detail = "There is none, so it has no version. Leave If-Match out to make one.";
        return Err(Problem::new(Code::VersionMismatch, detail));
    }
    Ok(())
}
