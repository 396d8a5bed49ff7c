//! Sending: `POST {base}/webhook/sms-gateway/send`.
//!
//! Aloware answers with a sentence and not with an id, and reports nothing afterwards. So an
//! accepted text gets an id of ours in the place of its own, derived from the message it is: that
//! keeps the rule that an accepted text has one, and two texts never share it.

use domain::{
    failure::{Failure, Reason},
    outbound::{OutboundText, Sending},
    text::MediaUrl,
};
use egress::Answer;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::{Account, Line, LineId};
use crate::outcome::{accepted, endpoint, unanswered, unexplained};

/// What Aloware documents as the longest text.
const LONGEST: usize = 160;

impl Account {
    /// Asks Aloware to send `text`, once.
    pub async fn send(&self, http: &egress::Client, text: &OutboundText) -> Sending {
        if let Some(code) = unsendable(text) {
            return Sending::Refused(Failure::new(Reason::InvalidMessage, code));
        }
        let url = match endpoint(&self.base_url, &["webhook", "sms-gateway", "send"]) {
            Ok(url) => url,
            Err(refused) => return refused,
        };
        match http.post(url).json(&NewMessage::of(self, text)).send().await {
            Ok(answer) => heard(&answer, text),
            Err(error) => unanswered(&error),
        }
    }
}

/// Why Aloware could not send this as it is. It is said before anybody is called: what Aloware would
/// do instead, cut it off or leave something out, it does not say.
fn unsendable(text: &OutboundText) -> Option<&'static str> {
    if text.text.as_str().chars().count() > LONGEST {
        return Some("longer_than_160_characters");
    }
    (text.media.len() > 1).then_some("more_than_one_attachment")
}

#[derive(Serialize)]
struct NewMessage<'a> {
    api_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line_id: Option<&'a LineId>,
    to: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_url: Option<&'a str>,
}

impl<'a> NewMessage<'a> {
    fn of(account: &'a Account, text: &'a OutboundText) -> Self {
        let (from, line_id) = match &account.line {
            None => (Some(text.from.as_str()), None),
            Some(Line::Number(number)) => (Some(number.as_str()), None),
            Some(Line::Id(id)) => (None, Some(id)),
        };
        Self {
            api_token: account.api_token.expose_secret(),
            from,
            line_id,
            to: text.to.as_str(),
            message: text.text.as_str(),
            image_url: text.media.first().map(MediaUrl::as_str),
        }
    }
}

/// `{"message": …}` is all that Aloware documents of a success.
#[derive(Deserialize)]
struct Taken {
    #[serde(rename = "message")]
    _message: String,
}

