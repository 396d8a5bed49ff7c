//! What Telnyx demands of a request to send.

use serde::Deserialize;
use serde_json::json;

use super::errors::error;
use crate::sims::{
    carrier::{
        Media, Wanted,
        checks::{is_absolute_url, is_e164},
    },
    server::Answer,
};

/// The number that a pool picks when nobody names one.
const SENDER_OF_POOLS: &str = "+15005550006";

#[derive(Deserialize)]
struct Asked {
    to: Option<String>,
    from: Option<String>,
    messaging_profile_id: Option<String>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    media_urls: Vec<String>,
    webhook_url: Option<String>,
    webhook_failover_url: Option<String>,
}

pub(super) fn read(body: &[u8]) -> Result<Wanted, Answer> {
    let asked: Asked =
        serde_json::from_slice(body).map_err(|_| error(400, "10015", "Bad Request", ""))?;
    asked.check()?;
    let from =
        asked.from.as_deref().or(asked.messaging_profile_id.as_ref().map(|_| SENDER_OF_POOLS));
    Ok(Wanted {
        from: from.ok_or_else(|| missing("/from"))?.to_owned(),
        to: asked.to.ok_or_else(|| missing("/to"))?,
        body: asked.text,
        media: asked.media_urls.into_iter().map(Media::new).collect(),
        callback: asked.webhook_url,
        failover: asked.webhook_failover_url,
        particulars: json!({"profile": asked.messaging_profile_id}),
    })
}

impl Asked {
    fn check(&self) -> Result<(), Answer> {
        if self.to.as_ref().is_some_and(|to| !is_e164(to)) {
            return Err(error(400, "40310", "Invalid 'to' address", "/to"));
        }
        if self.from.as_ref().is_some_and(|from| !is_sender(from)) {
            return Err(error(400, "40305", "Invalid 'from' address", "/from"));
        }
        if self.text.is_empty() && self.media_urls.is_empty() {
            return Err(missing("/text"));
        }
        if self.text.chars().count() > 1600 {
            return Err(error(400, "40009", "Invalid message body", "/text"));
        }
        if self.media_urls.len() > 10 {
            return Err(error(400, "10015", "Bad Request", "/media_urls"));
        }
        self.check_urls()
    }

    fn check_urls(&self) -> Result<(), Answer> {
        let media = self.media_urls.iter().map(|url| ("/media_urls", url));
        let webhook = self.webhook_url.iter().map(|url| ("/webhook_url", url));
        let failover = self.webhook_failover_url.iter().map(|url| ("/webhook_failover_url", url));
        match media.chain(webhook).chain(failover).find(|(_, url)| !is_absolute_url(url)) {
            None => Ok(()),
            Some((pointer, _)) => Err(error(400, "10003", "Invalid URL", pointer)),
        }
    }
}

/// A number, a short code, or an alphanumeric name.
fn is_sender(from: &str) -> bool {
    let is_name = (3..=11).contains(&from.len())
        && from.bytes().all(|it| it.is_ascii_alphanumeric() || it == b' ');
    is_e164(from) || is_name
}

fn missing(pointer: &str) -> Answer {
    error(400, "10004", "Missing required parameter", pointer)
}
