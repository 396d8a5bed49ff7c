//! Telnyx's error bodies. See
//! <https://developers.telnyx.com/development/api-fundamentals/api-errors>.

use serde_json::{Value, json};

use crate::sims::{carrier::Refusal, server::Answer};

pub(super) fn error(status: u16, code: &str, title: &str, pointer: &str) -> Answer {
    let mut error = detail(code, title);
    if !pointer.is_empty() {
        error["source"] = json!({"pointer": pointer});
    }
    Answer::new(status, json!({"errors": [error]}))
}

/// One entry of `errors`, as in a message's payload.
pub(super) fn detail(code: &str, title: &str) -> Value {
    let url = format!("https://developers.telnyx.com/docs/overview/errors/{code}");
    json!({"code": code, "title": title, "detail": title, "meta": {"url": url}})
}

pub(super) fn usual(status: u16) -> Answer {
    match status {
        401 => error(401, "10009", "Authentication failed", ""),
        403 => error(403, "10010", "Authorization failed", ""),
        404 => error(404, "10005", "Resource not found", ""),
        408 => error(408, "10008", "Request timeout", ""),
        429 => rate_limited(1),
        400..=499 => error(status, "10015", "Bad Request", ""),
        _ => error(status, "10007", "Unexpected error", ""),
    }
}

pub(super) fn refusal(refusal: Refusal) -> Answer {
    match refusal {
        Refusal::OptedOut => error(400, "40300", "Blocked due to STOP message", "/to"),
        Refusal::InvalidNumber => error(400, "40310", "Invalid 'to' address", "/to"),
        Refusal::RateLimited { retry_after } => rate_limited(retry_after.unwrap_or(1)),
    }
}

fn rate_limited(reset: u32) -> Answer {
    error(429, "10011", "Too many requests", "")
        .with_header("x-ratelimit-limit", "50")
        .with_header("x-ratelimit-remaining", "0")
        .with_header("x-ratelimit-reset", reset.to_string())
}
