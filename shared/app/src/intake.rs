//! Taking in what a carrier says: store it, put its job on a queue, and only then say yes.

use std::sync::Arc;

use aws::{Added, Queue, Store, StoreError, metrics};
use domain::{
    event::{Outcome, RawBody, Stage, WebhookEvent},
    heard::{Heard, Notice},
    ids::{EventId, IntegrationId},
    integration::Provider,
    jobs::Job,
};
use jiff::Timestamp;
use tracing::info;

use crate::{Connection, ConnectionError, Connections};

/// What every carrier's webhook works with.
#[derive(Debug)]
pub struct Intake {
    pub store: Store,
    pub connections: Connections,
    pub inbound: Queue,
    pub reports: Queue,
}

/// What came of taking it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    New,
    /// We have it already. Its work is done or under way.
    Duplicate,
}

#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error("there is no such integration")]
    UnknownIntegration,
    #[error("the integration could not be loaded")]
    Connection(#[from] ConnectionError),
    #[error("the event could not be stored")]
    Store(#[from] StoreError),
}

impl Intake {
    /// The integration that a caller names. Use it to verify the caller, and for nothing before.
    pub async fn named(
        &self,
        id: &IntegrationId,
        provider: Provider,
        now: Timestamp,
    ) -> Result<Arc<Connection>, IntakeError> {
        let connection = self.connections.named(id, now).await?;
        let connection = connection.ok_or(IntakeError::UnknownIntegration)?;
        if connection.integration.provider != provider {
            return Err(IntakeError::UnknownIntegration);
        }
        Ok(connection)
    }

    /// Stores what a verified caller said, unless it was said before, and queues its work.
    pub async fn take(
        &self,
        from: &Connection,
        notice: Notice,
        raw: &[u8],
        now: Timestamp,
    ) -> Result<Taken, IntakeError> {
        let mut event = event(from, notice, raw, now);
        if let Heard::Text(text) = &event.heard {
            let tenant = self.connections.tenant(&from.tenant, now).await?;
            event.keyword = text.keyword(&tenant.extra_keywords);
        }
        let added = self.store.of(&from.tenant).add_event(&event).await?;
        info!(event.id = %event.id, "event {} was taken in: {added:?}", event.id);
        // A duplicate may repeat what was stored and never queued. Its job is the same message to
        // the queue as the first one's.
        match event.job(&from.tenant) {
            Some(job @ Job::Inbound(_)) => self.inbound.offer_first(&job).await,
            Some(job) => self.reports.offer_first(&job).await,
            None => {}
        }
        Ok(match added {
            Added::AlreadyThere => {
                metrics::count("WebhookDuplicates");
                Taken::Duplicate
            }
            Added::New => {
                metrics::count("WebhookEvents");
                Taken::New
            }
        })
    }
}

fn event(from: &Connection, notice: Notice, raw: &[u8], now: Timestamp) -> WebhookEvent {
    let id = EventId::of(&from.tenant, &from.integration.id, &notice.dedupe_key);
    let event = WebhookEvent {
        id,
        integration: from.integration.id.clone(),
        received_at: now,
        heard: notice.heard,
        raw: RawBody::new(raw),
        keyword: None,
        is_answered: false,
        stage: Stage::Open,
        claims: 0,
        deferrals: 0,
        parked: None,
        due: Some(now),
    };
    match &event.heard {
        Heard::Text(_) | Heard::Report(_) | Heard::Crm(_) => event,
        Heard::Ignored { .. } => event.done(Outcome::Ignored, now),
        Heard::Unusable { why, .. } => {
            metrics::count("EventsQuarantined");
            let why = why.clone();
            event.quarantined(why, now)
        }
    }
}
