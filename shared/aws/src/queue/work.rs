//! Doing a batch of jobs.

use std::{
    collections::BTreeMap,
    error::Error,
    time::{Duration, Instant},
};

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use tracing::{Instrument, error, info, info_span, warn};

use super::Queue;
use crate::{
    logs::{Chain, without_values},
    store::StoreError,
    vault::VaultError,
};

/// A failed job stays at the head of its group, which keeps a conversation in order while it waits.
/// The queue hands it out a hundred times before it goes to the dead letters (template.yaml),
/// enough for a day's outage. On the ninetieth we stop asking: the work is still due in the table,
/// and the sweeper brings it back. So the dead letters hold only what nobody can read, or what
/// kills whoever tries.
const LAST_TRY: u32 = 90;

/// However long a job has to wait, it is looked at again after this.
const LONGEST_HOLD: Duration = Duration::from_mins(15);

/// After this long no further job of a batch is begun. The last one then has most of the function's
/// thirty seconds: enough for five strangers at their slowest.
const BUDGET: Duration = Duration::from_secs(3);

/// A job could not be done now. The table knows that it is still to do.
#[derive(Debug)]
pub struct Again {
    when: When,
    why: Box<dyn Error + Send + Sync>,
}

/// When to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// Then: whoever says so has counted the failures already.
    After(Duration),
    /// Nobody knows, so each try waits twice as long as the one before.
    Soon,
}

impl Again {
    /// The job is to come back after this long.
    pub fn after(after: Duration, why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { when: When::After(after), why: why.into() }
    }

    /// The job is to come back at `then`.
    pub fn at(
        then: Timestamp,
        now: Timestamp,
        why: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::after(Duration::try_from(then.duration_since(now)).unwrap_or_default(), why)
    }

    /// The job is to come back soon, each time after twice as long as the time before.
    pub fn soon(why: impl Error + Send + Sync + 'static) -> Self {
        Self { when: When::Soon, why: why.into() }
    }

    fn wait(&self, tries: u32) -> Duration {
        let wait = match self.when {
            When::After(after) => after,
            When::Soon => Duration::from_secs(1 << tries.min(20)),
        };
        wait.min(LONGEST_HOLD)
    }
}

impl From<StoreError> for Again {
    fn from(error: StoreError) -> Self {
        Self::soon(error)
    }
}

impl From<VaultError> for Again {
    fn from(error: VaultError) -> Self {
        Self::soon(error)
    }
}

/// Does every job in a batch, and names the ones to try again.
///
/// An error means *try again*. A job that can never succeed is not an error: the handler records
/// the refusal and returns `Ok`. A body that is not a job fails until the queue's redrive policy
/// moves it to the dead letters.
///
/// Jobs of one group run in order, and a failure holds back the rest of its group, which comes
/// back with it. Each is told its own time, which is `now` for those that begin within a second.
///
/// The event source must set `ReportBatchItemFailures`; `tests/it/template.rs` sees to it.
pub async fn work<J: DeserializeOwned>(
    queue: &Queue,
    event: SqsEvent,
    now: Timestamp,
    handle: impl AsyncFn(J, Timestamp) -> Result<(), Again>,
) -> SqsBatchResponse {
    let begun = Begun { at: now, since: Instant::now() };
    let groups =
        by_group(event.records).into_iter().map(|group| work_group(queue, group, begun, &handle));
    let failed = join_all(groups).await.into_iter().flatten();

    let mut response = SqsBatchResponse::default();
    response.batch_item_failures.extend(failed.map(|id| {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id;
        failure
    }));
    response
}

/// When a batch was begun, by the clock and by the stopwatch.
#[derive(Clone, Copy)]
struct Begun {
    at: Timestamp,
    since: Instant,
}

impl Begun {
    /// The time of a job that begins now, to the second.
    fn now(self) -> Timestamp {
        let seconds = i64::try_from(self.since.elapsed().as_secs()).unwrap_or_default();
        self.at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(self.at)
    }
}

async fn work_group<J: DeserializeOwned>(
    queue: &Queue,
    group: Vec<SqsMessage>,
    begun: Begun,
    handle: &impl AsyncFn(J, Timestamp) -> Result<(), Again>,
) -> Vec<String> {
    let mut group = group.into_iter();
    while let Some(message) = group.next() {
        let span = info_span!("job", queue.message_id = message.message_id.as_deref());
        let done = if begun.since.elapsed() < BUDGET {
            work_one(&message, begun.now(), handle).instrument(span).await
        } else {
            Err(Some(Duration::from_secs(1)))
        };
        let Err(after) = done else { continue };

        let held: Vec<_> = std::iter::once(message).chain(group).collect();
        if let Some(after) = after {
            hold(queue, &held, after).await;
        }
        // Without an id Lambda takes the whole batch as failed, which is the safe reading.
        return held.into_iter().map(|it| it.message_id.unwrap_or_default()).collect();
    }
    Vec::new()
}

