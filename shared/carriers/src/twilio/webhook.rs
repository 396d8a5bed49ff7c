//! What Twilio tells us: texts to our numbers, and what became of texts of ours.

use std::fmt;

use domain::{
    delivery::Report,
    failure::{Failure, Reason},
    heard::{Heard, HeardReport, InboundText, Notice},
    ids::{MessageId, ProviderMessageId},
    text::{MediaUrl, MessageText},
};
use jiff::Timestamp;

use super::{Verifier, codes, keywords, signature};
use crate::read::{Forged, Malformed, ends, sha256, word, word_or_hash};

/// A webhook that Twilio signed for this account. There is no other way to come by one.
pub struct Webhook {
    fields: Vec<(String, String)>,
    /// Names this delivery where no message does.
    delivery: String,
    default_opt_out_handling: bool,
}

impl Webhook {
    /// Reads what was sent to `url`: the public address as Twilio knows it, with path and query
    /// exactly as they came. `signature` is the header `X-Twilio-Signature`, `idempotency_token`
    /// is `I-Twilio-Idempotency-Token`.
    pub fn authenticate(
        verifier: &Verifier,
        url: &str,
        content_type: Option<&str>,
        body: &[u8],
        signature: Option<&str>,
        idempotency_token: Option<&str>,
    ) -> Result<Self, Forged> {
        let signature = signature.ok_or(Forged)?;
        let fields = if content_type.is_some_and(is_json) {
            signature::check_body(&verifier.auth_tokens, url, body, signature)?;
            // Twilio sends JSON for products that we do not follow.
            Vec::new()
        } else {
            signed_fields(verifier, url, body, signature)?
        };
        let content = || sha256(&[url.as_bytes(), body].concat());
        Ok(Self {
            fields,
            delivery: idempotency_token.map_or_else(content, word_or_hash),
            default_opt_out_handling: verifier.default_opt_out_handling,
        })
    }

    /// Whether somebody texted us. Everything else wants an empty answer, never `TwiML`.
    pub fn is_inbound(&self) -> bool {
        self.status().is_some_and(|status| status.eq_ignore_ascii_case("received"))
    }

    /// What the webhook says. `message` is our own id, if the address it came to names one.
    ///
    /// News is the same news if it is the same status of the same message, whatever Twilio's token
    /// for the delivery: a token is not always sent, and names the delivery rather than the news.
    /// It serves only where there is no message.
    pub fn notice(&self, message: Option<MessageId>, now: Timestamp) -> Result<Notice, Malformed> {
        let Some(status) = self.status() else {
            let what = self.field("EventType").map_or("event", word).to_owned();
            let dedupe_key = format!("twilio:other:{}", self.delivery);
            return Ok(Notice { dedupe_key, heard: Heard::Ignored { what } });
        };
        let status = status.to_ascii_lowercase();
        let status = word(&status);
        let dedupe_key = match self.sid() {
            Some(sid) => format!("twilio:{status}:{}", word_or_hash(sid)),
            None => format!("twilio:other:{}", self.delivery),
        };
        let heard = match status {
            "received" => self.text(now)?,
            _ => match self.report(status) {
                Some(report) => {
                    let provider_message = self.provider_message()?;
                    Heard::Report(HeardReport { message, provider_message, report, at: now })
                }
                None => Heard::Ignored { what: format!("status {status}") },
            },
        };
        Ok(Notice { dedupe_key, heard })
    }

    fn text(&self, now: Timestamp) -> Result<Heard, Malformed> {
        let from = self.required("From")?;
        let to = self.required("To")?;
        let provider_message = self.provider_message()?;
        let (from, to) = match ends(from, to) {
            Ok(ends) => ends,
            Err(why) => return Ok(Heard::Unusable { what: "text".to_owned(), why }),
        };
        let body = self.field("Body").unwrap_or_default();
        let answered_by_carrier = match self.field("OptOutType") {
            Some(kind) => keywords::advanced(kind),
            None => keywords::default(&to, body, self.default_opt_out_handling),
        };
        Ok(Heard::Text(InboundText {
            provider_message,
            from,
            to,
            text: MessageText::new(body),
            media: self.media(),
            sent_at: now,
            answered_by_carrier,
        }))
    }

