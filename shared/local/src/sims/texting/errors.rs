//! TP/1's error bodies.

use serde_json::json;

use crate::sims::{carrier::Refusal, server::Answer};

pub(super) fn error(status: u16, code: &str, field: Option<&str>, message: &str) -> Answer {
    let is_retryable = matches!(code, "rate_limited" | "provider_error");
    let error =
        json!({"code": code, "message": message, "field": field, "retryable": is_retryable});
    Answer::new(status, json!({"error": error}))
}

pub(super) fn invalid(field: &str, message: &str) -> Answer {
    error(400, "invalid_request", Some(field), message)
}

pub(super) fn usual(status: u16) -> Answer {
    match status {
        401 => error(401, "unauthenticated", None, "The API key is missing or wrong."),
        403 => error(403, "forbidden_sender", Some("from"), "You may not send from this number."),
        404 => error(404, "not_found", None, "There is no such message."),
        409 => error(409, "conflict", None, "The request conflicts with another."),
        422 => error(422, "content_rejected", Some("body"), "The text was rejected."),
        429 => rate_limited(1),
        400..=499 => error(status, "invalid_request", None, "The request is not understood."),
        _ => error(status, "provider_error", None, "Something went wrong on our side."),
    }
}

pub(super) fn refusal(refusal: Refusal) -> Answer {
    match refusal {
        Refusal::OptedOut => {
            error(409, "recipient_opted_out", Some("to"), "The recipient has opted out.")
        }
        Refusal::InvalidNumber => {
            error(400, "invalid_number", Some("to"), "The number cannot receive texts.")
        }
        Refusal::RateLimited { retry_after } => rate_limited(retry_after.unwrap_or(1)),
    }
}

fn rate_limited(retry_after: u32) -> Answer {
    error(429, "rate_limited", None, "Too many requests.")
        .with_header("retry-after", retry_after.to_string())
}
