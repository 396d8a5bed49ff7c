//! Moving a message on: the new state, what the CRM should be told of it, and the line in the sync
//! log are written together or not at all.

use aws::{Commit, Row, Scope, StoreError, Transaction};
use domain::{
    crm_status::{CRM_SETTLES, CrmStatus, Telling},
    delivery::{Event, Step},
    jobs::Job,
    message::Message,
    sync_log::LogEntry,
};
use jiff::Timestamp;

/// A message and where it goes from here.
#[derive(Debug)]
pub struct Advance<'a> {
    pub scope: Scope<'a>,
    pub row: &'a Row<Message>,
    pub next: Message,
    pub entry: LogEntry,
}

/// The message after `event`, or why there is none: nothing new, or impossible.
pub fn step(message: &Message, event: Event, now: Timestamp) -> Result<Message, Step> {
    match message.delivery.step(event, now) {
        Step::To(delivery) => Ok(Message { delivery, due: None, parked: None, ..message.clone() }),
        other => Err(other),
    }
}

impl Advance<'_> {
    /// Writes it all, with what `also` adds. Gives the job that tells the CRM, with the time it is
    /// due, if there is something to tell.
    ///
    /// `StoreError::Conflict` if the message or what the CRM should be told changed meanwhile:
    /// read the message again and decide again.
    pub async fn commit(
        self,
        also: impl for<'t> AsyncFnOnce(Transaction<'t>) -> Result<Transaction<'t>, StoreError>,
        now: Timestamp,
    ) -> Result<Option<(Job, Timestamp)>, StoreError> {
        let (read, telling) = match self.status_to_tell() {
            Some(status) => self.telling(status, now).await?,
            None => (None, None),
        };
        let mut transaction =
            self.scope.transaction().replace_message(self.row, &self.next).log(&self.entry);
        if let Some(telling) = &telling {
            transaction = transaction.set_telling(read.as_ref(), telling);
        }
        match also(transaction).await?.commit().await? {
            Commit::Done => Ok(telling.and_then(|it| self.job(&it))),
            Commit::Refused(_) => Err(StoreError::Conflict),
        }
    }

    fn status_to_tell(&self) -> Option<CrmStatus> {
        let status = CrmStatus::of(&self.next.delivery)?;
        let is_news = CrmStatus::of(&self.row.body.delivery).as_ref() != Some(&status);
        is_news.then_some(status)
    }

    async fn telling(
        &self,
        status: CrmStatus,
        now: Timestamp,
    ) -> Result<(Option<Row<Telling>>, Option<Telling>), StoreError> {
        let Some(crm_message) = &self.next.crm_message else { return Ok((None, None)) };
        let read = self.scope.telling(crm_message).await?;
        let telling = if let Some(row) = &read {
            row.body.now_wants(status, now)
        } else {
            let settled = self.next.created_at + CRM_SETTLES;
            let conversation = Some(self.next.conversation.clone());
            let telling = Telling::new(crm_message.clone(), status, settled);
            Some(Telling { conversation, ..telling })
        };
        Ok((read, telling))
    }

    fn job(&self, telling: &Telling) -> Option<(Job, Timestamp)> {
        Some((telling.job(self.scope.tenant_id()), telling.due?))
    }
}
