//! Sending through Twilio.
//! See <https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource>.
//!
//! Twilio has no idempotency key, so what may have been sent is never sent again: see
//! [`Sending::InDoubt`].

use domain::outbound::{OutboundText, Sending};
use egress::Answer;
use serde::Deserialize;

use super::{Account, codes};
use crate::{
    codes::{Again, Meaning},
    outcome::{accepted, endpoint, unanswered, unexplained},
    read::Code,
};

/// Has Twilio repeat a report that we could not take in: without this it repeats one only if it
/// could not connect. It is neither sent to us nor signed.
/// See <https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides>.
const AGAIN: &str = "#rp=5xx,ct,rt&rc=3";

impl Account {
    /// Asks Twilio to send `text`, once.
    pub async fn send(&self, http: &egress::Client, text: &OutboundText) -> Sending {
        let path = ["2010-04-01", "Accounts", &self.account_sid, "Messages.json"];
        let url = match endpoint(&self.base_url, &path) {
            Ok(url) => url,
            Err(refused) => return refused,
        };
        let user = self.api_user.as_deref().unwrap_or(&self.account_sid);
        let call = http.post(url).basic(user, &self.api_secret).form(&self.form(text));
        match call.send().await {
            Ok(answer) => heard(&answer),
            Err(error) => unanswered(&error),
        }
    }

    fn form(&self, text: &OutboundText) -> Vec<(&'static str, String)> {
        let mut form = vec![
            ("To", text.to.as_str().to_owned()),
            ("From", text.from.as_str().to_owned()),
            ("StatusCallback", format!("{}{AGAIN}", text.callback)),
            ("SmartEncoded", self.smart_encoded.to_string()),
        ];
        if !text.text.is_empty() {
            form.push(("Body", text.text.as_str().to_owned()));
        }
        form.extend(text.media.iter().map(|media| ("MediaUrl", media.as_str().to_owned())));
        if let Some(service) = &self.messaging_service_sid {
            form.push(("MessagingServiceSid", service.clone()));
        }
        if let Some(validity) = text.validity {
            form.push(("ValidityPeriod", validity.as_secs().clamp(1, 36_000).to_string()));
        }
        form
    }
}

#[derive(Deserialize)]
struct Created {
    sid: Option<String>,
    status: Option<String>,
    error_code: Option<Code>,
    num_segments: Option<String>,
}

#[derive(Deserialize)]
struct Problem {
    code: Code,
}

fn heard(answer: &Answer) -> Sending {
    match answer.status() {
        200..=299 => created(answer),
        // Twilio may have sent it before it stumbled, whatever code it gives.
        408 | 500.. => unexplained(answer),
        status => match answer.json::<Problem>() {
            Ok(Problem { code }) => problem(status, &code.to_string(), answer),
            Err(_) => unexplained(answer),
        },
    }
}

fn created(answer: &Answer) -> Sending {
    let Ok(created) = answer.json::<Created>() else {
        return unexplained(answer);
    };
    // No report follows for the status that the answer itself gives.
    if let (Some("failed"), Some(code)) = (created.status.as_deref(), &created.error_code) {
        let code = code.to_string();
        return codes::meaning(&code).sending(&code, answer);
    }
    // A messaging service counts the segments later, and says 0 until then.
    let segments = created.num_segments.and_then(|it| it.parse().ok()).filter(|it| *it > 0);
    accepted(created.sid.as_deref(), segments, answer)
}

