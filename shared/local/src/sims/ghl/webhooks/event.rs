//! One event, before it has its envelope.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::sims::ghl::app::App;

/// What happened, to be told to the app.
pub(in crate::sims::ghl) struct Event {
    kind: &'static str,
    location: Option<String>,
    fields: Map<String, Value>,
}

impl Event {
    /// Of `fields`, what is empty is left out.
    pub(super) fn new(kind: &'static str, location: Option<&str>, fields: Value) -> Self {
        let fields = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let fields = fields.into_iter().filter(|(_, it)| !it.is_null() && *it != "").collect();
        Self { kind, location: location.map(str::to_owned), fields }
    }

    pub(super) fn kind(&self) -> &'static str {
        self.kind
    }

    pub(super) fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// The contact, message or conversation it is about.
    pub(super) fn about(&self) -> String {
        let named = ["messageId", "id"].into_iter().find_map(|it| self.fields.get(it)?.as_str());
        named.or(self.location()).unwrap_or_default().to_owned()
    }

    /// As it is posted: flat, with the envelope around it.
    pub(super) fn complete(self, app: &App, webhook_id: &str, now: Timestamp) -> Value {
        let mut whole = json!({ "type": self.kind });
        if let Some(location) = self.location {
            whole["locationId"] = location.into();
        }
        for (name, value) in self.fields {
            whole[name] = value;
        }
        complete(&mut whole, app, webhook_id, now);
        whole
    }
}

/// Puts in what is missing of the envelope.
pub(super) fn complete(event: &mut Value, app: &App, webhook_id: &str, now: Timestamp) {
    let Some(event) = event.as_object_mut() else { return };
    for (name, value) in [
        ("appId", app.id().to_owned()),
        ("versionId", app.version_id.clone()),
        ("timestamp", format!("{now:.3}")),
        ("webhookId", webhook_id.to_owned()),
    ] {
        event.entry(name).or_insert_with(|| value.into());
    }
}
