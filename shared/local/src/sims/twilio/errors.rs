//! Twilio's error bodies. See <https://www.twilio.com/docs/api/errors>.

use serde_json::json;

use crate::sims::{carrier::Refusal, server::Answer};

pub(super) fn error(status: u16, code: u32, message: &str) -> Answer {
    let more_info = format!("https://www.twilio.com/docs/errors/{code}");
    let body = json!({"code": code, "message": message, "more_info": more_info, "status": status});
    Answer::new(status, body)
}

/// The API's own errors carry their status in their code; only 401 is an older one.
pub(super) fn usual(status: u16) -> Answer {
    match status {
        401 => error(401, 20003, "Authenticate"),
        404 => error(404, 20404, "The requested resource was not found"),
        429 => error(429, 20429, "Too Many Requests"),
        _ => error(status, 20_000 + u32::from(status), "An error occurred"),
    }
}

pub(super) fn refusal(refusal: Refusal) -> Answer {
    match refusal {
        Refusal::OptedOut => error(400, 21610, "Attempt to send to unsubscribed recipient"),
        Refusal::InvalidNumber => error(400, 21211, "Invalid 'To' Phone Number"),
        Refusal::RateLimited { retry_after: None } => usual(429),
        Refusal::RateLimited { retry_after: Some(seconds) } => {
            usual(429).with_header("retry-after", seconds.to_string())
        }
    }
}
