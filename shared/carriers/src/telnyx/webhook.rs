//! What Telnyx tells us: texts to our numbers, and what became of texts of ours.

use std::fmt;

use domain::{
    delivery::Report,
    failure::{Failure, Reason},
    heard::{Heard, HeardReport, InboundText, Notice},
    ids::{MessageId, ProviderMessageId},
    keyword::Keyword,
    text::{MediaUrl, MessageText},
};
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};

use super::{Verifier, codes, signature};
use crate::read::{self, Code, Forged, Malformed, ends, moment, word, word_or_hash};

/// A webhook that Telnyx signed for this account. There is no other way to come by one.
pub struct Webhook {
    body: Vec<u8>,
}

impl Webhook {
    /// Reads a body as it came, byte for byte. `signature` is the header
    /// `telnyx-signature-ed25519`, `timestamp` is `telnyx-timestamp`.
    pub fn authenticate(
        verifier: &Verifier,
        body: &[u8],
        signature: Option<&str>,
        timestamp: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, Forged> {
        let signature = signature.ok_or(Forged)?;
        signature::check(verifier, body, signature, timestamp.ok_or(Forged)?, now)?;
        Ok(Self { body: body.to_vec() })
    }

    /// What the webhook says. `message` is our own id, if the address it came to names one.
    pub fn notice(&self, message: Option<MessageId>, now: Timestamp) -> Result<Notice, Malformed> {
        let Head { id, event_type } = self.event()?;
        let heard = match event_type.as_str() {
            "message.received" => self.event::<News<Incoming>>()?.text(now)?,
            "message.sent" | "message.finalized" => {
                self.event::<News<Outgoing>>()?.report(message, now)?
            }
            other => Heard::Ignored { what: word(other).to_owned() },
        };
        Ok(Notice { dedupe_key: format!("telnyx:{}", word_or_hash(&id)), heard })
    }

    fn event<T: DeserializeOwned>(&self) -> Result<T, Malformed> {
        let Envelope { data } = read::json(&self.body)?;
        Ok(data)
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

#[derive(Deserialize)]
struct Head {
    id: String,
    event_type: String,
}

#[derive(Deserialize)]
struct News<T> {
    occurred_at: Option<String>,
    payload: T,
}

#[derive(Deserialize)]
struct Incoming {
    id: String,
    from: End,
    to: Vec<End>,
    text: Option<String>,
    media: Option<Vec<Media>>,
    received_at: Option<String>,
    autoresponse_type: Option<String>,
}

#[derive(Deserialize)]
struct Outgoing {
    id: String,
    to: Vec<End>,
    errors: Option<Vec<Problem>>,
}

#[derive(Deserialize)]
struct End {
    #[serde(default)]
    phone_number: String,
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
struct Media {
    url: Option<String>,
}

#[derive(Deserialize)]
struct Problem {
    code: Code,
    title: Option<String>,
}

impl News<Incoming> {
    fn text(self, now: Timestamp) -> Result<Heard, Malformed> {
        let Incoming { id, from, to, text, media, received_at, autoresponse_type } = self.payload;
        // In a group, ours is the number for which Telnyx calls us.
        let ours = to.iter().find(|it| it.status == "webhook_delivered").or(to.first());
        let ours = ours.ok_or_else(|| Malformed::at("data.payload.to"))?;
        let provider_message = message_id(&id)?;
        let (from, to) = match ends(&from.phone_number, &ours.phone_number) {
            Ok(ends) => ends,
            Err(why) => return Ok(Heard::Unusable { what: "text".to_owned(), why }),
        };
        Ok(Heard::Text(InboundText {
            provider_message,
            from,
            to,
            text: MessageText::new(text.unwrap_or_default()),
            media: media_urls(media.unwrap_or_default()),
            sent_at: moment(received_at.or(self.occurred_at).as_deref(), now),
            answered_by_carrier: autoresponse_type.as_deref().and_then(keyword),
        }))
    }
}

impl News<Outgoing> {
    fn report(self, message: Option<MessageId>, now: Timestamp) -> Result<Heard, Malformed> {
        let recipient = self.payload.to.first();
        let status = recipient.ok_or_else(|| Malformed::at("data.payload.to"))?.status.as_str();
        let Some(report) = self.payload.outcome(status) else {
            return Ok(Heard::Ignored { what: format!("status {}", word(status)) });
        };
        Ok(Heard::Report(HeardReport {
            message,
            provider_message: message_id(&self.payload.id)?,
            report,
            at: moment(self.occurred_at.as_deref(), now),
        }))
    }
}

impl Outgoing {
    /// What a status says, or `None` for a step on the way that we do not follow.
    fn outcome(&self, status: &str) -> Option<Report> {
        match status {
            // Unconfirmed: the network took it, and will not say whether it arrived.
            "sent" | "delivery_unconfirmed" => Some(Report::Sent),
            "delivered" => Some(Report::Delivered),
            "sending_failed" | "delivery_failed" => {
                Some(Report::Failed(self.failure(Reason::Unknown, status)))
            }
            "expired" => Some(Report::Failed(self.failure(Reason::Expired, status))),
            _ => None,
        }
    }

    /// The first reason that we know; failing that, what the status alone tells.
    fn failure(&self, otherwise: Reason, status: &str) -> Failure {
        let title = |it: &Problem| it.title.clone().unwrap_or_default();
        let failures: Vec<_> = self
            .errors
            .iter()
            .flatten()
            .map(|it| codes::failure(&it.code.to_string(), &title(it)))
            .collect();
        match failures.iter().find(|it| it.reason != Reason::Unknown).or(failures.first()) {
            Some(known) if known.reason != Reason::Unknown => known.clone(),
            Some(unknown) => Failure::new(otherwise, unknown.code.as_str()),
            None => Failure::new(otherwise, status),
        }
    }
}

fn message_id(raw: &str) -> Result<ProviderMessageId, Malformed> {
    ProviderMessageId::parse(raw).map_err(|_| Malformed::at("data.payload.id"))
}

/// An address that nobody can fetch is left out rather than holding up the text.
fn media_urls(media: Vec<Media>) -> Vec<MediaUrl> {
    media.into_iter().filter_map(|it| MediaUrl::parse(&it.url?).ok()).collect()
}

/// What Telnyx says that it answered itself.
fn keyword(autoresponse_type: &str) -> Option<Keyword> {
    match autoresponse_type.to_ascii_uppercase().as_str() {
        "STOP" => Some(Keyword::Stop),
        "START" => Some(Keyword::Start),
        "HELP" => Some(Keyword::Help),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{NOON, TelnyxKey, message};

    fn authentic(body: &[u8]) -> Webhook {
        let key = TelnyxKey::generate();
        let verifier = Verifier { public_keys: vec![key.public()] };
        let timestamp = NOON.as_second().to_string();
        let signature = key.sign(&timestamp, body);
        Webhook::authenticate(&verifier, body, Some(&signature), Some(&timestamp), NOON).unwrap()
    }

    fn notice(body: &Value) -> Result<Notice, Malformed> {
        authentic(body.to_string().as_bytes()).notice(Some(message("msg_1")), NOON)
    }

    fn heard(body: &Value) -> Heard {
        notice(body).unwrap().heard
    }

    fn event(event_type: &str, payload: &Value) -> Value {
        json!({
            "data": {
                "event_type": event_type,
                "id": "b301ed3f-1490-491f-995f-6e64e69674d4",
                "occurred_at": "2026-01-01T11:59:59.588+00:00",
                "payload": payload,
                "record_type": "event"
            },
            "meta": { "attempt": 1, "delivered_to": "https://duplex.example/webhooks/telnyx/int_1" }
        })
    }

    fn inbound() -> Value {
        json!({
            "cc": [], "completed_at": null, "cost": null, "direction": "inbound",
            "encoding": "GSM-7", "errors": [],
            "from": { "carrier": "T-Mobile USA", "line_type": "long_code",
                      "phone_number": "+12125550123", "status": "webhook_delivered" },
            "id": "84cca175-9755-4859-b67f-4730d7f58aa3",
            "media": [{ "url": "https://media.telnyx.com/a.png", "content_type": "image/png",
                        "sha256": "ab", "size": 1 }, { "url": null }],
            "messaging_profile_id": "740572b6-099c-44a1-89b9-6c92163bc68d",
            "parts": 1, "received_at": "2026-01-01T11:59:58.588+00:00", "record_type": "message",
            "text": "Hello there!",
            "to": [{ "carrier": "Telnyx", "line_type": "Wireless",
                     "phone_number": "+14155550100", "status": "webhook_delivered" }],
            "type": "MMS", "valid_until": null, "autoresponse_type": null
        })
    }

    fn outbound(status: &str, errors: &Value) -> Value {
        json!({
            "direction": "outbound", "id": "834f3d53-8a3c-4aa0-a733-7f2d682a72df",
            "cost": { "amount": "0.0051", "currency": "USD" },
            "from": { "phone_number": "+14155550100" },
            "to": [{ "phone_number": "+12125550123", "status": status }],
            "errors": errors
        })
    }

    #[test]
    fn a_text_is_read() {
        let notice = notice(&event("message.received", &inbound())).unwrap();
        assert_eq!(notice.dedupe_key, "telnyx:b301ed3f-1490-491f-995f-6e64e69674d4");
        let id = "84cca175-9755-4859-b67f-4730d7f58aa3";
        assert_eq!(
            notice.heard,
            Heard::Text(InboundText {
                provider_message: ProviderMessageId::parse(id).unwrap(),
                from: "+12125550123".parse().unwrap(),
                to: "+14155550100".parse().unwrap(),
                text: MessageText::new("Hello there!"),
                media: vec![MediaUrl::parse("https://media.telnyx.com/a.png").unwrap()],
                sent_at: "2026-01-01T11:59:58.588Z".parse().unwrap(),
                answered_by_carrier: None,
            })
        );
    }

    fn text(change: impl FnOnce(&mut Value)) -> InboundText {
        let mut payload = inbound();
        change(&mut payload);
        match heard(&event("message.received", &payload)) {
            Heard::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_telnyx_answered_is_said() {
        let cases = [
            (json!("STOP"), Some(Keyword::Stop)),
            (json!("START"), Some(Keyword::Start)),
            (json!("HELP"), Some(Keyword::Help)),
            (json!("OTHER"), None),
            (json!(null), None),
        ];
        for (kind, expected) in cases {
            let text = text(|it| it["autoresponse_type"] = kind.clone());
            assert_eq!(text.answered_by_carrier, expected, "{kind}");
        }
    }

    #[test]
    fn a_picture_needs_no_words() {
        assert!(text(|it| it["text"] = Value::Null).text.is_empty());
        assert!(text(|it| it["media"] = Value::Null).media.is_empty());
    }

    #[test]
    fn in_a_group_the_text_is_for_the_number_that_telnyx_serves() {
        let other = json!({ "phone_number": "+13125550199", "status": "queued" });
        let text = text(|it| it["to"].as_array_mut().unwrap().insert(0, other));
        assert_eq!(text.to.as_str(), "+14155550100");
    }

    #[test]
    fn the_time_of_the_event_serves_if_the_text_has_none() {
        let text = text(|it| it["received_at"] = Value::Null);
        assert_eq!(text.sent_at, "2026-01-01T11:59:59.588Z".parse().unwrap());
    }

    #[test]
    fn a_sender_that_is_no_phone_is_unusable() {
        for from in ["12345", "ACME", ""] {
            let mut payload = inbound();
            payload["from"] = json!({ "phone_number": from });
            let heard = heard(&event("message.received", &payload));
            assert!(matches!(heard, Heard::Unusable { .. }), "{from}");
        }
    }

    fn reported(event_type: &str, payload: &Value) -> Option<Report> {
        match heard(&event(event_type, payload)) {
            Heard::Report(heard) => {
                assert_eq!(heard.message, Some(message("msg_1")));
                assert_eq!(heard.at, "2026-01-01T11:59:59.588Z".parse().unwrap());
                Some(heard.report)
            }
            Heard::Ignored { .. } => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_documented_status_is_understood() {
        let failed = |reason, code: &str| Some(Report::Failed(Failure::new(reason, code)));
        let none = json!([]);
        let stopped = json!([{ "code": "40300", "title": "Blocked due to STOP message" }]);
        let two = json!([{ "code": 49999 }, { "code": 40001, "title": "Not routable" }]);
        let unknown = json!([{ "code": "49999", "title": null }]);
        let cases = [
            ("message.sent", "sent", &none, Some(Report::Sent)),
            ("message.finalized", "delivered", &none, Some(Report::Delivered)),
            ("message.finalized", "delivery_unconfirmed", &none, Some(Report::Sent)),
            ("message.finalized", "queued", &none, None),
            ("message.finalized", "tomorrow", &none, None),
            ("message.finalized", "sending_failed", &stopped, failed(Reason::OptedOut, "40300")),
            ("message.finalized", "delivery_failed", &two, failed(Reason::InvalidNumber, "40001")),
            ("message.finalized", "delivery_failed", &unknown, failed(Reason::Unknown, "49999")),
            (
                "message.finalized",
                "delivery_failed",
                &none,
                failed(Reason::Unknown, "delivery_failed"),
            ),
            ("message.finalized", "expired", &none, failed(Reason::Expired, "expired")),
            ("message.finalized", "expired", &unknown, failed(Reason::Expired, "49999")),
            (
                "message.finalized",
                "sending_failed",
                &Value::Null,
                failed(Reason::Unknown, "sending_failed"),
            ),
        ];
        for (event_type, status, errors, expected) in cases {
            assert_eq!(
                reported(event_type, &outbound(status, errors)),
                expected,
                "{status} {errors}"
            );
        }
    }

    #[test]
    fn what_we_do_not_follow_is_ignored_whatever_its_shape() {
        let heard = heard(&event("call.initiated", &json!("surprise")));
        assert_eq!(heard, Heard::Ignored { what: "call.initiated".to_owned() });
    }

    #[test]
    fn a_fault_is_named_by_its_path() {
        let mut textless = inbound();
        textless["from"]["phone_number"] = json!(["private"]);
        let mut nobody = inbound();
        nobody["to"] = json!([]);
        let cases = [
            (event("message.received", &textless), "data.payload.from.phone_number"),
            (event("message.received", &nobody), "data.payload.to"),
            (
                event("message.sent", &json!({ "id": "a b", "to": [{ "status": "sent" }] })),
                "data.payload.id",
            ),
            (json!({ "data": { "event_type": "message.sent" } }), "data"),
            (json!({}), "."),
        ];
        for (body, what) in cases {
            assert_eq!(notice(&body), Err(Malformed { what: what.to_owned() }), "{body}");
        }
    }

    #[test]
    fn what_is_not_signed_is_forged() {
        let verifier = Verifier { public_keys: vec![TelnyxKey::generate().public()] };
        for (signature, timestamp) in
            [(None, None), (Some(""), None), (None, Some("1")), (Some("x"), Some("1"))]
        {
            let got = Webhook::authenticate(&verifier, b"{}", signature, timestamp, NOON);
            assert_eq!(got.unwrap_err(), Forged);
        }
    }

    #[test]
    fn debug_tells_nothing() {
        assert_eq!(format!("{:?}", authentic(b"private")), "Webhook { bytes: 7, .. }");
    }

    proptest! {
        #[test]
        fn reading_never_panics(body in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = authentic(&body).notice(None, NOON);
        }

        #[test]
        fn reading_a_strange_event_never_panics(
            kind in "message\\.(received|sent|finalized)|.*", words in ".*", id in ".*",
        ) {
            let payload = json!({
                "id": id, "from": { "phone_number": words }, "text": words, "received_at": words,
                "to": [{ "phone_number": words, "status": words }], "media": [{ "url": words }],
                "errors": [{ "code": words, "title": words }], "autoresponse_type": words,
            });
            let _ = notice(&event(&kind, &payload));
        }

        #[test]
        fn checking_never_panics(signature in ".*", timestamp in ".*", key in ".*") {
            let verifier = Verifier { public_keys: vec![key] };
            let (signature, timestamp) = (Some(signature.as_str()), Some(timestamp.as_str()));
            let got = Webhook::authenticate(&verifier, b"{}", signature, timestamp, NOON);
            prop_assert!(got.is_err());
        }
    }
}
