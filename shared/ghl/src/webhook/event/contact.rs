//! What became of a person.

use std::fmt;

use domain::{
    ids::{CrmContactId, CrmUserId},
    phone::PhoneNumber,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{DndSetting, DndSettings, Hidden, SmsDnd};
use crate::fields::Fields;

/// Our own writes cause these too, and nothing in them says who wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactChange {
    pub action: ContactAction,
    pub contact: ContactSnapshot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactAction {
    Created,
    Updated,
    Deleted,
    /// All of the tags are told, not what changed.
    Tagged,
    DndChanged,
}

/// A person as they are after the change. What is empty is not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactSnapshot {
    pub id: Option<CrmContactId>,
    pub first_name: Option<Hidden>,
    pub last_name: Option<Hidden>,
    pub name: Option<Hidden>,
    pub email: Option<Hidden>,
    pub phone: Option<PhoneNumber>,
    /// The phone as it is told, if it is not a number that could be texted.
    pub odd_phone: Option<Hidden>,
    pub phone_label: Option<Hidden>,
    pub company_name: Option<Hidden>,
    pub address: Option<Hidden>,
    pub city: Option<Hidden>,
    pub state: Option<Hidden>,
    pub postal_code: Option<Hidden>,
    pub country: Option<String>,
    pub timezone: Option<String>,
    pub website: Option<Hidden>,
    pub source: Option<Hidden>,
    pub date_of_birth: Option<Hidden>,
    pub added_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    /// Do-not-disturb in general. Not told means no.
    pub dnd: bool,
    pub dnd_settings: DndSettings,
    /// Whether the person is kept from writing to the location.
    pub inbound_dnd: Option<DndSetting>,
    pub tags: Vec<Hidden>,
    pub assigned_to: Option<CrmUserId>,
    pub custom_fields: Vec<CustomField>,
}

/// A field of the location's own making. `Debug` hides what is in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomField {
    pub id: String,
    pub value: Value,
}

impl ContactChange {
    pub(super) fn read(action: ContactAction, fields: Fields<'_>) -> Self {
        Self { action, contact: ContactSnapshot::read(fields) }
    }
}

impl ContactSnapshot {
    /// Whether the person may be texted, as far as this event says.
    pub fn sms_dnd(&self) -> SmsDnd {
        self.dnd_settings.sms(self.dnd)
    }

    fn read(fields: Fields<'_>) -> Self {
        let written: Option<String> = fields.text("phone");
        let phone = written.as_deref().and_then(|it| PhoneNumber::parse(it, None).ok());
        Self {
            id: fields.get("id"),
            first_name: fields.text("firstName"),
            last_name: fields.text("lastName"),
            name: fields.text("name"),
            email: fields.text("email"),
            odd_phone: written.filter(|_| phone.is_none()).map(Hidden::from),
            phone,
            phone_label: fields.text("phoneLabel"),
            company_name: fields.text("companyName"),
            address: fields.text("address1"),
            city: fields.text("city"),
            state: fields.text("state"),
            postal_code: fields.text("postalCode"),
            country: fields.text("country"),
            timezone: fields.text("timezone"),
            website: fields.text("website"),
            source: fields.text("source"),
            date_of_birth: fields.text("dateOfBirth"),
            added_at: fields.get("dateAdded"),
            updated_at: fields.get("dateUpdated"),
            dnd: fields.flag("dnd"),
            dnd_settings: DndSettings::read(fields.within("dndSettings")),
            inbound_dnd: fields.within("inboundDndSettings").value("all").map(DndSetting::read),
            tags: fields.all("tags"),
            assigned_to: fields.get("assignedTo"),
            custom_fields: fields.list("customFields").filter_map(CustomField::read).collect(),
        }
    }
}

impl CustomField {
    fn read(value: &Value) -> Option<Self> {
        let fields = Fields::of(value);
        Some(Self { id: fields.text("id")?, value: fields.value("value")?.clone() })
    }
}

impl fmt::Debug for CustomField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomField").field("id", &self.id).finish_non_exhaustive()
    }
}
