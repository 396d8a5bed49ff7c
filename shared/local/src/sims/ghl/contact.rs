//! A contact, and how a request changes one.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// A contact with all its fields, as GHL shows it.
#[derive(Clone, PartialEq)]
pub struct Contact(Map<String, Value>);

/// Why GHL would refuse to send an SMS to a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoNotDisturb {
    Active,
    /// The contact itself said STOP.
    Permanent,
}

impl Contact {
    pub(super) fn new(id: &str, location: &str, now: Timestamp) -> Self {
        let fields = json!({ "id": id, "locationId": location, "dateAdded": format!("{now:.3}"),
            "type": "lead", "tags": [], "customFields": [] });
        let Value::Object(fields) = fields else { return Self(Map::new()) };
        Self(fields)
    }

    pub fn id(&self) -> &str {
        self.text("id").unwrap_or_default()
    }

    pub fn location(&self) -> &str {
        self.text("locationId").unwrap_or_default()
    }

    pub fn phone(&self) -> Option<&str> {
        self.text("phone")
    }

    pub fn email(&self) -> Option<&str> {
        self.text("email")
    }

    pub fn tags(&self) -> Vec<String> {
        let tags = self.0.get("tags").and_then(Value::as_array);
        let tags = tags.into_iter().flatten();
        tags.filter_map(|it| it.as_str().map(str::to_owned)).collect()
    }

    /// The settings per channel, or null if none was ever made.
    pub fn dnd_settings(&self) -> Value {
        self.0.get("dndSettings").cloned().unwrap_or_default()
    }

    /// Whether an SMS to this contact is refused. `active` means that it is.
    pub fn sms_do_not_disturb(&self) -> Option<DoNotDisturb> {
        match self.dnd_settings()["SMS"]["status"].as_str() {
            Some("permanent") => Some(DoNotDisturb::Permanent),
            Some("active") => Some(DoNotDisturb::Active),
            _ => (self.0.get("dnd") == Some(&true.into())).then_some(DoNotDisturb::Active),
        }
    }

    /// Every field, as the API shows it.
    pub fn fields(&self) -> Value {
        Value::Object(self.0.clone())
    }

    pub(super) fn set_tags(&mut self, tags: &[String]) {
        self.0.insert("tags".to_owned(), json!(tags));
    }

    /// Writes the fields of a request. Null empties a field.
    pub(super) fn write(&mut self, fields: &Map<String, Value>, now: Timestamp) {
        for (name, value) in fields {
            match name.as_str() {
                "customFields" => self.write_custom_fields(value),
                "dndSettings" => self.write_dnd_settings(value),
                "createNewIfDuplicateAllowed" | "gender" | "locationId" => {}
                _ if value.is_null() => drop(self.0.remove(name)),
                _ => drop(self.0.insert(name.clone(), value.clone())),
            }
        }
        self.0.insert("dateUpdated".to_owned(), format!("{now:.3}").into());
    }

    /// A channel that is not named keeps its setting. (No document says what becomes of it.)
    fn write_dnd_settings(&mut self, changes: &Value) {
        let settings = self.0.entry("dndSettings").or_insert_with(|| json!({}));
        for (channel, setting) in changes.as_object().into_iter().flatten() {
            settings[channel] = setting.clone();
        }
    }

    /// What is written as `field_value` is read as `value`.
    fn write_custom_fields(&mut self, changes: &Value) {
        let custom = self.0.entry("customFields").or_insert_with(|| json!([]));
        let Some(custom) = custom.as_array_mut() else { return };
        for change in changes.as_array().into_iter().flatten() {
            let id = if change["id"].is_null() { &change["key"] } else { &change["id"] };
            custom.retain(|it| it["id"] != *id);
            custom.push(json!({ "id": id, "value": change["field_value"] }));
        }
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }
}

/// Leaves out everything personal.
impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contact")
            .field("id", &self.id())
            .field("tags", &self.tags())
            .field("dnd", &self.sms_do_not_disturb())
            .finish_non_exhaustive()
    }
}
