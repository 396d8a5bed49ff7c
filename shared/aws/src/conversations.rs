//! Contacts and conversations in the table.

use domain::{
    conversation::{Contact, Conversation},
    ids::{ContactId, ConversationId, CrmContactId},
    phone::PhoneNumber,
};
use serde::{Deserialize, Serialize};

use crate::{
    item::{Item, Row, Table},
    keys::{ForeignId, Key},
    store::{Scope, StoreError},
    transaction::Transaction,
};

impl Item for Contact {
    const KIND: &'static str = "contact";
    const TABLE: Table = Table::State;
}

impl Item for Conversation {
    const KIND: &'static str = "conversation";
    const TABLE: Table = Table::State;
}

/// Whose phone it is. Several phones may belong to one contact, which the CRM cannot express.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneOwner {
    pub contact: ContactId,
    pub crm_contact: CrmContactId,
}

impl Item for PhoneOwner {
    const KIND: &'static str = "phone mapping";
    const TABLE: Table = Table::State;
}

impl Scope<'_> {
    pub async fn owner_of(&self, phone: &PhoneNumber) -> Result<Option<PhoneOwner>, StoreError> {
        let key = Key::mapping(self.tenant, ForeignId::Phone(phone));
        Ok(self.get::<PhoneOwner>(&key).await?.map(|row| row.body))
    }

    /// The contact that the CRM calls this.
    pub async fn contact_called(
        &self,
        crm_contact: &CrmContactId,
    ) -> Result<Option<Contact>, StoreError> {
        let key = Key::mapping(self.tenant, ForeignId::CrmContact(crm_contact));
        let Some(found) = self.get::<PhoneOwner>(&key).await? else { return Ok(None) };
        let key = Key::contact(self.tenant, &found.body.contact);
        Ok(self.get(&key).await?.map(|row| row.body))
    }

    pub async fn conversation(
        &self,
        id: &ConversationId,
    ) -> Result<Option<Row<Conversation>>, StoreError> {
        self.get(&Key::conversation(self.tenant, id)).await
    }
}

impl Transaction<'_> {
    /// The contact and both ways to it. All of it follows from the CRM's id, so writing it again
    /// writes the same.
    pub fn know_contact(self, contact: &Contact, phone: &PhoneNumber) -> Self {
        let owner =
            PhoneOwner { contact: contact.id.clone(), crm_contact: contact.crm_contact.clone() };
        let tenant = self.tenant();
        self.set(&Key::contact(tenant, &contact.id), contact)
            .set(&Key::mapping(tenant, ForeignId::Phone(phone)), &owner)
            .set(&Key::mapping(tenant, ForeignId::CrmContact(&contact.crm_contact)), &owner)
    }

    /// Where a conversation stands. The last text decides, so the last write is the right one.
    pub fn set_conversation(self, conversation: &Conversation) -> Self {
        let key = Key::conversation(self.tenant(), &conversation.id);
        self.set(&key, conversation)
    }
}
