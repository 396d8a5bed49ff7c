//! Sending through Telnyx: `POST /v2/messages`.
//!
//! No idempotency key is declared for messages, so what may have been sent is never sent again:
//! see [`Sending::InDoubt`]. Telnyx cannot be told for how long it may try.

use domain::{
    outbound::{OutboundText, Sending},
    text::MediaUrl,
};
use egress::Answer;
use serde::{Deserialize, Serialize};

use super::{Account, codes};
use crate::{
    codes::Meaning,
    outcome::{accepted, endpoint, unanswered, unexplained},
    read::Code,
};

impl Account {
    /// Asks Telnyx to send `text`, once.
    pub async fn send(&self, http: &egress::Client, text: &OutboundText) -> Sending {
        let url = match endpoint(&self.base_url, &["v2", "messages"]) {
            Ok(url) => url,
            Err(refused) => return refused,
        };
        match http.post(url).bearer(&self.api_key).json(&self.message(text)).send().await {
            Ok(answer) => heard(&answer),
            Err(error) => unanswered(&error),
        }
    }

    fn message<'a>(&'a self, text: &'a OutboundText) -> NewMessage<'a> {
        NewMessage {
            to: text.to.as_str(),
            from: text.from.as_str(),
            messaging_profile_id: self.messaging_profile_id.as_deref(),
            text: text.text.as_str(),
            media_urls: text.media.iter().map(MediaUrl::as_str).collect(),
            webhook_url: text.callback.as_str(),
        }
    }
}

#[derive(Serialize)]
struct NewMessage<'a> {
    to: &'a str,
    from: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    messaging_profile_id: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    media_urls: Vec<&'a str>,
    /// Overrules the address that the messaging profile names.
    webhook_url: &'a str,
}

#[derive(Deserialize)]
struct Created {
    data: Message,
}

#[derive(Deserialize)]
struct Message {
    id: Option<String>,
    parts: Option<u32>,
}

#[derive(Deserialize)]
struct Problems {
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    code: Code,
    #[serde(default)]
    title: String,
}

fn heard(answer: &Answer) -> Sending {
    if answer.is_success() {
        return match answer.json::<Created>() {
            Ok(Created { data }) => accepted(data.id.as_deref(), data.parts, answer),
            Err(_) => unexplained(answer),
        };
    }
    let problems = answer.json::<Problems>().map_or_else(|_| Vec::new(), |it| it.errors);
    for Problem { code, title } in &problems {
        let code = code.to_string();
        if let Some(meaning) = codes::meaning(&code, title) {
            return match meaning.sending(&code, answer) {
                // It may have been sent before Telnyx stumbled, and would be sent twice.
                Sending::Deferred { .. } if matches!(answer.status(), 408 | 500..) => {
                    unexplained(answer)
                }
                sending => sending,
            };
        }
    }
    match problems.first() {
        Some(Problem { code, .. }) => unheard_of(&code.to_string(), answer),
        None => unexplained(answer),
    }
}

