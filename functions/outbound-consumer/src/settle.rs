//! Writing down an outcome that is already a fact: whatever else happens to the message meanwhile,
//! it must not get lost.

use app::Advance;
use aws::{Queue, Row, StoreError, Transaction, logs::Chain, metrics};
use domain::{
    ids::TenantId,
    jobs::Job,
    message::Message,
    sync_log::{LogEntry, LogResult, Operation},
};
use jiff::Timestamp;
use tracing::warn;

use crate::Deps;

/// What happened to a message.
pub(crate) struct Fact<'a> {
    pub(crate) deps: &'a Deps,
    pub(crate) tenant: &'a TenantId,
    pub(crate) result: LogResult,
    pub(crate) now: Timestamp,
}

impl Fact<'_> {
    /// Writes the message as `next` makes it, with what `also` adds, and tells what follows. If a
    /// report changed the message meanwhile, `next` is asked again. Gives the message as it is
    /// then, or `None` if `next` had nothing to change.
    pub(crate) async fn settle(
        self,
        row: Row<Message>,
        next: impl Fn(&Message) -> Option<Message>,
        also: impl Fn(Transaction<'_>) -> Transaction<'_>,
    ) -> Result<Option<Message>, StoreError> {
        let scope = self.deps.store.of(self.tenant);
        let mut row = row;
        loop {
            let Some(message) = next(&row.body) else { return Ok(None) };
            let entry = LogEntry::new(self.now, Operation::Send, &message.id, self.result.clone());
            let advance = Advance { scope, row: &row, next: message.clone(), entry };
            match advance.commit(&also, self.now).await {
                Err(StoreError::Conflict) => {
                    let found = scope.message(&message.id).await?;
                    row = found.ok_or(StoreError::Missing("message"))?;
                }
                written => {
                    queue(&self.deps.reports, written?).await;
                    return Ok(Some(message));
                }
            }
        }
    }
}

/// The work is stored and due; a queue only makes it fast.
pub(crate) async fn queue(reports: &Queue, job: Option<(Job, Timestamp)>) {
    let Some((job, due)) = job else { return };
    if let Err(e) = reports.send(&job, due).await {
        metrics::count("JobsLeftToTheSweeper");
        warn!(error = %Chain(&e), "what the CRM should be told is stored but not queued");
    }
}
