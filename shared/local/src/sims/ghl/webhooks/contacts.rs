//! What becomes of contacts, by whomever.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Event;
use crate::sims::ghl::{contact::Contact, state::State};

/// The fields of a contact that every event of its shows, without those of which there are events.
const FIELDS: [&str; 19] = [
    "id",
    "firstName",
    "lastName",
    "email",
    "phone",
    "address1",
    "city",
    "state",
    "postalCode",
    "country",
    "companyName",
    "website",
    "source",
    "dateAdded",
    "dateOfBirth",
    "assignedTo",
    "customFields",
    "attachments",
    "timezone",
];

const DND: [&str; 3] = ["dnd", "dndSettings", "inboundDndSettings"];

impl State {
    /// A contact is there that was not.
    pub(in crate::sims::ghl) fn contact_came(&mut self, contact: &Contact, now: Timestamp) {
        self.tell(event("ContactCreate", contact, &["tags"]), now);
    }

    pub(in crate::sims::ghl) fn contact_went(&mut self, contact: &Contact, now: Timestamp) {
        self.tell(event("ContactDelete", contact, &["tags", "dndSettings"]), now);
    }

    /// One event for each kind of thing that is different. None names what was there before.
    pub(in crate::sims::ghl) fn contact_changed(
        &mut self,
        before: &Contact,
        after: &Contact,
        now: Timestamp,
    ) {
        let (old, new) = (before.fields(), after.fields());
        let differ = |names: &[&str]| names.iter().any(|&it| old.get(it) != new.get(it));
        if differ(&FIELDS) || differ(&["name"]) {
            self.tell(event("ContactUpdate", after, &["name", "tags", "dnd"]), now);
        }
        if differ(&["tags"]) {
            self.tell(event("ContactTagUpdate", after, &["name", "tags", "dnd"]), now);
        }
        if differ(&DND) {
            let shown = ["name", "tags", "dnd", "dndSettings", "inboundDndSettings"];
            self.tell(event("ContactDndUpdate", after, &shown), now);
        }
    }
}

/// False is empty, and left out.
fn event(kind: &'static str, contact: &Contact, besides: &[&str]) -> Event {
    let fields = contact.fields();
    let mut shown = json!({});
    for name in FIELDS.iter().chain(besides) {
        let value = fields.get(*name).filter(|it| **it != Value::Bool(false));
        shown[*name] = value.cloned().unwrap_or_default();
    }
    Event::new(kind, Some(contact.location()), shown)
}
