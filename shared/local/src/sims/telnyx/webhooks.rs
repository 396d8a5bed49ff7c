//! What Telnyx posts to us, and how often it tries.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Telnyx, resource::date};
use crate::sims::{
    carrier::{Text, behaviour::Step, ids::Ids},
    posting::{Again, Content, Courier, Dressed, Posted, Posting},
};

/// Attempts for each URL: the webhook's, then the failover's.
const ATTEMPTS: u32 = 3;

/// Telnyx says that it backs off, but not how far. This is a guess.
const BACK_OFF: Duration = Duration::from_secs(5);

/// `message.sent` on the way, and `message.finalized` at the end, whatever the end is.
pub(super) fn report_type(text: &Text) -> &'static str {
    match text.steps.last() {
        Some((_, Step::Sent)) => "message.sent",
        _ => "message.finalized",
    }
}

impl Telnyx {
    pub(super) fn event(&self, text: &Text, event: &str, url: String, ids: &Ids) -> Posting {
        let id = ids.uuid();
        let occurred_at = text.steps.last().map_or(text.at, |(at, _)| *at);
        let content = json!({"data": {
            "event_type": event,
            "id": id,
            "occurred_at": date(occurred_at),
            "payload": self.resource(text),
            "record_type": "event",
        }});
        Posting {
            id,
            event: event.to_owned(),
            about: text.id.clone(),
            url,
            failover: text.failover.clone(),
            content: Content::Json(content),
            attempt: 1,
        }
    }

    fn signature(&self, timestamp: &str, body: &[u8]) -> String {
        let signed = [timestamp.as_bytes(), b"|", body].concat();
        STANDARD.encode(self.key_pair.sign(&signed))
    }
}

impl Courier for Telnyx {
    fn dress(&self, posting: &Posting, now: Timestamp) -> Dressed {
        let mut event = match &posting.content {
            Content::Json(event) => event.clone(),
            Content::Form(_) => Value::Null,
        };
        event["meta"] = json!({"attempt": posting.attempt, "delivered_to": posting.url});
        let body = event.to_string().into_bytes();
        let timestamp = now.as_second().to_string();
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("telnyx-signature-ed25519", self.signature(&timestamp, &body)),
            ("telnyx-timestamp", timestamp),
        ];
        Dressed { url: posting.url.clone(), headers, body }
    }

    fn again(&self, posting: &Posting, answer: &Posted) -> Again {
        let url = match (&posting.failover, posting.attempt) {
            _ if answer.is_accepted() => return Again::Never,
            (_, attempt) if attempt < ATTEMPTS => &posting.url,
            (Some(failover), attempt) if attempt < 2 * ATTEMPTS => failover,
            _ => return Again::Never,
        };
        Again::After { pause: BACK_OFF * posting.attempt, url: url.clone() }
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(2)
    }
}
