//! What reading any carrier's webhook needs, and how reading one goes wrong.

use std::fmt;

use aws_lc_rs::digest::{self, SHA256};
use domain::phone::PhoneNumber;
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};

/// The webhook does not carry the signature or the secret that the carrier would have given it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not signed by the carrier")]
pub struct Forged;

/// The carrier sent this, and it is not what the carrier documents.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the webhook cannot be read at `{what}`")]
pub struct Malformed {
    /// Where the fault is. Never what was found there, for that may be somebody's words.
    pub what: String,
}

impl Malformed {
    pub(crate) fn at(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

/// Reads JSON; the fault, if there is one, is named by its path.
pub(crate) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Malformed> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| Malformed::at(error.path().to_string()))?;
    deserializer.end().map_err(|_| Malformed::at("."))?;
    Ok(read)
}

/// A carrier's word, fit for a log and for a failure's code: short and plain, or not shown.
pub(crate) fn word(raw: &str) -> &str {
    let is_plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
    if (1..=48).contains(&raw.len()) && raw.bytes().all(is_plain) { raw } else { "unreadable" }
}

/// A foreign name that can stand in a key: as it is if it is plain, as its hash if it is not.
pub(crate) fn word_or_hash(raw: &str) -> String {
    let plain = word(raw);
    if plain == raw { raw.to_owned() } else { sha256(raw.as_bytes()) }
}

/// An error code, which carriers write now as text, now as a number. Shown as a [`word`].
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Code {
    Text(String),
    Number(u64),
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(word(text)),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// The two ends of a text, or why they are not two telephone numbers.
pub(crate) fn ends(from: &str, to: &str) -> Result<(PhoneNumber, PhoneNumber), String> {
    let from = from.parse().map_err(|_| "the sender is no telephone number".to_owned())?;
    let to = to.parse().map_err(|_| "the receiver is no telephone number".to_owned())?;
    Ok((from, to))
}

/// When the carrier says it happened. A carrier that says nothing readable, or that speaks of the
/// future, is answered with `now`.
pub(crate) fn moment(said: Option<&str>, now: Timestamp) -> Timestamp {
    said.and_then(|it| it.parse::<Timestamp>().ok()).map_or(now, |it| it.min(now))
}

/// Whether a signature's time, in seconds as digits only, is within five minutes of `now` on either
/// side.
pub(crate) fn is_recent(timestamp: &str, now: Timestamp) -> bool {
    let is_plain = !timestamp.is_empty() && timestamp.bytes().all(|c| c.is_ascii_digit());
    let seconds = timestamp.parse::<i64>().ok().filter(|_| is_plain);
    seconds.is_some_and(|it| it.abs_diff(now.as_second()) <= 300)
}

/// SHA-256 in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&SHA256, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::NOON;

    #[test]
    fn a_fault_is_named_by_its_path_and_never_by_its_value() {
        let fault = json::<std::collections::BTreeMap<String, u8>>(br#"{"age":"my secret"}"#);
        let shown = fault.unwrap_err().to_string();
        assert_eq!(shown, "the webhook cannot be read at `age`");
    }

    #[test]
    fn what_follows_the_json_is_a_fault() {
        assert!(json::<u8>(b"1 2").is_err());
    }

    #[test]
    fn a_strange_word_is_not_repeated() {
        assert_eq!(word("partially_delivered"), "partially_delivered");
        for strange in ["", "+15005550006", "two words", "é", &"a".repeat(49)] {
            assert_eq!(word(strange), "unreadable");
        }
    }

    #[test]
    fn nothing_happens_in_the_future() {
        assert_eq!(moment(Some("2999-01-01T00:00:00Z"), NOON), NOON);
        assert_eq!(moment(Some("yesterday"), NOON), NOON);
        assert_eq!(moment(None, NOON), NOON);
        let before = "2025-12-31T23:59:59.123Z";
        assert_eq!(moment(Some(before), NOON).to_string(), before);
    }
}
