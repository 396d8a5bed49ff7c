//! What GoHighLevel's error bodies mean.
//!
//! The bodies have many shapes, and a gateway may answer in HTML. Whatever cannot be understood
//! leaves the status to speak for itself. The sentences are read here and go no further: they
//! quote telephone numbers.

use domain::ids::CrmContactId;
use serde_json::Value;

use crate::Kind;

/// The parts of an error body that we use.
#[derive(Default)]
pub(crate) struct Refusal {
    pub(crate) code: Option<String>,
    pub(crate) trace_id: Option<String>,
    /// The contact that already has the number which a new one was to get.
    pub(crate) duplicate_of: Option<CrmContactId>,
    /// All sentences, in lower case.
    words: String,
}

impl Refusal {
    pub(crate) fn read(body: &[u8]) -> Self {
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        Self {
            code: text("canonicalCode")
                .or(text("code"))
                .or(text("error").filter(|it| it.contains('_')))
                .and_then(identifier),
            trace_id: text("traceId").and_then(identifier),
            duplicate_of: duplicate(&body),
            words: sentences(&body).join("\n").to_lowercase(),
        }
    }

    /// What a status of 4xx with this body means. Codes count before words.
    pub(crate) fn kind(&self, status: u16) -> Kind {
        self.kind_of_code()
            .or_else(|| self.kind_of_words(status))
            .unwrap_or_else(|| self.kind_of_status(status))
    }

    /// What a status of 4xx means where codes and refresh tokens are exchanged for tokens.
    ///
    /// GoHighLevel never published all its answers. One that we do not know says nothing about the
    /// token, which is therefore not given up.
    pub(crate) fn kind_at_token_endpoint(&self, not_accepted: Kind) -> Kind {
        let is_invalid_grant =
            self.code.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("invalid_grant"));
        if self.words.contains("authorization code not found") {
            Kind::CodeNotAccepted
        } else if self.words.contains("refresh token is invalid") {
            Kind::NeedsReconnect
        } else if is_invalid_grant {
            not_accepted
        } else if self.words.contains("location is not active") {
            Kind::Suspended
        } else {
            Kind::Configuration
        }
    }

    fn kind_of_status(&self, status: u16) -> Kind {
        match status {
            // Without words a 401 has its plain meaning. With words that we do not know it is not
            // about the token's age, and a fresh one would not help.
            401 if self.words.is_empty() => Kind::Unauthorized,
            401 | 403 => Kind::Forbidden,
            404 => Kind::NotFound,
            _ => Kind::Refused,
        }
    }

    fn kind_of_code(&self) -> Option<Kind> {
        match self.code.as_deref()?.strip_prefix("CONVERSATIONS_MSG_")? {
            "PROVIDER_NOT_FOUND" => Some(Kind::NotReady),
            "PROVIDER_NO_ACCESS" | "CONVERSATION_PROVIDER_MISMATCH" => Some(Kind::Configuration),
            code if code.starts_with("DND_ACTIVE") || code.starts_with("UNSUBSCRIBED") => {
                Some(Kind::OptedOut)
            }
            _ => None,
        }
    }

    fn kind_of_words(&self, status: u16) -> Option<Kind> {
        WORDS
            .iter()
            .find(|(only, words, _)| {
                only.is_none_or(|only| only == status) && self.words.contains(words)
            })
            .map(|(_, _, kind)| *kind)
    }
}

/// Status, where it matters; a part of the sentence; meaning.
const WORDS: &[(Option<u16>, &str, Kind)] = &[
    (Some(401), "access token is invalid", Kind::Unauthorized),
    (Some(401), "invalid jwt", Kind::Unauthorized),
    // A mistake of ours that concerns every call: nothing may be given up because of it.
    (Some(401), "version header", Kind::Configuration),
    (Some(400), "invalid api version", Kind::Configuration),
    (None, "no conversation provider found", Kind::NotReady),
    (None, "access to the conversationprovider", Kind::Configuration),
    (None, "incorrect conversationproviderid", Kind::Configuration),
    (None, "invalid conversationproviderid", Kind::Configuration),
    (None, "no conversationproviderid passed", Kind::Configuration),
    (None, "dnd is active", Kind::OptedOut),
    (None, "has unsubscribed", Kind::OptedOut),
    (None, "location is not active", Kind::Suspended),
    (None, "location or agency is inactive", Kind::Suspended),
    (Some(400), "contact not found", Kind::NotFound),
    // A path that does not exist is a mistake of ours, not a missing thing.
    (Some(404), "cannot get /", Kind::Refused),
    (Some(404), "cannot post /", Kind::Refused),
    (Some(404), "cannot put /", Kind::Refused),
    (Some(404), "cannot delete /", Kind::Refused),
];

/// A code or a trace, if it looks like one. Anything else might be a sentence.
fn identifier(raw: &str) -> Option<String> {
    let is_identifier = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
    let has_letter = raw.bytes().any(|c| c.is_ascii_alphabetic());
    ((1..=80).contains(&raw.len()) && has_letter && raw.bytes().all(is_identifier))
        .then(|| raw.to_owned())
}

/// `meta.contactId`, unless the contact is the same by something other than its number.
fn duplicate(body: &Value) -> Option<CrmContactId> {
    let meta = body.get("meta")?;
    let field = meta.get("matchingField").and_then(Value::as_str);
    if field.is_some_and(|field| field != "phone") {
        return None;
    }
    CrmContactId::parse(meta.get("contactId")?.as_str()?).ok()
}

/// `message` is a string or a list of them; some endpoints have words elsewhere.
fn sentences(body: &Value) -> Vec<&str> {
    let nested = body.get("error").and_then(|error| error.get("message"));
    [body.get("message"), body.get("error_description"), nested]
        .into_iter()
        .flatten()
        .flat_map(|found| match found {
            Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect::<Vec<_>>(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_and_traces_that_could_be_words_or_numbers_are_dropped() {
        assert_eq!(identifier("CONVERSATIONS_MSG_X").as_deref(), Some("CONVERSATIONS_MSG_X"));
        for bad in ["", "+15005550006", "15005550006", "two words", &"a".repeat(81)] {
            assert_eq!(identifier(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_contact_that_is_the_same_by_its_name_is_no_duplicate_of_a_number() {
        for (field, is_duplicate) in [("phone", true), ("contactName", false), ("email", false)] {
            let body = format!(r#"{{"meta":{{"contactId":"c1","matchingField":"{field}"}}}}"#);
            let refusal = Refusal::read(body.as_bytes());
            assert_eq!(refusal.duplicate_of.is_some(), is_duplicate, "{field}");
        }
    }

    proptest! {
        #[test]
        fn no_body_can_break_the_reading(body: Vec<u8>, status in 400u16..500) {
            let _ = Refusal::read(&body).kind(status);
        }

        #[test]
        fn no_shape_can_break_the_reading(message in "\\PC*", status in 400u16..500) {
            let shapes = [
                serde_json::json!({ "message": message, "error": message, "meta": message }),
                serde_json::json!({ "message": [message, 1], "error": { "message": [] } }),
                serde_json::json!([message]),
            ];
            for shape in shapes {
                let _ = Refusal::read(shape.to_string().as_bytes()).kind(status);
            }
        }
    }
}