fn problem(status: u16, code: &str, answer: &Answer) -> Sending {
    let meaning = match codes::meaning(code) {
        meaning if status == 429 && meaning.again == Again::Never => Meaning::BUSY,
        meaning => meaning,
    };
    meaning.sending(code, answer)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{
        failure::{
            Failure,
            Reason::{self, Busy, InvalidNumber, Misconfigured, OptedOut, Unknown},
        },
        ids::ProviderMessageId,
    };

    use super::*;
    use crate::testing::{Carrier, Says, http, text};

    fn account(base_url: &str) -> Account {
        Account {
            base_url: base_url.to_owned(),
            account_sid: "AC1".to_owned(),
            api_user: None,
            api_secret: "secret".into(),
            messaging_service_sid: None,
            smart_encoded: true,
        }
    }

    async fn sending(says: Says) -> Sending {
        let carrier = Carrier::that_says(says).await;
        account(&carrier.base_url).send(&http(), &text()).await
    }

    fn taken(segments: Option<u32>) -> Sending {
        Sending::Accepted { provider_message: ProviderMessageId::parse("SM1").unwrap(), segments }
    }

    fn refused(reason: Reason, code: &str) -> Sending {
        Sending::Refused(Failure::new(reason, code))
    }

    fn deferred(code: &str, seconds: Option<u64>) -> Sending {
        let after = seconds.map(Duration::from_secs);
        Sending::Deferred { failure: Failure::new(Busy, code), after }
    }

    const QUEUED: &str = r#"{"sid":"SM1","account_sid":"AC1","api_version":"2010-04-01","body":"x",
        "date_sent":null,"direction":"outbound-api","error_code":null,"error_message":null,
        "num_media":"0","num_segments":"2","price":null,"status":"queued"}"#;

    #[tokio::test]
    async fn a_text_is_one_form_with_everything_in_it() {
        let carrier = Carrier::that_says(Says::This(201, &[], QUEUED)).await;
        let account = Account {
            api_user: Some("SK1".to_owned()),
            messaging_service_sid: Some("MG1".to_owned()),
            ..account(&carrier.base_url)
        };

        assert_eq!(account.send(&http(), &text()).await, taken(Some(2)));

        let call = carrier.call();
        assert_eq!(call.path, "/2010-04-01/Accounts/AC1/Messages.json");
        assert_eq!(call.header("authorization"), "Basic U0sxOnNlY3JldA==");
        let form: Vec<(String, String)> =
            form_urlencoded::parse(call.body.as_bytes()).into_owned().collect();
        let expected = [
            ("To", "+12125550123"),
            ("From", "+14155550100"),
            ("StatusCallback", "https://duplex.example/webhooks/x?message=msg_1#rp=5xx,ct,rt&rc=3"),
            ("SmartEncoded", "true"),
            ("Body", "Grüße & küsse"),
            ("MediaUrl", "https://media.example/a.png"),
            ("MessagingServiceSid", "MG1"),
            ("ValidityPeriod", "36000"),
        ];
        assert_eq!(form, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[tokio::test]
    async fn every_answer_is_understood() {
        let cases = [
            (201, QUEUED, taken(Some(2))),
            (201, r#"{"sid":"SM1","status":"accepted","num_segments":"0"}"#, taken(None)),
            (
                201,
                r#"{"sid":"SM1","status":"failed","error_code":21610}"#,
                refused(OptedOut, "21610"),
            ),
            (
                400,
                r#"{"code":21610,"message":"x","more_info":"y","status":400}"#,
                refused(OptedOut, "21610"),
            ),
            (400, r#"{"code":21211,"status":400}"#, refused(InvalidNumber, "21211")),
            (400, r#"{"code":21606,"status":400}"#, refused(Misconfigured, "21606")),
            (401, r#"{"code":20003,"status":401}"#, refused(Misconfigured, "20003")),
            (400, r#"{"code":29999,"status":400}"#, refused(Unknown, "29999")),
            (400, "<html>", refused(Unknown, "http_400")),
            (403, "", refused(Misconfigured, "http_403")),
            (307, "", refused(Misconfigured, "http_307")),
            (429, r#"{"code":20429,"status":429}"#, deferred("20429", None)),
            (429, r#"{"code":29999,"status":429}"#, deferred("29999", None)),
            (429, "", deferred("http_429", None)),
            (429, r#"{"code":63038,"status":429}"#, deferred("63038", Some(86_400))),
            (400, r#"{"code":21611,"status":400}"#, deferred("21611", Some(300))),
        ];
        for (status, body, expected) in cases {
            assert_eq!(sending(Says::This(status, &[], body)).await, expected, "{status} {body}");
        }
    }

    #[tokio::test]
    async fn a_wish_to_wait_longer_is_honoured() {
        let wait = &[("retry-after", "7")];
        let busy = r#"{"code":20429,"status":429}"#;
        assert_eq!(sending(Says::This(429, wait, busy)).await, deferred("20429", Some(7)));
        let full = r#"{"code":21611,"status":400}"#;
        assert_eq!(sending(Says::This(400, wait, full)).await, deferred("21611", Some(300)));
    }

    #[tokio::test]
    async fn what_may_have_been_sent_is_in_doubt() {
        let cases = [
            Says::This(500, &[], r#"{"code":20500,"status":500}"#),
            Says::This(503, &[], ""),
            Says::This(408, &[], ""),
            Says::This(201, &[], "<html>"),
            Says::This(201, &[], r#"{"sid":null}"#),
            Says::This(201, &[], r#"{"sid":"two words"}"#),
            Says::Nothing,
        ];
        for says in cases {
            assert!(matches!(sending(says).await, Sending::InDoubt { .. }));
        }
    }

    #[tokio::test]
    async fn what_never_left_is_deferred() {
        let gone = account(&Carrier::that_is_gone().await);
        assert_eq!(gone.send(&http(), &text()).await, deferred("no_connection", None));
    }

    #[tokio::test]
    async fn an_address_that_is_none_is_refused() {
        for base_url in ["", "api.twilio.com", "mailto:a@b.test"] {
            let sending = account(base_url).send(&http(), &text()).await;
            assert_eq!(sending, refused(Misconfigured, "base_url"), "{base_url}");
        }
    }

    #[test]
    fn the_carrier_may_try_for_a_second_to_ten_hours() {
        for (seconds, expected) in [(0, "1"), (90, "90"), (36_000, "36000"), (36_001, "36000")] {
            let text = OutboundText { validity: Some(Duration::from_secs(seconds)), ..text() };
            let form = account("").form(&text);
            assert!(form.contains(&("ValidityPeriod", expected.to_owned())), "{seconds}");
        }
        let form = account("").form(&OutboundText { validity: None, ..text() });
        assert!(form.iter().all(|(name, _)| *name != "ValidityPeriod"));
    }

    #[test]
    fn debug_does_not_tell_the_secret() {
        let account = Account { api_secret: "hunter2".into(), ..account("") };
        assert!(!format!("{account:?}").contains("hunter2"));
    }
}