/// `Err` if the message must come back, with how long it should stay away if that is known.
async fn work_one<J: DeserializeOwned>(
    message: &SqsMessage,
    now: Timestamp,
    handle: &impl AsyncFn(J, Timestamp) -> Result<(), Again>,
) -> Result<(), Option<Duration>> {
    let job = match serde_json::from_str(message.body.as_deref().unwrap_or_default()) {
        Ok(job) => job,
        Err(e) => {
            error!(error = without_values(&e), "a message in the queue is not a job");
            return Err(None);
        }
    };
    let Err(again) = handle(job, now).await else { return Ok(()) };

    let tries = tries(message);
    let why = Chain(&*again.why).to_string();
    if tries >= LAST_TRY {
        warn!(error = why, tries, "a job failed and is left to the sweeper");
        return Ok(());
    }
    info!(error = why, tries, "a job failed and will be tried again");
    Err(Some(again.wait(tries)))
}

async fn hold(queue: &Queue, messages: &[SqsMessage], after: Duration) {
    let receipts: Vec<_> = messages.iter().filter_map(|it| it.receipt_handle.clone()).collect();
    if let Err(e) = queue.hold(&receipts, after).await {
        // They come back all the same, when the queue's own time is over.
        warn!(error = %Chain(&e), "failed jobs could not be given a time to come back");
    }
}

fn tries(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|it| it.parse().ok()).unwrap_or(1)
}

fn by_group(messages: Vec<SqsMessage>) -> Vec<Vec<SqsMessage>> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for (n, message) in messages.into_iter().enumerate() {
        let group = match message.attributes.get("MessageGroupId") {
            Some(name) => (Some(name.clone()), 0),
            None => (None, n),
        };
        groups.entry(group).or_default().push(message);
    }
    groups.into_values().collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::Client;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;

    fn message(id: &str, body: &str, group: &str, tries: u32) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.message_id = Some(id.to_owned());
        message.receipt_handle = Some(format!("receipt-{id}"));
        message.body = Some(body.to_owned());
        message.attributes.insert("MessageGroupId".to_owned(), group.to_owned());
        message.attributes.insert("ApproximateReceiveCount".to_owned(), tries.to_string());
        message
    }

    /// Jobs are `true` for one that succeeds and `false` for one that fails.
    async fn failures(messages: Vec<SqsMessage>) -> Vec<String> {
        let held = mock!(Client::change_message_visibility_batch).then_output(|| {
            aws_sdk_sqs::operation::change_message_visibility_batch::ChangeMessageVisibilityBatchOutput::builder()
                .set_successful(Some(vec![]))
                .set_failed(Some(vec![]))
                .build()
                .unwrap()
        });
        let client = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&held]);
        let queue = Queue::new(client, "https://queue.test");
        let mut event = SqsEvent::default();
        event.records = messages;
        let handle = async |ok: bool, _| {
            if ok { Ok(()) } else { Err(Again::after(Duration::from_secs(1), "no")) }
        };
        let response = work(&queue, event, Timestamp::UNIX_EPOCH, handle).await;
        response.batch_item_failures.into_iter().map(|f| f.item_identifier).collect()
    }

    #[tokio::test]
    async fn a_body_that_is_not_a_job_does_not_spoil_the_batch() {
        let batch = vec![message("1", "}{", "a", 1), message("2", "true", "b", 1)];
        assert_eq!(failures(batch).await, ["1"]);
    }

    #[tokio::test]
    async fn a_failure_holds_back_its_own_group_only() {
        let batch = vec![
            message("a1", "false", "a", 1),
            message("b1", "true", "b", 1),
            message("a2", "true", "a", 1),
        ];
        assert_eq!(failures(batch).await, ["a1", "a2"]);
    }

    #[test]
    fn only_a_wait_that_nobody_chose_grows_with_the_tries() {
        let chosen = Again::after(Duration::from_secs(7), "busy");
        let unknown = Again::from(StoreError::Conflict);
        let seconds = |again: &Again| [1, 2, 3].map(|tries| again.wait(tries).as_secs());

        assert_eq!(seconds(&chosen), [7, 7, 7]);
        assert_eq!(seconds(&unknown), [2, 4, 8]);
        assert_eq!(Again::after(Duration::from_hours(9), "busy").wait(1), LONGEST_HOLD);
        assert_eq!(unknown.wait(80), LONGEST_HOLD);
    }

    #[tokio::test]
    async fn a_job_that_keeps_failing_is_left_to_the_sweeper_and_not_to_the_dead_letters() {
        assert_eq!(failures(vec![message("1", "false", "a", LAST_TRY - 1)]).await, ["1"]);
        assert!(failures(vec![message("1", "false", "a", LAST_TRY)]).await.is_empty());
    }

    #[tokio::test]
    async fn what_nobody_can_read_goes_to_the_dead_letters() {
        assert_eq!(failures(vec![message("1", "}{", "a", 99)]).await, ["1"]);
    }
}