fn heard(answer: &Answer, text: &OutboundText) -> Sending {
    if answer.is_success() && answer.json::<Taken>().is_ok() {
        return accepted(Some(&format!("aloware:{}", text.message)), None, answer);
    }
    unexplained(answer)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{
        failure::Reason::{Busy, InvalidMessage, Misconfigured, Unknown},
        ids::ProviderMessageId,
        text::MessageText,
    };
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Carrier, Says, http, text};

    const TAKEN: Says = Says::This(200, &[], r#"{"message":"Message sent."}"#);

    fn account(base_url: &str) -> Account {
        Account { base_url: base_url.to_owned(), api_token: "token".into(), line: None }
    }

    fn refused(reason: Reason, code: &str) -> Sending {
        Sending::Refused(Failure::new(reason, code))
    }

    fn deferred(code: &str, after: Option<u64>) -> Sending {
        let after = after.map(Duration::from_secs);
        Sending::Deferred { failure: Failure::new(Busy, code), after }
    }

    async fn sending(says: Says) -> Sending {
        let carrier = Carrier::that_says(says).await;
        let sending = account(&carrier.base_url).send(&http(), &text()).await;
        assert_eq!(carrier.call().path, "/webhook/sms-gateway/send");
        sending
    }

    async fn said(line: Option<Line>, text: &OutboundText) -> Value {
        let carrier = Carrier::that_says(TAKEN).await;
        let account = Account { line, ..account(&carrier.base_url) };
        let sent = account.send(&http(), text).await;
        assert!(matches!(sent, Sending::Accepted { .. }), "{sent:?}");
        serde_json::from_str(&carrier.call().body).unwrap()
    }

    #[tokio::test]
    async fn a_text_is_sent_with_all_that_aloware_takes() {
        assert_eq!(
            said(None, &text()).await,
            json!({
                "api_token": "token",
                "from": "+14155550100",
                "to": "+12125550123",
                "message": "Grüße & küsse",
                "image_url": "https://media.example/a.png",
            })
        );
    }

    #[tokio::test]
    async fn a_line_that_was_chosen_takes_the_place_of_the_number() {
        let bare = OutboundText { media: Vec::new(), ..text() };
        let number = Line::Number("+14155550199".parse().unwrap());
        assert_eq!(said(Some(number), &bare).await["from"], "+14155550199");

        for (id, expected) in
            [(LineId::Number(7), json!(7)), (LineId::Text("7a".into()), json!("7a"))]
        {
            let body = said(Some(Line::Id(id)), &bare).await;
            assert_eq!(body["line_id"], expected);
            assert_eq!((body.get("from"), body.get("image_url")), (None, None));
        }
    }

    #[tokio::test]
    async fn an_accepted_text_has_an_id_that_follows_from_ours() {
        let provider_message = ProviderMessageId::parse("aloware:msg_1").unwrap();
        let accepted = Sending::Accepted { provider_message, segments: None };
        assert_eq!(sending(TAKEN).await, accepted);
    }

    #[tokio::test]
    async fn what_aloware_could_not_send_whole_is_refused_before_it_is_asked() {
        let gone = account(&Carrier::that_is_gone().await);
        let of = |length| MessageText::new("é".repeat(length));
        let too_long = OutboundText { text: of(161), ..text() };
        let refusal = refused(InvalidMessage, "longer_than_160_characters");
        assert_eq!(gone.send(&http(), &too_long).await, refusal);

        let media = vec![MediaUrl::parse("https://media.example/a.png").unwrap(); 2];
        let refusal = refused(InvalidMessage, "more_than_one_attachment");
        assert_eq!(gone.send(&http(), &OutboundText { media, ..text() }).await, refusal);

        let longest = OutboundText { text: of(160), ..text() };
        assert_eq!(said(None, &longest).await["message"], "é".repeat(160));
    }

    #[tokio::test]
    async fn every_refusal_is_understood() {
        let wait: &[_] = &[("retry-after", "7")];
        let cases = [
            (Says::This(400, &[], r#"{"message":"no"}"#), refused(Unknown, "http_400")),
            (Says::This(400, &[], ""), refused(Unknown, "http_400")),
            (Says::This(422, &[], ""), refused(Unknown, "http_422")),
            (Says::This(401, &[], ""), refused(Misconfigured, "http_401")),
            (Says::This(403, &[], ""), refused(Misconfigured, "http_403")),
            (Says::This(404, &[], ""), refused(Misconfigured, "http_404")),
            (Says::This(302, &[], ""), refused(Misconfigured, "http_302")),
            (Says::This(429, wait, ""), deferred("http_429", Some(7))),
            (Says::This(429, &[], ""), deferred("http_429", None)),
        ];
        for (says, expected) in cases {
            assert_eq!(sending(says).await, expected);
        }
    }

    #[tokio::test]
    async fn what_may_have_been_sent_is_in_doubt() {
        let cases = [
            Says::This(500, &[], r#"{"message":"no"}"#),
            Says::This(503, &[], ""),
            Says::This(408, &[], ""),
            Says::This(200, &[], "<html>"),
            Says::This(200, &[], "{}"),
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

    #[test]
    fn debug_does_not_show_the_token() {
        let account = Account { api_token: "hidden".into(), ..account("https://a.example") };
        assert!(!format!("{account:?}").contains("hidden"));
    }
}
