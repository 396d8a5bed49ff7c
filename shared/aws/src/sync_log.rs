//! The sync log in the journal.

use domain::{
    ids::{ConversationId, TenantId},
    sync_log::LogEntry,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    item::{Item, Table},
    keys::{self, Key, log_day},
    page::{Asked, List, Page},
    store::{Scope, StoreError},
    transaction::Transaction,
};

const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

impl Item for LogEntry {
    const KIND: &'static str = "sync log entry";
    const TABLE: Table = Table::Journal;

    fn recent(&self, tenant: &TenantId) -> Option<(String, Timestamp)> {
        Some((keys::trace(tenant, self.conversation.as_ref()?), self.at))
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.at.checked_add(KEPT).ok()
    }
}

impl Scope<'_> {
    /// What was done on the day (UTC) of `at`.
    pub async fn log_of_day(
        &self,
        at: Timestamp,
        asked: Asked,
    ) -> Result<Page<LogEntry>, StoreError> {
        let list = List::partition(Table::Journal, log_day(self.tenant, at), "");
        self.listed(list, asked).await
    }

    /// What was done about a conversation.
    pub async fn log_of_conversation(
        &self,
        conversation: &ConversationId,
        asked: Asked,
    ) -> Result<Page<LogEntry>, StoreError> {
        let list = List::recent(Table::Journal, keys::trace(self.tenant, conversation));
        self.fetched(list, asked).await
    }
}

impl Transaction<'_> {
    /// Writes the outcome down together with the outcome itself.
    pub fn log(self, entry: &LogEntry) -> Self {
        let operation = entry.operation.to_string();
        let key = Key::log(self.tenant(), entry.at, &entry.subject, &operation);
        self.set(&key, entry)
    }
}
