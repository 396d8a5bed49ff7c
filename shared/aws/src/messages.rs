//! Messages in the table.

use domain::{
    delivery::Delivery,
    ids::{MessageId, TenantId},
    message::Message,
};
use jiff::Timestamp;

use crate::{
    item::{Item, Row, Table, Work},
    keys::{self, Key},
    store::{Added, Scope, StoreError},
    transaction::Transaction,
};

impl Item for Message {
    const KIND: &'static str = "message";
    const TABLE: Table = Table::State;

    fn work(&self, tenant: &TenantId) -> Option<Work> {
        if let Delivery::InDoubt { since } = self.delivery {
            return Some(Work::Parked { since });
        }
        Some(Work::Due { at: self.due?, job: self.job(tenant) })
    }

    fn recent(&self, tenant: &TenantId) -> Option<(String, Timestamp)> {
        Some((keys::thread(tenant, &self.conversation), self.created_at))
    }
}

impl Scope<'_> {
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
