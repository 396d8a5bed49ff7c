//! What became of an appointment.

use domain::ids::{CrmAppointmentId, CrmContactId, CrmUserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Hidden;
use crate::fields::Fields;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppointmentChange {
    pub action: AppointmentAction,
    pub id: Option<CrmAppointmentId>,
    pub calendar: Option<String>,
    pub group: Option<String>,
    pub contact: Option<CrmContactId>,
    pub title: Option<Hidden>,
    /// A place, or where to meet on the web.
    pub address: Option<Hidden>,
    pub notes: Option<Hidden>,
    pub status: Option<String>,
    pub source: Option<String>,
    pub assigned_to: Option<CrmUserId>,
    pub users: Vec<CrmUserId>,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    pub added_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

/// What the event's type says. The documentation's examples all say `Created`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppointmentAction {
    Created,
    Updated,
    Deleted,
}

impl AppointmentChange {
    pub(super) fn read(action: AppointmentAction, fields: Fields<'_>) -> Self {
        let fields = fields.within("appointment");
        Self {
            action,
            id: fields.get("id"),
            calendar: fields.text("calendarId"),
            group: fields.text("groupId"),
            contact: fields.get("contactId"),
            title: fields.text("title"),
            address: fields.text("address"),
            notes: fields.text("notes"),
            status: fields.text("appointmentStatus"),
            source: fields.text("source"),
            assigned_to: fields.get("assignedUserId"),
            users: fields.all("users"),
            starts_at: fields.get("startTime"),
            ends_at: fields.get("endTime"),
            added_at: fields.get("dateAdded"),
            updated_at: fields.get("dateUpdated"),
        }
    }
}
