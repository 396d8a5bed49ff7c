//! What became of a location, of those who work there, and of what they have not read.

use domain::ids::{CrmContactId, CrmConversationId, CrmUserId, LocationId};
use serde::{Deserialize, Serialize};

use super::Hidden;
use crate::fields::Fields;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationChange {
    pub action: LocationAction,
    pub name: Option<Hidden>,
    pub email: Option<Hidden>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocationAction {
    Created,
    Updated,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserChange {
    pub action: UserAction,
    pub id: Option<CrmUserId>,
    pub first_name: Option<Hidden>,
    pub last_name: Option<Hidden>,
    pub email: Option<Hidden>,
    pub phone: Option<Hidden>,
    pub role: Option<String>,
    /// Where somebody of an agency works.
    pub locations: Vec<LocationId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserAction {
    Created,
    Updated,
    Deleted,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationUnread {
    pub conversation: Option<CrmConversationId>,
    pub contact: Option<CrmContactId>,
    pub unread: Option<u64>,
    pub is_deleted: bool,
}

impl LocationChange {
    pub(super) fn read(action: LocationAction, fields: Fields<'_>) -> Self {
        Self { action, name: fields.text("name"), email: fields.text("email") }
    }
}

impl UserChange {
    pub(super) fn read(action: UserAction, fields: Fields<'_>) -> Self {
        Self {
            action,
            id: fields.get("id"),
            first_name: fields.text("firstName"),
            last_name: fields.text("lastName"),
            email: fields.text("email"),
            phone: fields.text("phone"),
            role: fields.text("role"),
            locations: fields.all("locations"),
        }
    }
}

impl ConversationUnread {
    pub(super) fn read(fields: Fields<'_>) -> Self {
        Self {
            conversation: fields.get("id"),
            contact: fields.get("contactId"),
            unread: fields.number("unreadCount"),
            is_deleted: fields.flag("deleted"),
        }
    }
}
