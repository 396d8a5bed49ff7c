//! What a TP/1 provider posts to us, and how often it tries.

use std::time::Duration;

use aws_lc_rs::hmac;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Texting,
    resource::{date, error_code, status},
};
use crate::sims::{
    carrier::{OptOut, Text, ids::Ids},
    posting::{Again, Content, Courier, Dressed, Posted, Posting},
};

/// The pauses before each further attempt, in seconds.
const PAUSES: [u64; 7] = [10, 60, 300, 1800, 7200, 21600, 86400];

/// A text that arrived. A marked one comes as an opt-out event instead.
pub(super) fn arrival(text: &Text, url: String, ids: &Ids) -> Posting {
    let event = match text.opt_out {
        None => "message.received",
        Some(OptOut::Stop) => "optout.stop",
        Some(OptOut::Start) => "optout.start",
        Some(OptOut::Help) => "optout.help",
    };
    let keyword = text.opt_out.map(|_| text.body.trim());
    let media: Vec<_> = text.media.iter().map(|it| json!(it)).collect();
    let particulars = json!({
        "direction": "inbound", "body": text.body, "media": media, "keyword": keyword,
    });
    posting(text, event, url, particulars, ids)
}

/// The latest step of a text of ours.
pub(super) fn report(text: &Text, url: String, ids: &Ids) -> Posting {
    let event = match status(text) {
        "sent" => "message.sent",
        "delivered" => "message.delivered",
        _ => "message.failed",
    };
    let error_code = error_code(text);
    let particulars = json!({
        "direction": "outbound", "body": null, "media": [], "errorCode": error_code,
        "errorMessage": error_code.map(|_| "The text was not delivered."),
        "correlationId": text.particular("correlationId"),
        "conversationId": text.particular("conversationId"),
    });
    posting(text, event, url, particulars, ids)
}

fn posting(text: &Text, event: &str, url: String, particulars: Value, ids: &Ids) -> Posting {
    let id = format!("evt_{}", ids.ulid());
    let at = date(text.steps.last().map_or(text.at, |(at, _)| *at));
    let mut content = json!({
        "specVersion": "tp/1", "eventId": id, "eventType": event, "occurredAt": at,
        "messageId": text.id, "correlationId": null, "conversationId": null,
        "from": text.from, "to": text.to, "timestamp": at, "status": status(text),
        "errorCode": null, "errorMessage": null, "raw": {},
    });
    if let (Value::Object(content), Value::Object(particulars)) = (&mut content, particulars) {
        content.extend(particulars);
    }
    Posting {
        id,
        event: event.to_owned(),
        about: text.id.clone(),
        url,
        failover: None,
        content: Content::Json(content),
        attempt: 1,
    }
}

/// `t=<unix seconds>,v1=<hex of an HMAC-SHA256>`.
fn signature(secret: &str, now: Timestamp, body: &[u8]) -> String {
    let time = now.as_second().to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, &[time.as_bytes(), b".", body].concat());
    format!("t={time},v1={}", hex::encode(tag))
}

impl Courier for Texting {
    fn dress(&self, posting: &Posting, now: Timestamp) -> Dressed {
        let mut event = match &posting.content {
            Content::Json(event) => event.clone(),
            Content::Form(_) => Value::Null,
        };
        event["attempt"] = json!(posting.attempt);
        let body = event.to_string().into_bytes();
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-texting-secret", self.options.secret.clone()),
        ];
        if self.options.signs {
            let signature = signature(&self.options.secret, now, &body);
            headers.push(("x-texting-signature", signature));
        }
        Dressed { url: posting.url.clone(), headers, body }
    }

    fn again(&self, posting: &Posting, answer: &Posted) -> Again {
        let made = usize::try_from(posting.attempt).unwrap_or(usize::MAX);
        match PAUSES.get(made.saturating_sub(1)) {
            Some(&seconds) if !answer.is_accepted() => {
                Again::After { pause: Duration::from_secs(seconds), url: posting.url.clone() }
            }
            _ => Again::Never,
        }
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with `openssl dgst -sha256 -hmac`.
    #[test]
    fn a_signature_is_what_another_implementation_computes() {
        let at: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();

        assert_eq!(
            signature("secret", at, br#"{"a":1}"#),
            "t=1767268800,v1=74202c07965d1b2482dfa68a9aada406bf539d8a99a02132b61f15c19ef518da"
        );
    }
}
