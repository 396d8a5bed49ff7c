//! The sync log in the journal.

use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::sync_log::LogEntry;
use jiff::{SignedDuration, Timestamp};

use crate::{
    item::{Item, Table, decode},
    keys::{Key, log_day},
    store::{Scope, StoreError},
    transaction::Transaction,
};

const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

impl Item for LogEntry {
    const KIND: &'static str = "sync log entry";
    const TABLE: Table = Table::Journal;

    fn expires_at(&self) -> Option<Timestamp> {
        self.at.checked_add(KEPT).ok()
    }
}

impl Scope<'_> {
    /// What was done on the day (UTC) of `at`, in order of time: at most 1 MB of it.
    pub async fn log_of_day(&self, at: Timestamp) -> Result<Vec<LogEntry>, StoreError> {
        let found = self
            .store
            .client
            .query()
            .table_name(self.store.table(Table::Journal))
            .key_condition_expression("pk = :day")
            .expression_attribute_values(":day", S(log_day(self.tenant, at)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let items = found.items.unwrap_or_default().into_iter();
        items.map(|item| Ok(decode::<LogEntry>(item)?.body)).collect()
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
