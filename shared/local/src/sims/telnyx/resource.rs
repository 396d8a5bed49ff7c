//! The message as the API and the webhooks show it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Telnyx, errors};
use crate::sims::carrier::{
    Text,
    behaviour::Step,
    segments::segments,
    text::{Direction, OptOut},
};

impl Telnyx {
    pub(super) fn resource(&self, text: &Text) -> Value {
        let segments = segments(&text.body);
        let is_inbound = text.direction == Direction::Inbound;
        let media: Vec<_> = text
            .media
            .iter()
            .map(|it| json!({"url": it.url, "content_type": it.content_type, "sha256": null, "size": null}))
            .collect();
        let profile = text.particular("profile").unwrap_or(&self.options.messaging_profile_id);
        let mut message = json!({
            "record_type": "message",
            "direction": if is_inbound { "inbound" } else { "outbound" },
            "id": text.id,
            "type": if text.media.is_empty() { "SMS" } else { "MMS" },
            "messaging_profile_id": profile,
            "organization_id": "0a6a0000-0000-4000-a000-00000000d0d0",
            "from": {"phone_number": text.from, "carrier": "", "line_type": "Wireless"},
            "to": [{"phone_number": text.to, "status": status(text), "carrier": "", "line_type": "Wireless"}],
            "cc": [],
            "text": text.body,
            "subject": null,
            "media": media,
            "webhook_url": text.callback,
            "webhook_failover_url": text.failover,
            "encoding": segments.encoding,
            "parts": segments.count,
            "tags": [],
            "cost": {"amount": "0.0051", "currency": "USD"},
            "received_at": date(text.at),
            "sent_at": sent_at(text).map(date),
            "completed_at": completed_at(text).map(date),
            "valid_until": (!is_inbound).then(|| date(text.at + SignedDuration::from_hours(1))),
            "errors": errors(text),
        });
        if is_inbound {
            message["autoresponse_type"] = json!(text.opt_out.map(OptOut::as_str));
        }
        message
    }
}

fn status(text: &Text) -> &'static str {
    match (text.direction, text.steps.last().map(|(_, step)| step)) {
        (Direction::Inbound, _) => "webhook_delivered",
        (Direction::Outbound, None) => "queued",
        (_, Some(Step::Sent)) => "sent",
        (_, Some(Step::Delivered)) => "delivered",
        (_, Some(Step::Undelivered { .. })) => "delivery_failed",
        (_, Some(Step::Failed { .. })) => "sending_failed",
    }
}

fn errors(text: &Text) -> Vec<Value> {
    match text.steps.last().map(|(_, step)| step) {
        Some(Step::Undelivered { code }) => {
            vec![errors::detail(code.as_deref().unwrap_or("40008"), "Undeliverable message")]
        }
        Some(Step::Failed { code }) => {
            vec![errors::detail(code.as_deref().unwrap_or("40006"), "Message not sent")]
        }
        Some(Step::Sent | Step::Delivered) | None => Vec::new(),
    }
}

fn sent_at(text: &Text) -> Option<Timestamp> {
    text.steps.iter().find(|(_, step)| *step == Step::Sent).map(|(at, _)| *at)
}

fn completed_at(text: &Text) -> Option<Timestamp> {
    text.steps.last().filter(|(_, step)| *step != Step::Sent).map(|(at, _)| *at)
}

/// As in `2026-01-01T12:00:00.000+00:00`.
pub(super) fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string()
}
