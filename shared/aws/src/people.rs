//! People that something is stored about before anything was said with them: a text to them waits, or
//! failed before it left. Whoever exports or erases all that a tenant has finds them here.

use domain::{
    ids::{ConversationId, TenantId},
    phone::PhoneNumber,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    item::{Item, Table},
    keys::{self, Key},
    page::{Asked, List, Page},
    store::{Scope, StoreError},
    transaction::Transaction,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub phone: PhoneNumber,
    pub since: Timestamp,
}

impl Item for Person {
    const KIND: &'static str = "person";
    const TABLE: Table = Table::State;

    fn recent(&self, tenant: &TenantId) -> Option<(String, Timestamp)> {
        Some((keys::people(tenant), self.since))
    }
}

impl Scope<'_> {
    /// To be done before a message to somebody is added. Who has a conversation is found by that, so
    /// it is a read for most, and a write for somebody new.
    pub async fn note_person(&self, phone: &PhoneNumber, now: Timestamp) -> Result<(), StoreError> {
        let conversation = ConversationId::with(self.tenant, phone);
        if self.conversation(&conversation).await?.is_some() {
            return Ok(());
        }
        let person = Person { phone: phone.clone(), since: now };
        self.add(&Key::person(self.tenant, phone), &person).await.map(drop)
    }

    /// Who was noted. They may have a conversation by now.
    pub async fn people(&self, asked: Asked) -> Result<Page<Person>, StoreError> {
        self.listed(List::recent(Table::State, keys::people(self.tenant)), asked).await
    }
}

impl Transaction<'_> {
    pub fn forget_person(self, phone: &PhoneNumber) -> Self {
        let key = Key::person(self.tenant(), phone);
        self.delete(&key)
    }
}
