//! What a provider of texts tells us: texts to our numbers, opt-outs, and what became of texts of
//! ours.

use std::fmt;

use domain::{
    delivery::Report,
    failure::{Failure, Reason},
    heard::{Heard, HeardReport, InboundText, Notice},
    ids::{MessageId, ProviderMessageId},
    keyword::Keyword,
    text::MessageText,
};
use jiff::Timestamp;

use super::{Verifier, codes, fields::Fields, signature};
use crate::read::{Forged, Malformed, ends, moment, sha256, word, word_or_hash};

const MESSAGE_ID: &[&str] = &["messageId", "id"];
const BODY: &[&str] = &["body", "text", "message"];
const TIMESTAMP: &[&str] = &["timestamp", "occurredAt", "createdAt", "date"];

/// A webhook that came with the account's secret or signature. There is no other way to come by
/// one.
pub struct Webhook {
    body: Vec<u8>,
}

impl Webhook {
    /// Reads a body as it came, byte for byte. `secret` is the header `X-Texting-Secret`,
    /// `signature` is `X-Texting-Signature`.
    pub fn authenticate(
        verifier: &Verifier,
        body: &[u8],
        secret: Option<&str>,
        signature: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, Forged> {
        signature::check(verifier, body, secret, signature, now)?;
        Ok(Self { body: body.to_vec() })
    }

    /// What the webhook says.
    pub fn notice(&self, now: Timestamp) -> Result<Notice, Malformed> {
        let fields = Fields::read(&self.body)?;
        let event_type = fields.event_type()?;
        let dedupe_key = dedupe_key(&fields, &event_type);
        let heard = match event_type.as_str() {
            "message.received" => received(&fields, now)?,
            "message.sent" => report(&fields, Report::Sent, now)?,
            "message.delivered" => report(&fields, Report::Delivered, now)?,
            "message.failed" => report(&fields, Report::Failed(failure(&fields)), now)?,
            "optout.stop" => keyword(&fields, Keyword::Stop, &dedupe_key, now)?,
            "optout.start" => keyword(&fields, Keyword::Start, &dedupe_key, now)?,
            "optout.help" => keyword(&fields, Keyword::Help, &dedupe_key, now)?,
            other => Heard::Ignored { what: word(other).to_owned() },
        };
        Ok(Notice { dedupe_key, heard })
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// The event's id, or the hash that TP/1 gives for events without one. That hash would take two
/// people's opt-outs in one instant for one, so without a message's id, theirs are in it.
fn dedupe_key(fields: &Fields, event_type: &str) -> String {
    if let Some(id) = fields.event_id() {
        return format!("texting:{}", word_or_hash(&id));
    }
    let get = |names: &[&str]| fields.get(names).unwrap_or_default();
    let people = || format!("{}>{}:{}", get(&["from"]), get(&["to"]), get(&["conversationId"]));
    let subject = fields.get(MESSAGE_ID).unwrap_or_else(people);
    let news = format!("{event_type}|{subject}|{}|{}", get(&["status"]), get(TIMESTAMP));
    format!("texting:{}", sha256(news.as_bytes()))
}

fn received(fields: &Fields, now: Timestamp) -> Result<Heard, Malformed> {
    let body = fields.get(BODY);
    if body.is_none() && fields.media().is_empty() {
        return Err(Malformed::at("body"));
    }
    let id = message_id(&fields.require(MESSAGE_ID)?)?;
    text(fields, id, body.unwrap_or_default(), None, now)
}

/// The provider has acted on a keyword. To us, it is the text that said so.
fn keyword(
    fields: &Fields,
    keyword: Keyword,
    dedupe_key: &str,
    now: Timestamp,
) -> Result<Heard, Malformed> {
    let id = match fields.get(MESSAGE_ID) {
        Some(id) => id,
        None => format!("event-{}", sha256(dedupe_key.as_bytes())),
    };
    let said = fields.get(BODY).or_else(|| fields.get(&["keyword"]));
    let said = said.unwrap_or_else(|| keyword.to_string());
    text(fields, message_id(&id)?, said, Some(keyword), now)
}

fn text(
    fields: &Fields,
    provider_message: ProviderMessageId,
    body: String,
    answered_by_carrier: Option<Keyword>,
    now: Timestamp,
) -> Result<Heard, Malformed> {
    let (from, to) = match ends(&fields.require(&["from"])?, &fields.require(&["to"])?) {
        Ok(ends) => ends,
        Err(why) => return Ok(Heard::Unusable { what: "text".to_owned(), why }),
    };
    Ok(Heard::Text(InboundText {
        provider_message,
        from,
        to,
        text: MessageText::new(body),
        media: fields.media(),
        sent_at: moment(fields.get(TIMESTAMP).as_deref(), now),
        answered_by_carrier,
    }))
}

/// `correlationId` is our own id, unless the provider keeps something else there.
fn report(fields: &Fields, report: Report, now: Timestamp) -> Result<Heard, Malformed> {
    let message = fields.get(&["correlationId"]).and_then(|id| MessageId::parse(&id).ok());
    Ok(Heard::Report(HeardReport {
        message,
        provider_message: message_id(&fields.require(MESSAGE_ID)?)?,
        report,
        at: moment(fields.get(TIMESTAMP).as_deref(), now),
    }))
}

fn failure(fields: &Fields) -> Failure {
    match fields.get(&["errorCode"]) {
        Some(code) => codes::failure(&code),
        None => Failure::new(Reason::Unknown, "failed"),
    }
}

fn message_id(raw: &str) -> Result<ProviderMessageId, Malformed> {
    ProviderMessageId::parse(raw).map_err(|_| Malformed::at("messageId"))
}

#[cfg(test)]
mod tests {
    use domain::text::MediaUrl;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        testing::{NOON, message},
        texting::signature::sign,
    };

    fn authentic(body: &[u8]) -> Webhook {
        let verifier = Verifier { secrets: vec!["secret".into()], require_signature: true };
        let signature = sign("secret", body, NOON);
        Webhook::authenticate(&verifier, body, None, Some(&signature), NOON).unwrap()
    }

    fn notice(body: &Value) -> Result<Notice, Malformed> {
        authentic(body.to_string().as_bytes()).notice(NOON)
    }

    fn heard(body: &Value) -> Heard {
        notice(body).unwrap().heard
    }

    fn text(body: &Value) -> InboundText {
        match heard(body) {
            Heard::Text(text) => text,
            other => panic!("{body}: {other:?}"),
        }
    }

    fn inbound() -> Value {
        json!({
            "specVersion": "tp/1", "eventId": "evt_01J", "eventType": "message.received",
            "occurredAt": "2026-01-01T11:59:59.123Z", "messageId": "tpm_1", "direction": "inbound",
            "from": "+12125550123", "to": "+14155550100", "body": "Hello",
            "media": [{ "url": "https://media.example/a.png", "contentType": "image/png" }],
            "timestamp": "2026-01-01T11:59:58.123Z", "status": "received", "errorCode": null,
            "errorMessage": null, "attempt": 1, "raw": {}
        })
    }

    fn outbound(event_type: &str) -> Value {
        json!({
            "specVersion": "tp/1", "eventId": "evt_02J", "eventType": event_type,
            "messageId": "tpm_2", "correlationId": "msg_1", "conversationId": "c1",
            "direction": "outbound", "from": "+14155550100", "to": "+12125550123", "body": null,
            "media": [], "timestamp": "2026-01-01T11:59:58Z", "errorCode": null
        })
    }

    #[test]
    fn a_text_is_read() {
        let notice = notice(&inbound()).unwrap();
        assert_eq!(notice.dedupe_key, "texting:evt_01J");
        assert_eq!(
            notice.heard,
            Heard::Text(InboundText {
                provider_message: ProviderMessageId::parse("tpm_1").unwrap(),
                from: "+12125550123".parse().unwrap(),
                to: "+14155550100".parse().unwrap(),
                text: MessageText::new("Hello"),
                media: vec![MediaUrl::parse("https://media.example/a.png").unwrap()],
                sent_at: "2026-01-01T11:59:58.123Z".parse().unwrap(),
                answered_by_carrier: None,
            })
        );
    }

    #[test]
    fn every_dialect_of_a_text_is_read() {
        let (from, to) = ("+12125550123", "+14155550100");
        let at = "2026-01-01T11:00:00Z";
        let dialects = [
            json!({ "eventType": "message.received", "messageId": "m1", "direction": "inbound",
                    "from": from, "to": to, "body": "Hello", "timestamp": at, "status": "received" }),
            json!({ "type": "message.received", "message": { "id": "m1", "conversationId": "c1",
                    "from": from, "to": to, "body": "Hello", "timestamp": at } }),
            json!({ "event": "message.received", "data": { "messageId": "m1", "from": from,
                    "to": to, "text": "Hello", "createdAt": at } }),
            json!({ "type": "message.received", "id": "m1", "from": from, "to": to,
                    "message": "Hello", "date": at }),
        ];
        for body in dialects {
            let text = text(&body);
            assert_eq!(text.provider_message.as_str(), "m1", "{body}");
            assert_eq!(text.from.as_str(), from, "{body}");
            assert_eq!(text.to.as_str(), to, "{body}");
            assert_eq!(text.text.as_str(), "Hello", "{body}");
            assert_eq!(text.sent_at.to_string(), at, "{body}");
        }
    }

    #[test]
    fn an_opt_out_is_the_text_that_said_so() {
        let cases = [
            ("optout.stop", Keyword::Stop, "STOP"),
            ("optout.start", Keyword::Start, "START"),
            ("optout.help", Keyword::Help, "HELP"),
        ];
        for (event_type, keyword, otherwise) in cases {
            let mut body = json!({ "eventType": event_type, "eventId": "evt_3", "from": "+12125550123",
                                   "to": "+14155550100", "timestamp": "2026-01-01T11:00:00Z" });
            let bare = text(&body);
            assert_eq!(bare.answered_by_carrier, Some(keyword));
            assert_eq!(bare.text.as_str(), otherwise);
            assert!(bare.provider_message.as_str().starts_with("event-"));
            assert_eq!(text(&body).provider_message, bare.provider_message);

            body["keyword"] = json!("arret");
            body["messageId"] = json!("tpm_3");
            assert_eq!(text(&body).text.as_str(), "arret");
            assert_eq!(text(&body).provider_message.as_str(), "tpm_3");
            body["body"] = json!("Arret!");
            assert_eq!(text(&body).text.as_str(), "Arret!");
        }
    }

    #[test]
    fn every_report_is_understood() {
        let failed = |reason, code: &str| Report::Failed(Failure::new(reason, code));
        let cases = [
            ("message.sent", json!(null), Report::Sent),
            ("message.delivered", json!(null), Report::Delivered),
            ("message.failed", json!("opted_out"), failed(Reason::OptedOut, "opted_out")),
            (
                "message.failed",
                json!("carrier_blocked"),
                failed(Reason::Filtered, "carrier_blocked"),
            ),
            ("message.failed", json!(30003), failed(Reason::Unknown, "30003")),
            ("message.failed", json!(null), failed(Reason::Unknown, "failed")),
        ];
        for (event_type, code, expected) in cases {
            let mut body = outbound(event_type);
            body["errorCode"] = code;
            let Heard::Report(heard) = heard(&body) else { panic!("{body}") };
            assert_eq!(heard.report, expected);
            assert_eq!(heard.message, Some(message("msg_1")));
            assert_eq!(heard.provider_message.as_str(), "tpm_2");
            assert_eq!(heard.at, "2026-01-01T11:59:58Z".parse().unwrap());
        }
    }

    #[test]
    fn a_correlation_that_is_not_ours_is_no_fault() {
        let mut body = outbound("message.sent");
        body["correlationId"] = json!("somebody's own #1");
        let Heard::Report(heard) = heard(&body) else { panic!("{body}") };
        assert_eq!(heard.message, None);
    }

    #[test]
    fn without_an_event_id_the_documented_hash_serves() {
        let mut body = outbound("message.sent");
        body.as_object_mut().unwrap().remove("eventId");
        body["status"] = json!("sent");
        let expected = sha256(b"message.sent|tpm_2|sent|2026-01-01T11:59:58Z");
        assert_eq!(notice(&body).unwrap().dedupe_key, format!("texting:{expected}"));
    }

    #[test]
    fn two_people_can_opt_out_in_one_instant() {
        let key = |from: &str| {
            let body = json!({ "eventType": "optout.stop", "from": from, "to": "+14155550100",
                               "timestamp": "2026-01-01T11:00:00Z" });
            notice(&body).unwrap().dedupe_key
        };
        assert_ne!(key("+12125550123"), key("+12125550124"));
        assert_eq!(key("+12125550123"), key("+12125550123"));
    }

    #[test]
    fn what_we_do_not_follow_is_ignored() {
        for event_type in ["conversation.created", "unknown", "message.queued"] {
            let body = json!({ "eventType": event_type, "conversationId": "c1" });
            assert_eq!(heard(&body), Heard::Ignored { what: event_type.to_owned() });
        }
    }

    #[test]
    fn a_sender_that_is_no_phone_is_unusable() {
        let mut body = inbound();
        body["from"] = json!("12345");
        assert!(matches!(heard(&body), Heard::Unusable { .. }));
    }

    #[test]
    fn what_an_event_cannot_do_without_is_named() {
        for what in ["eventType", "messageId", "from", "to"] {
            let mut body = inbound();
            body.as_object_mut().unwrap().remove(what);
            assert_eq!(notice(&body), Err(Malformed { what: what.to_owned() }));
        }
        let mut nothing_said = inbound();
        nothing_said["body"] = json!(null);
        assert!(notice(&nothing_said).is_ok(), "a picture needs no words");
        nothing_said["media"] = json!([]);
        assert_eq!(notice(&nothing_said), Err(Malformed { what: "body".to_owned() }));
    }

    #[test]
    fn what_is_not_theirs_is_forged() {
        let verifier = Verifier { secrets: vec!["secret".into()], require_signature: false };
        let authenticate = |secret, signature| {
            Webhook::authenticate(&verifier, b"{}", secret, signature, NOON).map(|_| ())
        };
        assert_eq!(authenticate(Some("secret"), None), Ok(()));
        assert_eq!(authenticate(Some("wrong"), None), Err(Forged));
        assert_eq!(authenticate(Some("secret"), Some("t=1,v1=00")), Err(Forged));
        assert_eq!(authenticate(None, None), Err(Forged));
    }

    #[test]
    fn debug_tells_nothing() {
        assert_eq!(format!("{:?}", authentic(b"private")), "Webhook { bytes: 7, .. }");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop::collection::vec(inner, 0..3).prop_map(Value::from)
        })
    }

    proptest! {
        #[test]
        fn reading_never_panics(body in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = authentic(&body).notice(NOON);
        }

        #[test]
        fn reading_a_strange_event_never_panics(
            kind in "message\\.(received|sent|failed)|optout\\.stop|.*",
            name in "eventId|messageId|from|to|body|message|data|media|timestamp|errorCode",
            value in any_json(),
        ) {
            let mut body = inbound();
            body["eventType"] = json!(kind);
            body[name] = value;
            let _ = notice(&body);
        }

        #[test]
        fn checking_never_panics(secret in "[^s].*", signature in ".*", body in ".*") {
            let verifier = Verifier { secrets: vec!["secret".into()], require_signature: false };
            let (body, signature) = (body.as_bytes(), Some(signature.as_str()));
            for signature in [None, signature] {
                let got = Webhook::authenticate(&verifier, body, Some(&secret), signature, NOON);
                prop_assert!(got.is_err());
            }
        }
    }
}