    /// What a status says, or `None` for a step on the way that we do not follow.
    /// `RawDlrDoneDate` is left alone: nobody documents its time zone.
    fn report(&self, status: &str) -> Option<Report> {
        match status {
            "sent" | "partially_delivered" => Some(Report::Sent),
            "delivered" => Some(Report::Delivered),
            "read" => Some(Report::Read),
            "failed" | "undelivered" => Some(Report::Failed(match self.field("ErrorCode") {
                Some(code) => codes::failure(code),
                None => Failure::new(Reason::Unknown, status),
            })),
            "canceled" => Some(Report::Failed(Failure::new(Reason::Expired, status))),
            _ => None,
        }
    }

    /// In the order of their numbers: `MediaUrl10` comes after `MediaUrl9`. An address that nobody
    /// can fetch is left out rather than holding up the text.
    fn media(&self) -> Vec<MediaUrl> {
        let mut media: Vec<(u32, MediaUrl)> = self
            .fields
            .iter()
            .filter_map(|(name, value)| {
                let number = name.strip_prefix("MediaUrl")?.parse().ok()?;
                Some((number, MediaUrl::parse(value).ok()?))
            })
            .collect();
        media.sort_by_key(|(number, _)| *number);
        media.into_iter().map(|(_, url)| url).collect()
    }

    fn status(&self) -> Option<&str> {
        self.field("MessageStatus").or_else(|| self.field("SmsStatus"))
    }

    fn sid(&self) -> Option<&str> {
        self.field("MessageSid").or_else(|| self.field("SmsSid"))
    }

    fn provider_message(&self) -> Result<ProviderMessageId, Malformed> {
        let malformed = || Malformed::at("MessageSid");
        ProviderMessageId::parse(self.sid().ok_or_else(malformed)?).map_err(|_| malformed())
    }

    fn required(&self, name: &str) -> Result<&str, Malformed> {
        self.field(name).ok_or_else(|| Malformed::at(name))
    }

    /// A field with something in it; Twilio leaves many empty.
    fn field(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(it, _)| it == name)?;
        (!value.is_empty()).then_some(value)
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("fields", &self.fields.len()).finish_non_exhaustive()
    }
}

/// The fields of a form, or of the address if there is no form. They are this account's if they
/// say so and one of its tokens signed them.
fn signed_fields(
    verifier: &Verifier,
    url: &str,
    body: &[u8],
    signature: &str,
) -> Result<Vec<(String, String)>, Forged> {
    let fields = |raw: &[u8]| form_urlencoded::parse(raw).into_owned().collect::<Vec<_>>();
    let posted = fields(body);
    signature::check_form(&verifier.auth_tokens, url, &posted, signature)?;
    let signed = if body.is_empty() { fields(signature::query(url).as_bytes()) } else { posted };
    let account = signed.iter().find(|(name, _)| name == "AccountSid");
    match account {
        Some((_, sid)) if *sid == verifier.account_sid => Ok(signed),
        Some(_) | None => Err(Forged),
    }
}

fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use domain::keyword::Keyword;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        testing::{NOON, message},
        twilio::signature::sign,
    };

    const URL: &str = "https://duplex.example/webhooks/twilio/int_1?message=msg_1";
    const FORM: Option<&str> = Some("application/x-www-form-urlencoded; charset=UTF-8");

    fn verifier() -> Verifier {
        Verifier {
            account_sid: "AC1".to_owned(),
            auth_tokens: vec!["token".into()],
            default_opt_out_handling: true,
        }
    }

    fn authentic(body: &[u8], idempotency_token: Option<&str>) -> Result<Webhook, Forged> {
        let fields: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
        let signature = sign("token", URL, &fields);
        Webhook::authenticate(&verifier(), URL, FORM, body, Some(&signature), idempotency_token)
    }

    fn notice(form: &str) -> Result<Notice, Malformed> {
        let body = format!("AccountSid=AC1&ApiVersion=2010-04-01&{form}");
        authentic(body.as_bytes(), None).unwrap().notice(Some(message("msg_1")), NOON)
    }

    fn heard(form: &str) -> Heard {
        notice(form).unwrap().heard
    }

    fn text(form: &str) -> InboundText {
        let ends = "MessageSid=SM1&SmsStatus=received&From=%2B12125550123&To=%2B14155550100";
        match heard(&format!("{ends}&{form}")) {
            Heard::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    fn failed(reason: Reason, code: &str) -> Report {
        Report::Failed(Failure::new(reason, code))
    }

    /// As documented, with what Twilio fills in of its own.
    const INBOUND: &str = "ToCountry=US&ToState=CA&SmsMessageSid=MM1&NumMedia=2&ToCity=&FromZip=\
        &SmsSid=MM1&FromState=NY&SmsStatus=received&FromCity=&Body=Gr%C3%BC%C3%9Fe+%26+more\
        &FromCountry=US&To=%2B14155550100&ToZip=&NumSegments=1&MessageSid=MM1&From=%2B12125550123\
        &MediaContentType0=image%2Fpng&MediaUrl1=https%3A%2F%2Fapi.twilio.com%2F1\
        &MediaUrl0=https%3A%2F%2Fapi.twilio.com%2F0";

    #[test]
    fn a_text_is_read() {
        let notice = notice(INBOUND).unwrap();
        assert_eq!(notice.dedupe_key, "twilio:received:MM1");
        let media = |url| MediaUrl::parse(url).unwrap();
        assert_eq!(
            notice.heard,
            Heard::Text(InboundText {
                provider_message: ProviderMessageId::parse("MM1").unwrap(),
                from: "+12125550123".parse().unwrap(),
                to: "+14155550100".parse().unwrap(),
                text: MessageText::new("Grüße & more"),
                media: vec![media("https://api.twilio.com/0"), media("https://api.twilio.com/1")],
                sent_at: NOON,
                answered_by_carrier: None,
            })
        );
    }

    #[test]
    fn the_tenth_picture_comes_after_the_ninth() {
        let form: Vec<_> =
            [10, 9, 2].iter().map(|n| format!("MediaUrl{n}=https://a.test/{n}")).collect();
        let media: Vec<_> = text(&form.join("&")).media.into_iter().map(String::from).collect();
        assert_eq!(media, ["https://a.test/2", "https://a.test/9", "https://a.test/10"]);
    }

    #[test]
    fn a_text_may_be_empty() {
        assert!(text("Body=&NumMedia=0").text.is_empty());
    }

    #[test]
    fn what_twilio_answered_is_said() {
        let cases = [
            ("Body=STOP", Some(Keyword::Stop)),
            ("Body=arr%C3%AAt&OptOutType=STOP", Some(Keyword::Stop)),
            ("Body=help&OptOutType=HELP", Some(Keyword::Help)),
            ("Body=see+you+this+weekend", None),
        ];
        for (form, expected) in cases {
            assert_eq!(text(form).answered_by_carrier, expected, "{form}");
        }
    }

    #[test]
    fn a_sender_that_is_no_phone_is_unusable() {
        for from in ["12345", "ACME", "whatsapp:%2B12125550123"] {
            let form = format!("MessageSid=SM1&SmsStatus=received&To=%2B14155550100&From={from}");
            assert!(matches!(heard(&form), Heard::Unusable { .. }), "{from}");
        }
    }

    #[test]
    fn every_documented_status_is_understood() {
        let cases = [
            ("queued", None),
            ("accepted", None),
            ("sending", None),
            ("scheduled", None),
            ("receiving", None),
            ("tomorrow", None),
            ("sent", Some(Report::Sent)),
            ("partially_delivered", Some(Report::Sent)),
            ("delivered&RawDlrDoneDate=2601011200", Some(Report::Delivered)),
            ("read&EventType=READ&ChannelPrefix=rcs", Some(Report::Read)),
            ("failed&ErrorCode=21610", Some(failed(Reason::OptedOut, "21610"))),
            ("undelivered&ErrorCode=30003", Some(failed(Reason::Unreachable, "30003"))),
            ("undelivered&ErrorCode=30005", Some(failed(Reason::InvalidNumber, "30005"))),
            ("undelivered&ErrorCode=30007", Some(failed(Reason::Filtered, "30007"))),
            ("undelivered&ErrorCode=39999", Some(failed(Reason::Unknown, "39999"))),
            ("failed&ErrorCode=", Some(failed(Reason::Unknown, "failed"))),
            ("canceled", Some(failed(Reason::Expired, "canceled"))),
        ];
        for (status, expected) in cases {
            let reported = match heard(&format!("MessageSid=SM1&SmsSid=SM1&MessageStatus={status}"))
            {
                Heard::Report(heard) => {
                    assert_eq!(heard.message, Some(message("msg_1")));
                    assert_eq!(heard.provider_message.as_str(), "SM1");
                    assert_eq!(heard.at, NOON);
                    Some(heard.report)
                }
                Heard::Ignored { .. } => None,
                other => panic!("{status}: {other:?}"),
            };
            assert_eq!(reported, expected, "{status}");
        }
    }

    #[test]
    fn each_status_of_a_message_is_its_own_news() {
        let key = |form: &str| notice(form).unwrap().dedupe_key;
        assert_eq!(key("MessageSid=SM1&MessageStatus=sent"), "twilio:sent:SM1");
        assert_eq!(key("MessageSid=SM1&MessageStatus=delivered"), "twilio:delivered:SM1");
        assert_eq!(key("MessageSid=SM1&MessageStatus=queued"), "twilio:queued:SM1");
    }

    #[test]
    fn news_without_a_message_goes_by_its_delivery() {
        let key = |body: &str, token| {
            authentic(body.as_bytes(), token).unwrap().notice(None, NOON).unwrap().dedupe_key
        };
        let event = "AccountSid=AC1&EventType=onMessageAdded&ConversationSid=CH1";
        assert_eq!(key(event, Some("a-1")), "twilio:other:a-1");
        assert_eq!(key(event, None), key(event, None));
        assert_ne!(key(event, None), key(&format!("{event}2"), None));
    }

    #[test]
    fn what_a_text_cannot_do_without_is_named() {
        let cases = [
            ("SmsStatus=received&From=%2B12125550123&To=%2B14155550100", "MessageSid"),
            ("SmsStatus=received&MessageSid=SM1&To=%2B14155550100", "From"),
            ("SmsStatus=received&MessageSid=SM1&From=%2B12125550123", "To"),
            ("MessageStatus=sent", "MessageSid"),
        ];
        for (form, what) in cases {
            assert_eq!(notice(form), Err(Malformed { what: what.to_owned() }), "{form}");
        }
    }

    #[test]
    fn inbound_texts_want_another_answer_than_reports() {
        let is_inbound = |form: &str| {
            authentic(format!("AccountSid=AC1&{form}").as_bytes(), None).unwrap().is_inbound()
        };
        assert!(is_inbound(INBOUND));
        assert!(!is_inbound("MessageSid=SM1&MessageStatus=sent&SmsStatus=sent"));
        assert!(!is_inbound("EventType=onMessageAdded"));
    }

    #[test]
    fn an_address_can_carry_the_fields() {
        let url = "https://duplex.example/in?AccountSid=AC1&MessageSid=SM1&SmsStatus=received\
                   &From=%2B12125550123&To=%2B14155550100&Body=hi";
        let signature = sign("token", url, &[]);
        let got = Webhook::authenticate(&verifier(), url, None, b"", Some(&signature), None);
        assert!(matches!(got.unwrap().notice(None, NOON).unwrap().heard, Heard::Text(_)));
    }

    #[test]
    fn json_is_read_only_if_the_address_vouches_for_it() {
        let authenticate = |url: &str, body: &[u8]| {
            let signature = sign("token", url, &[]);
            Webhook::authenticate(
                &verifier(),
                url,
                Some("application/json"),
                body,
                Some(&signature),
                None,
            )
        };
        let url = format!("{URL}&bodySHA256={}", sha256(b"{}"));
        let heard = authenticate(&url, b"{}").unwrap().notice(None, NOON).unwrap().heard;
        assert_eq!(heard, Heard::Ignored { what: "event".to_owned() });
        assert_eq!(authenticate(&url, b"[]").unwrap_err(), Forged);
        assert_eq!(authenticate(URL, b"{}").unwrap_err(), Forged);
    }

    #[test]
    fn another_account_cannot_speak_here() {
        for body in ["AccountSid=AC2&MessageStatus=sent", "MessageStatus=sent", ""] {
            assert_eq!(authentic(body.as_bytes(), None).unwrap_err(), Forged, "{body}");
        }
    }

    #[test]
    fn what_is_unsigned_or_changed_is_forged() {
        let authenticate = |body: &[u8], signature: Option<&str>| {
            Webhook::authenticate(&verifier(), URL, FORM, body, signature, None).map(|_| ())
        };
        let body = b"AccountSid=AC1&MessageSid=SM1&MessageStatus=sent";
        let fields: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
        let signature = sign("token", URL, &fields);
        assert_eq!(authenticate(body, Some(&signature)), Ok(()));
        assert_eq!(authenticate(body, None), Err(Forged));
        assert_eq!(authenticate(body, Some("")), Err(Forged));
        let changed = b"AccountSid=AC1&MessageSid=SM1&MessageStatus=read";
        assert_eq!(authenticate(changed, Some(&signature)), Err(Forged));
    }

    #[test]
    fn debug_tells_nothing() {
        let shown = format!("{:?}", authentic(b"AccountSid=AC1&Body=private", None).unwrap());
        assert_eq!(shown, "Webhook { fields: 2, .. }");
        assert!(!format!("{:?}", verifier()).contains("\"token\""));
    }

    proptest! {
        #[test]
        fn reading_never_panics(body in proptest::collection::vec(any::<u8>(), 0..256)) {
            let body = [b"AccountSid=AC1&", body.as_slice()].concat();
            let _ = authentic(&body, None).unwrap().notice(None, NOON);
        }

        #[test]
        fn reading_a_strange_form_never_panics(
            sid in ".*", status in "received|sent|.*", from in "\\PC*", to in ".*", body in ".*",
        ) {
            let form = form_urlencoded::Serializer::new(String::new())
                .append_pair("AccountSid", "AC1").append_pair("MessageSid", &sid)
                .append_pair("MessageStatus", &status).append_pair("From", &from)
                .append_pair("To", &to).append_pair("Body", &body).append_pair("MediaUrl0", &body)
                .append_pair("ErrorCode", &body).append_pair("OptOutType", &body).finish();
            let _ = authentic(form.as_bytes(), Some(&body)).unwrap().notice(None, NOON);
        }

        #[test]
        fn checking_never_panics(
            url in ".*", kind in ".*", body in ".*", signature in ".*", token in ".*",
        ) {
            let (kind, signature) = (Some(kind.as_str()), Some(signature.as_str()));
            let got = Webhook::authenticate(
                &verifier(), &url, kind, body.as_bytes(), signature, Some(&token),
            );
            prop_assert_eq!(got.map(|_| ()), Err(Forged));
        }
    }
}
