//! Finding things in a provider's event, whatever its dialect calls them: `eventType`, `type` or
//! `event`; flat, or under `message` or `data`.

use domain::text::MediaUrl;
use serde_json::{Map, Value};

use crate::read::{self, Malformed};

/// One event. What is nested is found before what is not.
pub(super) struct Fields {
    outer: Map<String, Value>,
}

impl Fields {
    pub(super) fn read(body: &[u8]) -> Result<Self, Malformed> {
        Ok(Self { outer: read::json(body)? })
    }

    pub(super) fn event_type(&self) -> Result<String, Malformed> {
        find(&self.outer, &["eventType", "type", "event"]).ok_or_else(|| Malformed::at("eventType"))
    }

    pub(super) fn event_id(&self) -> Option<String> {
        find(&self.outer, &["eventId"])
    }

    /// Under any of its names in the nested part, or under its first and proper one outside it:
    /// there, `id` can be the event's.
    pub(super) fn get(&self, names: &[&str]) -> Option<String> {
        let Some(inner) = self.nested() else {
            return find(&self.outer, names);
        };
        find(inner, names).or_else(|| find(&self.outer, names.get(..1)?))
    }

    pub(super) fn require(&self, names: &[&str]) -> Result<String, Malformed> {
        self.get(names).ok_or_else(|| Malformed::at(names.first().copied().unwrap_or_default()))
    }

    /// Each a URL, or an object with one. An address that nobody can fetch is left out rather than
    /// holding up the text.
    pub(super) fn media(&self) -> Vec<MediaUrl> {
        let inner = self.nested().unwrap_or(&self.outer);
        let Some(Value::Array(media)) = inner.get("media").or_else(|| self.outer.get("media"))
        else {
            return Vec::new();
        };
        let url = |item: &Value| item.get("url").unwrap_or(item).as_str().map(MediaUrl::parse);
        media.iter().filter_map(|item| url(item)?.ok()).collect()
    }

    fn nested(&self) -> Option<&Map<String, Value>> {
        ["message", "data"].iter().find_map(|name| self.outer.get(*name)?.as_object())
    }
}

/// The first of `names` with something in it.
fn find(object: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match object.get(*name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(body: &str) -> Fields {
        Fields::read(body.as_bytes()).unwrap()
    }

    #[test]
    fn every_alias_is_known() {
        for name in ["eventType", "type", "event"] {
            let body = format!(r#"{{"{name}":"message.sent"}}"#);
            assert_eq!(fields(&body).event_type().unwrap(), "message.sent");
        }
        for nest in ["message", "data"] {
            let body = format!(r#"{{"{nest}":{{"id":"m1"}}}}"#);
            assert_eq!(fields(&body).get(&["messageId", "id"]).unwrap(), "m1");
        }
    }

    #[test]
    fn an_envelope_keeps_its_own_id() {
        let nested = fields(r#"{"id":"e1","message":{"body":"hello"}}"#);
        assert_eq!(nested.get(&["messageId", "id"]), None);
        let proper = fields(r#"{"messageId":"m1","message":{"body":"hello"}}"#);
        assert_eq!(proper.get(&["messageId", "id"]).unwrap(), "m1");
    }

    #[test]
    fn a_message_may_be_the_words_themselves() {
        assert_eq!(
            fields(r#"{"message":"hello"}"#).get(&["body", "text", "message"]).unwrap(),
            "hello"
        );
    }

    #[test]
    fn media_is_a_list_of_addresses_or_of_objects_with_one() {
        let body = r#"{"media":["https://a.test/1",{"url":"https://a.test/2"},{"url":"x"},{},3]}"#;
        let media: Vec<_> = fields(body).media().into_iter().map(String::from).collect();
        assert_eq!(media, ["https://a.test/1", "https://a.test/2"]);
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        for body in ["", "[]", "3", "{", "{}x", "null"] {
            assert!(Fields::read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
