//! The samples of what GoHighLevel posts, and what is read of them and of anything else.

mod anything;
mod contents;
mod envelope;
mod samples;
mod stored;

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::*;

fn read(body: &[u8]) -> Result<MarketplaceEvent, Unreadable> {
    MarketplaceEvent::read(&Signed::unchecked(body))
}

fn event(body: &Value) -> MarketplaceEvent {
    read(body.to_string().as_bytes()).unwrap()
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/webhook-samples").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn sample(name: &str) -> MarketplaceEvent {
    read(&bytes(name)).unwrap()
}

/// The samples by file and type, as the index has them.
fn index() -> Vec<(String, Option<String>)> {
    let index: Vec<Value> = serde_json::from_slice(&bytes("index.json")).unwrap();
    index
        .iter()
        .map(|it| (it["file"].as_str().unwrap().to_owned(), it["type"].as_str().map(str::to_owned)))
        .collect()
}

/// The types of the samples, and what each of them is: the stored tag, and the action within.
const TYPES: &[(&str, &str, Option<&str>)] = &[
    ("INSTALL", "install", None),
    ("UNINSTALL", "uninstall", None),
    ("PLAN_CHANGE", "plan_change", None),
    ("EXTERNAL_AUTH_CONNECTED", "other", None),
    ("ContactCreate", "contact", Some("created")),
    ("ContactUpdate", "contact", Some("updated")),
    ("ContactDelete", "contact", Some("deleted")),
    ("ContactTagUpdate", "contact", Some("tagged")),
    ("ContactDndUpdate", "contact", Some("dnd_changed")),
    ("InboundMessage", "message", Some("inbound")),
    ("OutboundMessage", "message", Some("outbound")),
    ("ConversationUnreadUpdate", "conversation_unread", None),
    ("OpportunityCreate", "opportunity", Some("created")),
    ("OpportunityUpdate", "opportunity", Some("updated")),
    ("OpportunityDelete", "opportunity", Some("deleted")),
    ("OpportunityStageUpdate", "opportunity", Some("stage_changed")),
    ("OpportunityStatusUpdate", "opportunity", Some("status_changed")),
    ("OpportunityMonetaryValueUpdate", "opportunity", Some("value_changed")),
    ("OpportunityAssignedToUpdate", "opportunity", Some("reassigned")),
    ("AppointmentCreate", "appointment", Some("created")),
    ("LocationCreate", "location", Some("created")),
    ("LocationUpdate", "location", Some("updated")),
    ("UserCreate", "user", Some("created")),
    ("CampaignStatusUpdate", "other", None),
    ("LCEmailStats", "other", None),
    ("NoteCreate", "other", None),
    ("NoteUpdate", "other", None),
    ("NoteDelete", "other", None),
    ("TaskCreate", "other", None),
    ("TaskComplete", "other", None),
    ("TaskDelete", "other", None),
    // What is posted to the provider's own address is not an event.
    ("SMS", "other", None),
    ("Email", "other", None),
];
