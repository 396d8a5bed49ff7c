//! Webhook events in the journal.

use domain::{
    event::{Outcome, Stage, WebhookEvent},
    ids::{EventId, IntegrationId, TenantId},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    item::{Item, Row, Table, Work},
    keys::{self, Key},
    page::{Asked, List, Page},
    store::{Added, Scope, StoreError},
    transaction::Transaction,
};

/// For how long a finished event is kept, with its body. An unfinished or quarantined one is kept
/// until it is finished.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Item for WebhookEvent {
    const KIND: &'static str = "webhook event";
    const TABLE: Table = Table::Journal;

    fn work(&self, tenant: &TenantId) -> Option<Work> {
        match self.stage {
            Stage::Open | Stage::Posting { .. } => {
                Some(Work { at: self.due?, job: self.job(tenant)? })
            }
            Stage::Done { .. } | Stage::Quarantined { .. } => None,
        }
    }

    fn parked_since(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Quarantined { at, .. } => Some(at),
            Stage::Open | Stage::Posting { .. } => Some(self.parked.as_ref()?.since),
            Stage::Done { .. } => None,
        }
    }

    fn recent(&self, tenant: &TenantId) -> Option<(String, Timestamp)> {
        let is_erased = matches!(self.stage, Stage::Done { outcome: Outcome::Erased, .. });
        (!is_erased).then(|| (keys::deliveries(tenant, &self.integration), self.received_at))
    }

    fn expires_at(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Done { at, .. } => at.checked_add(KEPT).ok(),
            Stage::Open | Stage::Posting { .. } | Stage::Quarantined { .. } => None,
        }
    }
}

impl Scope<'_> {
    /// What came in through an integration.
    pub async fn events(
        &self,
        integration: &IntegrationId,
        asked: Asked,
    ) -> Result<Page<WebhookEvent>, StoreError> {
        let list = keys::deliveries(self.tenant, integration);
        self.fetched(List::recent(Table::Journal, list), asked).await
    }

    pub async fn add_event(&self, event: &WebhookEvent) -> Result<Added, StoreError> {
        self.add(&Key::event(self.tenant, &event.id), event).await
    }

    pub async fn event(&self, id: &EventId) -> Result<Option<Row<WebhookEvent>>, StoreError> {
        self.get(&Key::event(self.tenant, id)).await
    }

    /// Writes the event back and gives the row as it is then.
    pub async fn replace_event(
        &self,
        row: Row<WebhookEvent>,
        event: WebhookEvent,
    ) -> Result<Row<WebhookEvent>, StoreError> {
        self.replace(&Key::event(self.tenant, &event.id), &row, &event).await?;
        Ok(row.next(event))
    }
}

impl Transaction<'_> {
    pub fn add_event(self, event: &WebhookEvent) -> Self {
        let key = Key::event(self.tenant(), &event.id);
        self.add(&key, event)
    }

    pub fn replace_event(self, row: &Row<WebhookEvent>, event: &WebhookEvent) -> Self {
        let key = Key::event(self.tenant(), &event.id);
        self.replace(&key, row, event)
    }
}
