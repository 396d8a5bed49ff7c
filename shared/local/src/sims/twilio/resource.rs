//! The Message resource as the API shows it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Twilio;
use crate::sims::carrier::{Text, behaviour::Step, segments::segments, text::Direction};

/// A text's status, and the error's code if it has one.
pub(super) fn status(text: &Text) -> (&'static str, Option<String>) {
    let latest = text.steps.last().map(|(_, step)| step);
    let code =
        |code: &Option<String>, usual: &str| Some(code.clone().unwrap_or_else(|| usual.to_owned()));
    match (text.direction, latest) {
        (Direction::Inbound, _) => ("received", None),
        (Direction::Outbound, None) if text.particular("service").is_some() => ("accepted", None),
        (Direction::Outbound, None) => ("queued", None),
        (_, Some(Step::Sent)) => ("sent", None),
        (_, Some(Step::Delivered)) => ("delivered", None),
        (_, Some(Step::Undelivered { code: given })) => ("undelivered", code(given, "30003")),
        (_, Some(Step::Failed { code: given })) => ("failed", code(given, "30008")),
    }
}

impl Twilio {
    pub(super) fn resource(&self, text: &Text) -> Value {
        let account = &self.options.account_sid;
        let uri = format!("/2010-04-01/Accounts/{account}/Messages/{}", text.id);
        let (status, error_code) = status(text);
        // A service has not chosen its sender, nor counted, when it accepts a message.
        let is_open = status == "accepted";
        let count = if is_open { 0 } else { segments(&text.body).count };
        let sent_at = text.steps.first().map(|(at, _)| date(*at));
        let changed_at = text.steps.last().map_or(text.at, |(at, _)| *at);
        json!({
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": text.body,
            "date_created": date(text.at),
            "date_sent": sent_at,
            "date_updated": date(changed_at),
            "direction": direction(text.direction),
            "error_code": error_code.and_then(|code| code.parse::<u32>().ok()),
            "error_message": null,
            "from": (!is_open).then_some(&text.from),
            "messaging_service_sid": text.particular("service"),
            "num_media": text.media.len().to_string(),
            "num_segments": count.to_string(),
            "price": null,
            "price_unit": "USD",
            "sid": text.id,
            "status": status,
            "subresource_uris": {"media": format!("{uri}/Media.json")},
            "to": text.to,
            "uri": format!("{uri}.json"),
        })
    }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound-api",
    }
}

/// RFC 2822, as in `Thu, 24 Aug 2023 05:01:45 +0000`.
fn date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
