//! The message as the API shows it, and the words it shares with the webhooks.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sims::carrier::{Text, behaviour::Step, segments::segments, text::Direction};

/// The answer to an accepted send.
pub(super) fn acceptance(text: &Text) -> Value {
    let segments = segments(&text.body);
    json!({
        "messageId": text.id,
        "correlationId": text.particular("correlationId"),
        "status": "queued",
        "segments": segments.count,
        "encoding": segments.encoding,
        "createdAt": date(text.at),
    })
}

/// The answer to a look-up: the same, and what became of it.
pub(super) fn resource(text: &Text) -> Value {
    let mut message = acceptance(text);
    message["status"] = json!(status(text));
    message["conversationId"] = json!(text.particular("conversationId"));
    message["from"] = json!(text.from);
    message["to"] = json!(text.to);
    message["errorCode"] = json!(error_code(text));
    message
}

pub(super) fn status(text: &Text) -> &'static str {
    match (text.direction, text.steps.last().map(|(_, step)| step)) {
        (Direction::Inbound, _) => "received",
        (Direction::Outbound, None) => "queued",
        (_, Some(Step::Sent)) => "sent",
        (_, Some(Step::Delivered)) => "delivered",
        (_, Some(Step::Undelivered { .. } | Step::Failed { .. })) => "failed",
    }
}

pub(super) fn error_code(text: &Text) -> Option<&str> {
    match text.steps.last().map(|(_, step)| step) {
        Some(Step::Undelivered { code }) => Some(code.as_deref().unwrap_or("unreachable")),
        Some(Step::Failed { code }) => Some(code.as_deref().unwrap_or("unknown")),
        Some(Step::Sent | Step::Delivered) | None => None,
    }
}

/// As in `2026-01-01T12:00:00.000Z`.
pub(super) fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
