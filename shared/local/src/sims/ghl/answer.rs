//! What a call is answered with.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse as _, Response},
};
use serde_json::Value;

use super::{limits::Allowance, refusal::Refusal};

/// An answer, and what GHL does besides.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    /// The message that goes to the provider before the answer goes out: a delivery was seen to
    /// arrive before the answer to the call that caused it.
    pub(super) deliver: Option<String>,
    pub(super) retry_after: Option<u32>,
}

impl Answer {
    pub(super) fn new(status: u16, body: Value) -> Self {
        Self { status, body, deliver: None, retry_after: None }
    }

    #[must_use]
    pub(super) fn delivering(mut self, message: String) -> Self {
        self.deliver = Some(message);
        self
    }

    /// The vendor's usual answer of this status.
    pub(super) fn of_status(status: u16) -> Self {
        let message = match status {
            500.. => "Internal server error",
            _ => "Refused on demand",
        };
        Refusal::new(status, message).into()
    }

    /// Every answer carries a trace id, and, if it is known whose call it was, what is left of the
    /// limits.
    pub(super) fn respond(mut self, trace: &str, allowance: Option<Allowance>) -> Response {
        if let Value::Object(fields) = &mut self.body {
            fields.insert("traceId".to_owned(), trace.into());
        }
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_GATEWAY);
        let mut response = (status, Json(self.body)).into_response();
        let limits = allowance.iter().flat_map(Allowance::headers);
        let retry_after = self.retry_after.map(|it| ("retry-after", it.to_string()));
        for (name, value) in limits.chain(retry_after) {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.status, refusal.body)
    }
}
