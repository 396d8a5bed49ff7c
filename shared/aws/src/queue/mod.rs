//! The queues: how a job gets into one, and how a batch of them is done.

mod work;

use std::{error::Error, time::Duration};

use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use domain::jobs::Job;
use jiff::Timestamp;
use serde::Serialize;
use tracing::warn;

use crate::{logs::Chain, metrics};

pub use work::{Again, work};

/// One FIFO queue.
#[derive(Clone, Debug)]
pub struct Queue {
    pub(crate) client: aws_sdk_sqs::Client,
    pub(crate) url: String,
}

/// All queues, for who puts any kind of job back.
#[derive(Clone, Debug)]
pub struct Queues {
    pub inbound: Queue,
    pub outbound: Queue,
    pub reports: Queue,
    pub crm: Queue,
}

#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error("a job could not be written down")]
    Encode(#[source] serde_json::Error),
    #[error("the queue did not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl Queue {
    pub fn new(client: aws_sdk_sqs::Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    /// Sends a job that is due at `due`. The same job for the same time is one message, however
    /// often it is sent within five minutes.
    pub async fn send(&self, job: &Job, due: Timestamp) -> Result<(), QueueError> {
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body(job).map_err(QueueError::Encode)?)
            .message_group_id(job.group())
            .message_deduplication_id(format!("{}:{}", job.subject(), due.as_millisecond()))
            .send()
            .await
            .map_err(|e| QueueError::Unavailable(e.into()))?;
        Ok(())
    }

    /// Sends a job whose work is stored and due. If the queue does not take it, it is left to the
    /// sweeper: a queue only makes it fast.
    pub async fn offer(&self, job: &Job, due: Timestamp) {
        if let Err(e) = self.send(job, due).await {
            metrics::count("JobsLeftToTheSweeper");
            let subject = job.subject();
            warn!(error = %Chain(&e), "the job of {subject} is stored and not queued");
        }
    }

    /// Offers the first job of work that may be stored more than once: each time it is the same
    /// message to the queue.
    pub async fn offer_first(&self, job: &Job) {
        self.offer(job, Timestamp::UNIX_EPOCH).await;
    }

    /// Lets these messages come back after `after` instead of the queue's own time.
    async fn hold(&self, receipts: &[String], after: Duration) -> Result<(), QueueError> {
        // Rounded up: a job that comes back too early has wasted one of its few tries.
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        let seconds = i32::try_from(seconds.max(1)).unwrap_or(i32::MAX);
        let entries = receipts
            .iter()
            .enumerate()
            .map(|(n, receipt)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(n.to_string())
                    .receipt_handle(receipt)
                    .visibility_timeout(seconds)
                    .build()
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| QueueError::Unavailable(e.into()))?;
        self.client
            .change_message_visibility_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(|e| QueueError::Unavailable(e.into()))?;
        Ok(())
    }
}

impl Queues {
    pub async fn send(&self, job: &Job, due: Timestamp) -> Result<(), QueueError> {
        let queue = match job {
            Job::Inbound(_) => &self.inbound,
            Job::Outbound(_) => &self.outbound,
            Job::Reports(_) => &self.reports,
            Job::Crm(_) => &self.crm,
        };
        queue.send(job, due).await
    }

    /// Sends a job whose work is stored and due. If its queue does not take it, it is left to the
    /// sweeper.
    pub async fn offer(&self, job: &Job, due: Timestamp) {
        match job {
            Job::Inbound(_) => self.inbound.offer(job, due).await,
            Job::Outbound(_) => self.outbound.offer(job, due).await,
            Job::Reports(_) => self.reports.offer(job, due).await,
            Job::Crm(_) => self.crm.offer(job, due).await,
        }
    }
}

/// What lies in the queue: the job without the queue's name.
fn body(job: &Job) -> Result<String, serde_json::Error> {
    fn written(job: &impl Serialize) -> Result<String, serde_json::Error> {
        serde_json::to_string(job)
    }
    match job {
        Job::Inbound(job) => written(job),
        Job::Outbound(job) => written(job),
        Job::Reports(job) => written(job),
        Job::Crm(job) => written(job),
    }
}
