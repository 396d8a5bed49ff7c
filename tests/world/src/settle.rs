//! Letting a world come to rest: consumers run until every queue is empty, and the clock is moved
//! to whatever is due next, until nothing is.

use std::sync::{
    PoisonError,
    atomic::{AtomicU32, Ordering},
};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::World;

/// More rounds than any story of ours takes.
const ROUNDS: u32 = 400;

impl World {
    /// Works until nothing is left to do, moving the clock to whatever is due next. Fails if work
    /// never ends, or if a dead letter is left.
    pub async fn settle(&self) {
        for _ in 0..ROUNDS {
            if self.drain().await {
                continue;
            }
            if self.release_held().await {
                continue;
            }
            let Some(due) = self.next_due().await else { return self.rest().await };
            self.move_to(due + SignedDuration::from_secs(31));
            self.sweep().await;
        }
        let ever = Timestamp::MAX - SignedDuration::from_hours(24);
        let due = self.store.overdue(ever, 10).await;
        panic!("there is still work after {ROUNDS} rounds: {due:?}");
    }

    /// Works on what comes due until then, and leaves what comes later.
    pub async fn work_until(&self, then: Timestamp) {
        while self.now() < then {
            if self.drain().await || self.release_held().await {
                continue;
            }
            let due = self.next_due().await.unwrap_or(then);
            self.move_to((due + SignedDuration::from_secs(31)).min(then));
            self.sweep().await;
        }
    }

    /// Works on what the queues hold now. Whether anything was there.
    pub async fn drain(&self) -> bool {
        let mut any = false;
        for queue in ["Inbound", "Outbound", "Reports", "Crm"] {
            while self.work_on(queue).await {
                any = true;
            }
        }
        any
    }

    /// Hands out one batch, and forgets what came of it, as if whoever had it died.
    pub async fn drain_once(&self, queue: &'static str) {
        let mut event = SqsEvent::default();
        event.records = self.receive(queue).await;
        let messages = event.records.clone();
        self.handle(queue, event).await;
        for message in messages {
            self.delete(queue, &message).await;
        }
    }

    /// Runs the sweeper, as the schedule does every minute.
    pub async fn sweep(&self) -> sweeper::Swept {
        loop {
            // A fault on demand may strike the sweeper. The schedule starts it again.
            if let Ok(swept) = sweeper::handle(&self.functions.sweeper, self.now()).await {
                return swept;
            }
        }
    }

    /// When something next needs attention.
    pub async fn next_due(&self) -> Option<Timestamp> {
        self.due().await.into_iter().min()
    }

    async fn due(&self) -> Vec<Timestamp> {
        let ever = Timestamp::MAX - SignedDuration::from_hours(24);
        loop {
            // A fault on demand may strike our own question.
            if let Ok(overdue) = self.store.overdue(ever, 1000).await {
                return overdue.into_iter().map(|it| it.due_at).collect();
            }
        }
    }

    /// Takes everything out of a queue: for the bench, which does it elsewhere.
    pub async fn jobs(&self, queue: &'static str) -> Vec<SqsMessage> {
        let mut jobs = Vec::new();
        loop {
            let messages = self.receive(queue).await;
            if messages.is_empty() {
                return jobs;
            }
            for message in &messages {
                self.delete(queue, message).await;
            }
            jobs.extend(messages);
        }
    }

    /// Leaves the world as it is: for the bench, whose work is done elsewhere.
    pub fn forget(&self) {
        self.unsettled.store(0, Ordering::SeqCst);
    }

    /// Empties a queue without doing what it says, as if it had lost everything.
    pub async fn lose_jobs(&self, queue: &'static str) -> usize {
        let mut lost = 0;
        loop {
            let messages = self.receive(queue).await;
            if messages.is_empty() {
                return lost;
            }
            lost += messages.len();
            for message in messages {
                self.delete(queue, &message).await;
            }
        }
    }

    /// Puts a message where a queue's dead letters are.
    pub async fn bury(&self, queue: &'static str, body: &str) {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let dead = self.queues[queue].replace(".fifo", "-dead-letters.fifo");
        let id = format!("buried-{}", COUNT.fetch_add(1, Ordering::SeqCst));
        let arguments = json!({
            "QueueUrl": dead, "MessageBody": body, "MessageGroupId": id,
            "MessageDeduplicationId": id,
        });
        self.call("SendMessage", &arguments).await;
    }

