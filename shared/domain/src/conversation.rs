//! Who a tenant texts with, and through which of its numbers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{ContactId, ConversationId, CrmContactId, CrmConversationId, IntegrationId, TenantId},
    phone::PhoneNumber,
};

/// One of a tenant's numbers, at the channel that carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    pub channel: IntegrationId,
    pub number: PhoneNumber,
}

/// A person, as we and the CRM know them. Several phones may lead to one contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub id: ContactId,
    pub crm_contact: CrmContactId,
}

/// Everything said between a tenant and one phone: its latest standing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: ConversationId,
    pub phone: PhoneNumber,
    /// Whose phone it is, once the CRM has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    /// Where the last text came in or went out. Replies take the same way.
    pub route: Route,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crm_conversation: Option<CrmConversationId>,
    /// When something was last said, by either side.
    pub last_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_inbound_at: Option<Timestamp>,
    /// Until when somebody has read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_until: Option<Timestamp>,
    /// How many messages nobody has read, where the CRM says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<u64>,
    /// When the CRM last counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread_at: Option<Timestamp>,
}

impl Conversation {
    /// Whether the person said something that nobody has read.
    pub fn is_unread(&self) -> bool {
        self.last_inbound_at > self.read_until
    }
}

impl ConversationId {
    /// Stands where a conversation was that somebody had erased.
    pub fn erased() -> Self {
        Self::derived(&["erased"])
    }

    /// The conversation that a tenant has with a phone.
    pub fn with(tenant: &TenantId, phone: &PhoneNumber) -> Self {
        Self::derived(&[tenant.as_str(), phone.as_str()])
    }
}

impl ContactId {
    /// The contact that the CRM calls this.
    pub fn of(tenant: &TenantId, crm_contact: &CrmContactId) -> Self {
        Self::derived(&[tenant.as_str(), crm_contact.as_str()])
    }
}
