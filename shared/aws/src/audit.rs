//! The audit log in the journal.

use domain::audit::AuditEntry;
use jiff::{SignedDuration, Timestamp};

use crate::{
    item::{Item, Table},
    keys::{Key, audit_log},
    page::{Asked, List, Page},
    store::{Scope, StoreError},
    transaction::Transaction,
};

/// Two years: longer than anybody asks, and shorter than for ever.
const KEPT: SignedDuration = SignedDuration::from_hours(2 * 365 * 24);

impl Item for AuditEntry {
    const KIND: &'static str = "audit entry";
    const TABLE: Table = Table::Journal;

    fn expires_at(&self) -> Option<Timestamp> {
        self.at.checked_add(KEPT).ok()
    }
}

impl Scope<'_> {
    pub async fn audit_log(&self, asked: Asked) -> Result<Page<AuditEntry>, StoreError> {
        self.listed(List::partition(Table::Journal, audit_log(self.tenant), ""), asked).await
    }
}

impl Transaction<'_> {
    /// Writes down who did it, together with what was done. One request does one thing to one
    /// subject, so writing it again writes the same.
    pub fn audit(self, entry: &AuditEntry) -> Self {
        let action = format!("{}:{}", entry.action, entry.subject);
        let key = Key::audit(self.tenant(), entry.at, &entry.request, &action);
        self.set(&key, entry)
    }
}