/// A code that no table has: the status is all there is to go by.
fn unheard_of(code: &str, answer: &Answer) -> Sending {
    match answer.status() {
        429 => Meaning::BUSY.sending(code, answer),
        400..=407 | 409..=499 => Meaning::UNKNOWN.sending(code, answer),
        _ => unexplained(answer),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{
        failure::{
            Failure,
            Reason::{
                self, Busy, Filtered, InvalidNumber, Misconfigured, OptedOut, Unknown, Unreachable,
            },
        },
        ids::ProviderMessageId,
    };
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Carrier, Says, http, text};

    fn account(base_url: &str) -> Account {
        Account {
            base_url: base_url.to_owned(),
            api_key: "KEY1".into(),
            messaging_profile_id: None,
        }
    }

    async fn sending(says: Says) -> Sending {
        let carrier = Carrier::that_says(says).await;
        account(&carrier.base_url).send(&http(), &text()).await
    }

    fn refused(reason: Reason, code: &str) -> Sending {
        Sending::Refused(Failure::new(reason, code))
    }

    fn deferred(reason: Reason, code: &str, seconds: Option<u64>) -> Sending {
        let after = seconds.map(Duration::from_secs);
        Sending::Deferred { failure: Failure::new(reason, code), after }
    }

    const QUEUED: &str = r#"{"data":{"record_type":"message","direction":"outbound",
        "id":"40385f64-5717-4562-b3fc-2c963f66afa6","type":"MMS",
        "from":{"phone_number":"+14155550100","carrier":"Telnyx","line_type":"Wireless"},
        "to":[{"phone_number":"+12125550123","status":"queued","carrier":"","line_type":""}],
        "text":"x","encoding":"GSM-7","parts":1,"cost":{"amount":0.0051,"currency":"USD"},
        "wait_seconds":0,"errors":[]}}"#;

    #[tokio::test]
    async fn a_text_is_one_call_with_everything_in_it() {
        let carrier = Carrier::that_says(Says::This(200, &[], QUEUED)).await;
        let account =
            Account { messaging_profile_id: Some("p1".to_owned()), ..account(&carrier.base_url) };

        let id = ProviderMessageId::parse("40385f64-5717-4562-b3fc-2c963f66afa6").unwrap();
        let expected = Sending::Accepted { provider_message: id, segments: Some(1) };
        assert_eq!(account.send(&http(), &text()).await, expected);

        let call = carrier.call();
        assert_eq!(call.path, "/v2/messages");
        assert_eq!(call.header("authorization"), "Bearer KEY1");
        assert_eq!(
            serde_json::from_str::<Value>(&call.body).unwrap(),
            json!({
                "to": "+12125550123",
                "from": "+14155550100",
                "messaging_profile_id": "p1",
                "text": "Grüße & küsse",
                "media_urls": ["https://media.example/a.png"],
                "webhook_url": "https://duplex.example/webhooks/x?message=msg_1",
            })
        );
    }

    macro_rules! error {
        ($code:literal) => {
            error!($code, "x")
        };
        ($code:literal, $title:literal) => {
            concat!(
                r#"{"errors":[{"code":""#,
                $code,
                r#"","title":""#,
                $title,
                r#"","detail":"d","source":{"pointer":"/to"}}]}"#
            )
        };
    }

    #[tokio::test]
    async fn the_code_decides_whatever_the_status() {
        const STOPPED: &str = error!("40300", "Blocked due to STOP message");
        let cases = [
            (400, STOPPED, refused(OptedOut, "40300")),
            (403, STOPPED, refused(OptedOut, "40300")),
            (422, STOPPED, refused(OptedOut, "40300")),
            (500, STOPPED, refused(OptedOut, "40300")),
            (400, error!("40300", "Unreachable"), refused(Unreachable, "40300")),
            (400, error!("40310"), refused(InvalidNumber, "40310")),
            (401, error!("10009"), refused(Misconfigured, "10009")),
            (400, error!("40305"), refused(Misconfigured, "40305")),
            (429, error!("10011"), deferred(Busy, "10011", None)),
            (403, error!("40318"), deferred(Busy, "40318", Some(300))),
            (400, error!("40020"), deferred(Busy, "40020", Some(86_400))),
            (400, error!("40002"), deferred(Filtered, "40002", Some(3600))),
            (400, error!("49999"), refused(Unknown, "49999")),
            (429, error!("49999"), deferred(Busy, "49999", None)),
            (400, r#"{"errors":[{"code":49999},{"code":40310}]}"#, refused(InvalidNumber, "40310")),
            (400, r#"{"errors":[]}"#, refused(Unknown, "http_400")),
            (401, "Unauthorized", refused(Misconfigured, "http_401")),
            (429, "", deferred(Busy, "http_429", None)),
        ];
        for (status, body, expected) in cases {
            assert_eq!(sending(Says::This(status, &[], body)).await, expected, "{status} {body}");
        }
    }

    #[tokio::test]
    async fn what_may_have_been_sent_is_in_doubt() {
        let cases = [
            Says::This(500, &[], error!("49999")),
            Says::This(503, &[], error!("10011")),
            Says::This(408, &[], error!("10008")),
            Says::This(502, &[], "<html>"),
            Says::This(200, &[], "<html>"),
            Says::This(200, &[], r#"{"data":{"id":null}}"#),
            Says::Nothing,
        ];
        for says in cases {
            assert!(matches!(sending(says).await, Sending::InDoubt { .. }));
        }
    }

    #[tokio::test]
    async fn what_never_left_is_deferred() {
        let gone = account(&Carrier::that_is_gone().await);
        assert_eq!(gone.send(&http(), &text()).await, deferred(Busy, "no_connection", None));
    }
}
