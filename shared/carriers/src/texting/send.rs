//! Sending by TP/1: `POST {base}/v1/messages`.
//!
//! Our message id is the idempotency key, so asking again after a refusal is safe. It is still only
//! done by whoever sees that the text was refused; silence is [`Sending::InDoubt`], as everywhere.

use domain::outbound::{OutboundText, Sending};
use egress::Answer;
use serde::{Deserialize, Serialize};

use super::{Account, codes};
use crate::{
    Callers,
    codes::{Again, Meaning},
    outcome::{accepted, endpoint, unanswered, unexplained},
    read::Code,
};

impl Account {
    /// Asks the provider to send `text`, once.
    pub async fn send(&self, callers: &Callers, text: &OutboundText) -> Sending {
        let url = match endpoint(&self.base_url, &["v1", "messages"]) {
            Ok(url) => url,
            Err(refused) => return refused,
        };
        let call = callers
            .to(self.address_owner)
            .post(url)
            .bearer(&self.api_key)
            .header("idempotency-key", text.message.as_str())
            .json(&NewMessage::of(text));
        match call.send().await {
            Ok(answer) => heard(&answer),
            Err(error) => unanswered(&error),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewMessage<'a> {
    to: &'a str,
    from: &'a str,
    body: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    media: Vec<Media<'a>>,
    correlation_id: &'a str,
    callback_url: &'a str,
}

#[derive(Serialize)]
struct Media<'a> {
    url: &'a str,
}

impl<'a> NewMessage<'a> {
    fn of(text: &'a OutboundText) -> Self {
        Self {
            to: text.to.as_str(),
            from: text.from.as_str(),
            body: text.text.as_str(),
            media: text.media.iter().map(|media| Media { url: media.as_str() }).collect(),
            correlation_id: text.message.as_str(),
            callback_url: text.callback.as_str(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    message_id: Option<String>,
    segments: Option<u32>,
}

#[derive(Deserialize)]
struct Refusal {
    error: Problem,
}

#[derive(Deserialize)]
struct Problem {
    code: Code,
    #[serde(default)]
    retryable: bool,
}

fn heard(answer: &Answer) -> Sending {
    if answer.is_success() {
        return match answer.json::<Created>() {
            Ok(created) => accepted(created.message_id.as_deref(), created.segments, answer),
            Err(_) => unexplained(answer),
        };
    }
    match answer.json::<Refusal>() {
        Ok(Refusal { error }) => refused(&error, answer),
        Err(_) => unexplained(answer),
    }
}

fn refused(problem: &Problem, answer: &Answer) -> Sending {
    let code = problem.code.to_string();
    if code == codes::MISMATCH {
        return Sending::InDoubt { why: "our key was used for another body before".to_owned() };
    }
    let meaning = codes::meaning(&code, problem.retryable);
    match answer.status() {
        // The provider stumbled and says so. With our key, another try cannot text twice.
        429 | 500.. if meaning.again == Again::Never => Meaning::BUSY,
        _ => meaning,
    }
    .sending(&code, answer)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{
        failure::{
            Failure,
            Reason::{
                self, Busy, Filtered, InvalidMessage, InvalidNumber, Misconfigured, OptedOut,
                Unknown,
            },
        },
        ids::ProviderMessageId,
    };
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        AddressOwner,
        testing::{Carrier, Says, callers, text},
    };

    fn account(base_url: &str) -> Account {
        let address_owner = AddressOwner::Operator;
        Account { base_url: base_url.to_owned(), address_owner, api_key: "key".into() }
    }

    async fn sending(says: Says) -> Sending {
        let carrier = Carrier::that_says(says).await;
        account(&carrier.base_url).send(&callers(), &text()).await
    }

    fn refused(reason: Reason, code: &str) -> Sending {
        Sending::Refused(Failure::new(reason, code))
    }

    fn deferred(reason: Reason, code: &str, seconds: Option<u64>) -> Sending {
        let after = seconds.map(Duration::from_secs);
        Sending::Deferred { failure: Failure::new(reason, code), after }
    }

    const QUEUED: &str = r#"{"messageId":"tpm_1","correlationId":"msg_1","status":"queued",
        "segments":1,"encoding":"GSM-7","createdAt":"2026-11-20T16:00:00.000Z"}"#;

    #[tokio::test]
    async fn a_text_is_one_call_under_our_own_key() {
        let carrier = Carrier::that_says(Says::This(202, &[], QUEUED)).await;
        // A base with a path of its own keeps it.
        let account = account(&format!("{}/texting/", carrier.base_url));

        let id = ProviderMessageId::parse("tpm_1").unwrap();
        let expected = Sending::Accepted { provider_message: id, segments: Some(1) };
        assert_eq!(account.send(&callers(), &text()).await, expected);

        let call = carrier.call();
        assert_eq!(call.path, "/texting/v1/messages");
        assert_eq!(call.header("authorization"), "Bearer key");
        assert_eq!(call.header("idempotency-key"), "msg_1");
        assert_eq!(
            serde_json::from_str::<Value>(&call.body).unwrap(),
            json!({
                "to": "+12125550123",
                "from": "+14155550100",
                "body": "Grüße & küsse",
                "media": [{ "url": "https://media.example/a.png" }],
                "correlationId": "msg_1",
                "callbackUrl": "https://duplex.example/webhooks/x?message=msg_1",
            })
        );
    }

    macro_rules! error {
        ($code:literal, $retryable:literal) => {
            concat!(
                r#"{"error":{"code":""#,
                $code,
                r#"","message":"m","field":"to","retryable":"#,
                $retryable,
                "}}"
            )
        };
    }

    #[tokio::test]
    async fn every_refusal_is_understood() {
        let cases = [
            (409, error!("recipient_opted_out", false), refused(OptedOut, "recipient_opted_out")),
            (400, error!("invalid_number", false), refused(InvalidNumber, "invalid_number")),
            (400, error!("body_too_long", false), refused(InvalidMessage, "body_too_long")),
            (401, error!("unauthenticated", false), refused(Misconfigured, "unauthenticated")),
            (403, error!("forbidden_sender", false), refused(Misconfigured, "forbidden_sender")),
            (404, error!("not_found", false), refused(Misconfigured, "not_found")),
            (409, error!("conflict", false), refused(Unknown, "conflict")),
            (422, error!("content_rejected", false), refused(Filtered, "content_rejected")),
            (400, error!("solar_flare", false), refused(Unknown, "solar_flare")),
            (400, error!("solar_flare", true), deferred(Unknown, "solar_flare", None)),
            (400, "", refused(Unknown, "http_400")),
            (429, error!("rate_limited", true), deferred(Busy, "rate_limited", Some(7))),
            (429, "", deferred(Busy, "http_429", Some(7))),
            (500, error!("provider_error", true), deferred(Busy, "provider_error", Some(7))),
            (503, error!("solar_flare", false), deferred(Busy, "solar_flare", Some(7))),
        ];
        for (status, body, expected) in cases {
            let headers: &[_] =
                if matches!(status, 429 | 500..) { &[("retry-after", "7")] } else { &[] };
            assert_eq!(
                sending(Says::This(status, headers, body)).await,
                expected,
                "{status} {body}"
            );
        }
    }

    #[tokio::test]
    async fn what_may_have_been_sent_is_in_doubt() {
        let cases = [
            Says::This(500, &[], ""),
            Says::This(504, &[], "<html>"),
            Says::This(202, &[], "{}"),
            Says::This(422, &[], error!("idempotency_mismatch", false)),
            Says::Nothing,
        ];
        for says in cases {
            assert!(matches!(sending(says).await, Sending::InDoubt { .. }));
        }
    }

    #[tokio::test]
    async fn what_never_left_is_deferred() {
        let gone = account(&Carrier::that_is_gone().await);
        assert_eq!(gone.send(&callers(), &text()).await, deferred(Busy, "no_connection", None));
    }

    #[tokio::test]
    async fn an_address_of_a_tenants_that_leads_inside_is_not_called() {
        let inside = Carrier::that_says(Says::This(202, &[], QUEUED)).await;
        let https = inside.base_url.replace("http://", "https://");
        for base_url in [inside.base_url.as_str(), &https, "https://169.254.169.254"] {
            let account = Account { address_owner: AddressOwner::Tenant, ..account(base_url) };
            let sending = account.send(&callers(), &text()).await;
            assert_eq!(sending, refused(Misconfigured, "address_not_allowed"), "{base_url}");
        }
        assert_eq!(inside.calls(), 0);
    }
}
