//! Messages in the table.

use domain::{
    delivery::Delivery,
    ids::{ConversationId, MessageId, TenantId},
    message::Message,
};
use jiff::Timestamp;

use crate::{
    item::{Item, Row, Table, Work},
    keys::{self, Key},
    page::{Asked, List, Page},
    store::{Added, Scope, StoreError},
    transaction::Transaction,
};

impl Item for Message {
    const KIND: &'static str = "message";
    const TABLE: Table = Table::State;

    fn work(&self, tenant: &TenantId) -> Option<Work> {
        Some(Work { at: self.due?, job: self.job(tenant) })
    }

    fn parked_since(&self) -> Option<Timestamp> {
        match (&self.delivery, &self.parked) {
            _ if self.erased_at.is_some() => None,
            (Delivery::InDoubt { since }, _) => Some(*since),
            (_, parked) => Some(parked.as_ref()?.since),
        }
    }

    fn recent(&self, tenant: &TenantId) -> Option<(String, Timestamp)> {
        Some((keys::thread(tenant, &self.conversation), self.created_at))
    }
}

impl Scope<'_> {
    /// What was said in a conversation.
    pub async fn messages(
        &self,
        conversation: &ConversationId,
        asked: Asked,
    ) -> Result<Page<Message>, StoreError> {
        let list = keys::thread(self.tenant, conversation);
        self.listed(List::recent(Table::State, list), asked).await
    }

    pub async fn add_message(&self, message: &Message) -> Result<Added, StoreError> {
        self.add(&Key::message(self.tenant, &message.id), message).await
    }

    pub async fn message(&self, id: &MessageId) -> Result<Option<Row<Message>>, StoreError> {
        self.get(&Key::message(self.tenant, id)).await
    }

    pub async fn replace_message(
        &self,
        row: &Row<Message>,
        message: &Message,
    ) -> Result<(), StoreError> {
        self.replace(&Key::message(self.tenant, &message.id), row, message).await
    }
}

impl Transaction<'_> {
    pub fn add_message(self, message: &Message) -> Self {
        let key = Key::message(self.tenant(), &message.id);
        self.add(&key, message)
    }

    pub fn replace_message(self, row: &Row<Message>, message: &Message) -> Self {
        let key = Key::message(self.tenant(), &message.id);
        self.replace(&key, row, message)
    }
}
