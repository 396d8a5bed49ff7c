//! What can be seen of a world from above: whether work waits, and what the tables hold.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::World;
use crate::emulator::Control;

/// Everything that a queue counts as not yet done.
const COUNTS: [&str; 3] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
];

impl World {
    /// Fails while one of these queues holds a job, waiting or in work.
    pub async fn is_idle(&self, queues: &[&str]) -> anyhow::Result<()> {
        for name in queues {
            let url = self.deployment.foundation.queue_url(name)?;
            let request = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
            let control = self.ministack.control();
            let answer = control.call("sqs", "AmazonSQS.GetQueueAttributes", &request).await?;
            for count in COUNTS {
                let jobs = answer["Attributes"][count].as_str().unwrap_or("0");
                ensure!(jobs == "0", "{jobs} jobs in {name}");
            }
        }
        Ok(())
    }

    /// How many items in all tables hold this text anywhere.
    pub async fn items_with(&self, text: &str) -> anyhow::Result<usize> {
        let mut found = 0;
        for table in ["StateTable", "JournalTable"] {
            let name = self.deployment.foundation.table_name(table)?;
            let items = self.items(name).await?;
            found += items.iter().filter(|it| it.to_string().contains(text)).count();
        }
        Ok(found)
    }

    async fn items(&self, table: &str) -> anyhow::Result<Vec<Value>> {
        let control = Control::new(self.dynamo.url());
        let mut items = Vec::new();
        let mut request = json!({ "TableName": table });
        loop {
            let page = control.call("dynamodb", "DynamoDB_20120810.Scan", &request).await?;
            items.extend(page["Items"].as_array().cloned().context("a scan without items")?);
            match &page["LastEvaluatedKey"] {
                Value::Null => return Ok(items),
                last => request["ExclusiveStartKey"] = last.clone(),
            }
        }
    }
}
