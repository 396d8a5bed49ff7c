//! What TP/1 demands of a request to send.

use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::errors::{error, invalid};
use crate::sims::{
    carrier::{
        Media, Wanted,
        checks::{is_absolute_url, is_e164},
    },
    server::Answer,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    to: String,
    from: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    media: Vec<Media>,
    conversation_id: Option<String>,
    correlation_id: Option<String>,
    callback_url: Option<String>,
}

/// The key that makes a request safe to repeat. TP/1 wants one on every send.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<&str, Answer> {
    headers
        .get("idempotency-key")
        .and_then(|key| key.to_str().ok())
        .filter(|key| (1..=64).contains(&key.len()))
        .ok_or_else(|| invalid("Idempotency-Key", "1 to 64 characters are required."))
}

pub(super) fn read(request: &Value) -> Result<Wanted, Answer> {
    let asked = Asked::deserialize(request)
        .map_err(|e| error(400, "invalid_request", None, &e.to_string()))?;
    let body = asked.body.unwrap_or_default();
    for (field, number) in [("to", &asked.to), ("from", &asked.from)] {
        if !is_e164(number) {
            return Err(error(400, "invalid_number", Some(field), "The number is not E.164."));
        }
    }
    if body.is_empty() && asked.media.is_empty() {
        return Err(invalid("body", "A body or media is required."));
    }
    if body.chars().count() > 1600 {
        let message = "At most 1600 characters are allowed.";
        return Err(error(400, "body_too_long", Some("body"), message));
    }
    if asked.media.len() > 10 || !asked.media.iter().all(|it| is_absolute_url(&it.url)) {
        return Err(invalid("media", "At most 10 absolute URLs are allowed."));
    }
    if asked.callback_url.as_ref().is_some_and(|url| !is_absolute_url(url)) {
        return Err(invalid("callbackUrl", "An absolute URL is required."));
    }
    Ok(Wanted {
        from: asked.from,
        to: asked.to,
        body,
        media: asked.media,
        callback: asked.callback_url,
        failover: None,
        particulars: json!({
            "conversationId": asked.conversation_id,
            "correlationId": asked.correlation_id,
        }),
    })
}
