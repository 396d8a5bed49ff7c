//! What the queues gave up: a body that is no job, or a job that killed whoever tried it.

use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};

use crate::queue::{Queue, QueueError, Queues};

/// The queues of dead letters.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    pub inbound: Queue,
    pub outbound: Queue,
    pub reports: Queue,
    pub crm: Queue,
}

/// One of the ways of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Lane {
    Inbound,
    Outbound,
    Reports,
    Crm,
}

/// A dead letter. A job is a few ids, so it may be shown; what is no job may be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    pub id: String,
    pub body: String,
    /// How often it was handed out.
    pub tries: u32,
    pub(crate) group: String,
    pub(crate) receipt: String,
}

/// As many as are looked at in one go.
const MOST: i32 = 10;

impl DeadLetters {
    fn of(&self, lane: Lane) -> &Queue {
        match lane {
            Lane::Inbound => &self.inbound,
            Lane::Outbound => &self.outbound,
            Lane::Reports => &self.reports,
            Lane::Crm => &self.crm,
        }
    }

    /// About how many there are.
    pub async fn count(&self, lane: Lane) -> Result<u32, QueueError> {
        let queue = self.of(lane);
        let answer = queue
            .client
            .get_queue_attributes()
            .queue_url(&queue.url)
            .attribute_names(QueueAttributeName::ApproximateNumberOfMessages)
            .send()
            .await
            .map_err(|e| QueueError::Unavailable(e.into()))?;
        let count = answer.attributes.and_then(|mut it| {
            it.remove(&QueueAttributeName::ApproximateNumberOfMessages)?.parse().ok()
        });
        Ok(count.unwrap_or(0))
    }

    /// Ten of them at the most, which stay where they are and are out of sight for a moment.
    pub async fn look(&self, lane: Lane, seconds: i32) -> Result<Vec<DeadLetter>, QueueError> {
        let queue = self.of(lane);
        let answer = queue
            .client
            .receive_message()
            .queue_url(&queue.url)
            .max_number_of_messages(MOST)
            .visibility_timeout(seconds)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await
            .map_err(|e| QueueError::Unavailable(e.into()))?;
        let found = answer.messages.unwrap_or_default().into_iter();
        Ok(found.map(letter).collect())
    }

    /// Puts a letter back where it came from, and then takes it away here. If the second fails it is
    /// put back once more, which does no harm: whoever does a job looks first whether it is done.
    pub async fn put_back(
        &self,
        lane: Lane,
        letter: &DeadLetter,
        queues: &Queues,
    ) -> Result<(), QueueError> {
        let origin = match lane {
            Lane::Inbound => &queues.inbound,
            Lane::Outbound => &queues.outbound,
            Lane::Reports => &queues.reports,
            Lane::Crm => &queues.crm,
        };
        origin
            .client
            .send_message()
            .queue_url(&origin.url)
            .message_body(&letter.body)
            .message_group_id(&letter.group)
            .message_deduplication_id(format!("redrive:{}", letter.id))
            .send()
            .await
            .map_err(|e| QueueError::Unavailable(e.into()))?;
        let queue = self.of(lane);
        queue
            .client
            .delete_message()
            .queue_url(&queue.url)
            .receipt_handle(&letter.receipt)
            .send()
            .await
            .map_err(|e| QueueError::Unavailable(e.into()))?;
        Ok(())
    }
}

fn letter(message: aws_sdk_sqs::types::Message) -> DeadLetter {
    let attribute = |name: MessageSystemAttributeName| {
        message.attributes.as_ref().and_then(|it| it.get(&name)).cloned().unwrap_or_default()
    };
    DeadLetter {
        tries: attribute(MessageSystemAttributeName::ApproximateReceiveCount).parse().unwrap_or(0),
        group: attribute(MessageSystemAttributeName::MessageGroupId),
        id: message.message_id.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
        receipt: message.receipt_handle.unwrap_or_default(),
    }
}
