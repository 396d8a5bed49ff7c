//! Contacts and conversations in the table.

use domain::{
    conversation::{Contact, Conversation},
    ids::{ContactId, ConversationId, CrmContactId, TenantId},
    phone::PhoneNumber,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    item::{Item, Row, Table},
    keys::{self, ForeignId, Key},
    page::{Asked, List, Page},
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

    fn recent(&self, tenant: &TenantId) -> Option<(String, Timestamp)> {
        Some((keys::conversations(tenant), self.last_at))
    }
}

/// Whose phone it is. Several phones may belong to one contact, which the CRM cannot express.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneOwner {
    pub contact: ContactId,
    pub crm_contact: CrmContactId,
    /// The number that last led to the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
    /// When the CRM deleted the contact. Whoever texts again is asked for anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_at: Option<Timestamp>,
}

impl PhoneOwner {
    fn of(contact: &Contact, phone: &PhoneNumber) -> Self {
        Self {
            contact: contact.id.clone(),
            crm_contact: contact.crm_contact.clone(),
            phone: Some(phone.clone()),
            gone_at: None,
        }
    }

    /// Whether it is known already, both ways.
    pub fn leads_to(&self, contact: &Contact, phone: &PhoneNumber) -> bool {
        *self == Self::of(contact, phone)
    }
}

impl Item for PhoneOwner {
    const KIND: &'static str = "phone mapping";
    const TABLE: Table = Table::State;
}

impl Scope<'_> {
    pub async fn owner_of(&self, phone: &PhoneNumber) -> Result<Option<PhoneOwner>, StoreError> {
        Ok(self.last_owner_of(phone).await?.filter(|it| it.gone_at.is_none()))
    }

    /// Whose it was, even if the CRM has deleted them.
    pub async fn last_owner_of(
        &self,
        phone: &PhoneNumber,
    ) -> Result<Option<PhoneOwner>, StoreError> {
        let key = Key::mapping(self.tenant, ForeignId::Phone(phone));
        Ok(self.get::<PhoneOwner>(&key).await?.map(|row| row.body))
    }

    /// The number at which we know the contact that the CRM calls this.
    pub async fn phone_of(
        &self,
        crm_contact: &CrmContactId,
    ) -> Result<Option<PhoneNumber>, StoreError> {
        let key = Key::mapping(self.tenant, ForeignId::CrmContact(crm_contact));
        Ok(self.get::<PhoneOwner>(&key).await?.and_then(|row| row.body.phone))
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

    /// Conversations by the time something was last said in them.
    pub async fn conversations(&self, asked: Asked) -> Result<Page<Conversation>, StoreError> {
        self.listed(List::recent(Table::State, keys::conversations(self.tenant)), asked).await
    }

    pub async fn replace_conversation(
        &self,
        row: &Row<Conversation>,
        conversation: &Conversation,
    ) -> Result<(), StoreError> {
        self.replace(&Key::conversation(self.tenant, &conversation.id), row, conversation).await
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
        let owner = PhoneOwner::of(contact, phone);
        let tenant = self.tenant();
        self.set(&Key::contact(tenant, &contact.id), contact)
            .set(&Key::mapping(tenant, ForeignId::Phone(phone)), &owner)
            .set(&Key::mapping(tenant, ForeignId::CrmContact(&contact.crm_contact)), &owner)
    }

    /// The CRM has deleted the contact, so nothing leads from this phone to it any more.
    pub fn lose_contact(self, contact: &Contact, phone: &PhoneNumber, at: Timestamp) -> Self {
        let owner = PhoneOwner { gone_at: Some(at), ..PhoneOwner::of(contact, phone) };
        let tenant = self.tenant();
        self.set(&Key::mapping(tenant, ForeignId::Phone(phone)), &owner)
            .set(&Key::mapping(tenant, ForeignId::CrmContact(&contact.crm_contact)), &owner)
    }

    /// Where a conversation stands, on condition that it is still as it was read.
    pub fn put_conversation(
        self,
        read: Option<&Row<Conversation>>,
        conversation: &Conversation,
    ) -> Self {
        let key = Key::conversation(self.tenant(), &conversation.id);
        match read {
            Some(row) => self.replace(&key, row, conversation),
            None => self.add(&key, conversation),
        }
    }

    pub fn forget_conversation(self, conversation: &Conversation) -> Self {
        let key = Key::conversation(self.tenant(), &conversation.id);
        self.delete(&key)
    }

    /// Forgets whose phone it was, and the contact. Another phone of the same contact is known again
    /// when something is said with it.
    pub fn forget_owner(self, phone: &PhoneNumber, owner: &PhoneOwner) -> Self {
        let tenant = self.tenant();
        self.delete(&Key::mapping(tenant, ForeignId::Phone(phone)))
            .delete(&Key::contact(tenant, &owner.contact))
            .delete(&Key::mapping(tenant, ForeignId::CrmContact(&owner.crm_contact)))
    }
}
