//! From a foreign id to ours.

use domain::ids::MessageId;
use serde::{Deserialize, Serialize};

use crate::{
    item::{Item, Table},
    keys::{ForeignId, Key},
    store::{Scope, StoreError},
    transaction::Transaction,
};

#[derive(Debug, Serialize, Deserialize)]
struct MessageMapping {
    message: MessageId,
}

impl Item for MessageMapping {
    const KIND: &'static str = "message mapping";
    const TABLE: Table = Table::State;
}

impl Scope<'_> {
    /// The message of ours that somebody else calls this.
    pub async fn message_called(&self, id: ForeignId<'_>) -> Result<Option<MessageId>, StoreError> {
        let found = self.get::<MessageMapping>(&Key::mapping(self.tenant, id)).await?;
        Ok(found.map(|row| row.body.message))
    }
}

impl Transaction<'_> {
    /// From now on `message` is found by this id. A foreign id means one message for ever, and
    /// ours is derived from it, so writing it again writes the same.
    pub fn map_message(self, id: ForeignId<'_>, message: &MessageId) -> Self {
        let key = Key::mapping(self.tenant(), id);
        self.set(&key, &MessageMapping { message: message.clone() })
    }
}