    pub async fn dead_letters(&self) -> usize {
        let mut count = 0;
        for queue in self.queues.values() {
            let dead = queue.replace(".fifo", "-dead-letters.fifo");
            let arguments = json!({ "QueueUrl": dead, "AttributeNames": ["All"] });
            let answer = self.call("GetQueueAttributes", &arguments).await;
            let visible = answer["Attributes"]["ApproximateNumberOfMessages"].as_str();
            count += visible.and_then(|it| it.parse().ok()).unwrap_or(0);
        }
        count
    }

    async fn rest(&self) {
        self.unsettled.store(0, Ordering::SeqCst);
        assert_eq!(self.dead_letters().await, 0, "dead letters are left");
    }

    /// One batch. Whether there was one.
    async fn work_on(&self, queue: &'static str) -> bool {
        let messages = self.receive(queue).await;
        if messages.is_empty() {
            return false;
        }
        let mut event = SqsEvent::default();
        event.records.clone_from(&messages);
        let failed: Vec<_> = self
            .handle(queue, event)
            .await
            .batch_item_failures
            .into_iter()
            .map(|it| it.item_identifier)
            .collect();
        for message in messages {
            if failed.contains(message.message_id.as_ref().unwrap()) {
                self.hold(queue, message).await;
            } else {
                self.delete(queue, &message).await;
            }
        }
        true
    }

    async fn handle(&self, queue: &str, event: SqsEvent) -> SqsBatchResponse {
        let (functions, now) = (&self.functions, self.now());
        match queue {
            "Inbound" => inbound_consumer::handle(&functions.inbound_consumer, event, now).await,
            "Outbound" => outbound_consumer::handle(&functions.outbound_consumer, event, now).await,
            "Crm" => crm_consumer::handle(&functions.crm_consumer, event, now).await,
            _ => report_consumer::handle(&functions.report_consumer, event, now).await,
        }
    }

    /// A failed message comes back when the test's clock says so, not the machine's.
    async fn hold(&self, queue: &'static str, message: SqsMessage) {
        let receipt = message.receipt_handle.unwrap();
        self.set_visibility(queue, &receipt, 40_000).await;
        self.held.lock().unwrap_or_else(PoisonError::into_inner).push((queue, receipt));
    }

    /// Works on what the queues hold, and on what waits in them for the time it is now.
    pub async fn drain_held(&self) {
        self.drain().await;
        let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        for (queue, receipt) in held {
            self.set_visibility(queue, &receipt, 0).await;
        }
        self.drain().await;
    }

    async fn release_held(&self) -> bool {
        let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        if held.is_empty() {
            return false;
        }
        let soon = self.now() + SignedDuration::from_secs(2);
        let due = self.due().await.into_iter().filter(|due| *due > self.now()).min();
        self.move_to(due.unwrap_or(soon));
        for (queue, receipt) in held {
            self.set_visibility(queue, &receipt, 0).await;
        }
        true
    }

    pub fn move_to(&self, then: Timestamp) {
        let by = then.duration_since(self.now());
        if by.is_positive() {
            self.clock.advance(by);
        }
    }

    async fn set_visibility(&self, queue: &str, receipt: &str, seconds: u32) {
        let arguments = json!({
            "QueueUrl": self.queues[queue], "ReceiptHandle": receipt, "VisibilityTimeout": seconds,
        });
        self.call("ChangeMessageVisibility", &arguments).await;
    }

    async fn receive(&self, queue: &'static str) -> Vec<SqsMessage> {
        let arguments = json!({
            "QueueUrl": self.queues[queue], "MaxNumberOfMessages": 10, "AttributeNames": ["All"],
        });
        let answer = self.call("ReceiveMessage", &arguments).await;
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        messages.iter().map(message).collect()
    }

    async fn delete(&self, queue: &str, message: &SqsMessage) {
        let arguments =
            json!({ "QueueUrl": self.queues[queue], "ReceiptHandle": message.receipt_handle });
        self.call("DeleteMessage", &arguments).await;
    }

    async fn call(&self, action: &str, arguments: &Value) -> Value {
        self.control.call("sqs", &format!("AmazonSQS.{action}"), arguments).await.unwrap()
    }
}

fn message(received: &Value) -> SqsMessage {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut message = SqsMessage::default();
    message.message_id = text(&received["MessageId"]);
    message.receipt_handle = text(&received["ReceiptHandle"]);
    message.body = text(&received["Body"]);
    for (name, value) in received["Attributes"].as_object().into_iter().flatten() {
        message.attributes.insert(name.clone(), text(value).unwrap_or_default());
    }
    message
}
