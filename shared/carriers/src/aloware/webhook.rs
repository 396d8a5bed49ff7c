//! What Aloware tells us: `{"event": …, "body": {…}}`. It documents neither the words for its events
//! nor what is in them, so each is taken note of, and nothing is concluded from it.

use std::fmt;

use domain::heard::{Heard, Notice};
use serde::Deserialize;
use serde_json::Value;

use super::{Verifier, authorization};
use crate::read::{Forged, Malformed, json, sha256, word};

/// A webhook that came with the account's secret. There is no other way to come by one.
pub struct Webhook {
    body: Vec<u8>,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    event: Value,
}

impl Webhook {
    /// Reads a body as it came. `authorization` is the header of that name.
    pub fn authenticate(
        verifier: &Verifier,
        body: &[u8],
        authorization: Option<&str>,
    ) -> Result<Self, Forged> {
        authorization::check(verifier, authorization)?;
        Ok(Self { body: body.to_vec() })
    }

    /// What the webhook says. It has no id that we know of, so a repetition is told by its bytes.
    pub fn notice(&self) -> Result<Notice, Malformed> {
        let Envelope { event } = json(&self.body)?;
        let what = event.as_str().map_or("unnamed", word).to_owned();
        let dedupe_key = format!("aloware:{}", sha256(&self.body));
        Ok(Notice { dedupe_key, heard: Heard::Ignored { what } })
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::aloware::Scheme;

    fn authenticate(body: &[u8], authorization: Option<&str>) -> Result<Webhook, Forged> {
        let verifier = Verifier { scheme: Scheme::Bearer, secrets: vec!["secret".into()] };
        Webhook::authenticate(&verifier, body, authorization)
    }

    fn notice(body: &str) -> Result<Notice, Malformed> {
        authenticate(body.as_bytes(), Some("Bearer secret")).unwrap().notice()
    }

    #[test]
    fn every_event_is_taken_note_of_by_its_word() {
        let cases = [
            (r#"{"event":"OutboundPhoneCall-Disposed","body":{}}"#, "OutboundPhoneCall-Disposed"),
            (r#"{"event":"Contact Created","body":{"id":1}}"#, "unreadable"),
            (r#"{"event":7}"#, "unnamed"),
            (r#"{"body":{"event":"hidden"}}"#, "unnamed"),
            ("{}", "unnamed"),
        ];
        for (body, what) in cases {
            let what = what.to_owned();
            assert_eq!(notice(body).unwrap().heard, Heard::Ignored { what }, "{body}");
        }
    }

    #[test]
    fn the_same_bytes_are_the_same_event() {
        let key = |body| notice(body).unwrap().dedupe_key;
        let once = r#"{"event":"a","body":{"n":1}}"#;
        assert_eq!(key(once), key(once));
        assert_ne!(key(once), key(r#"{"event":"a","body":{"n":2}}"#));
        assert!(key(once).starts_with("aloware:"));
    }

    #[test]
    fn what_is_no_object_cannot_be_read() {
        for body in ["", "}{", "7", r#""event""#, "[]x"] {
            assert!(notice(body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_stranger_has_nothing_read() {
        assert_eq!(authenticate(b"}{", Some("Bearer guessed")).unwrap_err(), Forged);
        assert_eq!(authenticate(b"{}", None).unwrap_err(), Forged);
    }

    #[test]
    fn debug_tells_nothing() {
        let webhook = authenticate(b"private", Some("Bearer secret")).unwrap();
        assert_eq!(format!("{webhook:?}"), "Webhook { bytes: 7, .. }");
    }

    proptest! {
        #[test]
        fn reading_never_panics(body in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = authenticate(&body, Some("Bearer secret")).unwrap().notice();
        }
    }
}
