//! Writing down an outcome that is already a fact: whatever else happens to the message meanwhile,
//! it must not get lost.

use std::time::Duration;

use app::Advance;
use aws::{Row, StoreError, Transaction};
use domain::{
    ids::MessageId,
    message::Message,
    sync_log::{LogEntry, LogResult, Operation},
};

use crate::Attempt;

/// What happened to a message.
pub(crate) struct Fact<'a> {
    pub(crate) attempt: Attempt<'a>,
    pub(crate) result: LogResult,
}

/// How often and how long after each other we try to write a fact down, before its message has to
/// count as in doubt: some six seconds in all, which the function has left.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_secs(2),
    Duration::from_secs(3),
];

impl Fact<'_> {
    /// Writes the message as `next` makes it, with what `also` adds, and offers the job that
    /// follows. If a report changed the message meanwhile, or the table did not answer, `next` is
    /// asked again about the message as it is then. Gives the message as it was written, or `None`
    /// if `next` had nothing to change.
    pub(crate) async fn settle(
        self,
        row: Row<Message>,
        next: impl Fn(&Message) -> Option<Message>,
        also: impl for<'t> AsyncFn(Transaction<'t>) -> Result<Transaction<'t>, StoreError>,
    ) -> Result<Option<Message>, StoreError> {
        let id = row.body.id.clone();
        self.insist(&id, Some(row), next, also).await
    }

    /// The same for a message of which we do not know how it is now.
    pub(crate) async fn settle_as_it_is(
        self,
        id: &MessageId,
        next: impl Fn(&Message) -> Option<Message>,
        also: impl for<'t> AsyncFn(Transaction<'t>) -> Result<Transaction<'t>, StoreError>,
    ) -> Result<Option<Message>, StoreError> {
        self.insist(id, None, next, also).await
    }

    async fn insist(
        self,
        id: &MessageId,
        mut row: Option<Row<Message>>,
        next: impl Fn(&Message) -> Option<Message>,
        also: impl for<'t> AsyncFn(Transaction<'t>) -> Result<Transaction<'t>, StoreError>,
    ) -> Result<Option<Message>, StoreError> {
        let mut pauses = PAUSES.iter();
        loop {
            match self.write(id, row.take(), &next, &also).await {
                Err(e) if e.is_transient() => match pauses.next() {
                    Some(pause) => tokio::time::sleep(*pause).await,
                    None => return Err(e),
                },
                written => return written,
            }
        }
    }

    async fn write(
        &self,
        id: &MessageId,
        row: Option<Row<Message>>,
        next: impl Fn(&Message) -> Option<Message>,
        also: impl for<'t> AsyncFn(Transaction<'t>) -> Result<Transaction<'t>, StoreError>,
    ) -> Result<Option<Message>, StoreError> {
        let Attempt { deps, tenant, took, now } = self.attempt;
        let scope = deps.store.of(tenant);
        let row = match row {
            Some(row) => row,
            None => scope.message(id).await?.ok_or(StoreError::Missing("message"))?,
        };
        let Some(message) = next(&row.body) else { return Ok(None) };
        let entry = self.entry(&message, took);
        let advance = Advance { scope, row: &row, next: message.clone(), entry };
        if let Some((job, due)) = advance.commit(also, now).await? {
            deps.reports.offer(&job, due).await;
        }
        Ok(Some(message))
    }

    fn entry(&self, message: &Message, took: Option<Duration>) -> LogEntry {
        let entry =
            LogEntry::new(self.attempt.now, Operation::Send, &message.id, self.result.clone())
                .about(&message.conversation);
        let entry = match &message.route {
            Some(route) => entry.with(&route.channel),
            None => entry,
        };
        match took {
            Some(took) => entry.took(took),
            None => entry,
        }
    }
}
