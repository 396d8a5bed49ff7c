//! The `due` index: everything unfinished, by the time it needs attention.
//!
//! An item is in the index while its work is unfinished, and only then. Each item brings the job
//! that does its work, so that whoever finds it overdue can put the job back on its queue without
//! knowing what it is.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_dynamodb::{operation::update_item::UpdateItemError, types::AttributeValue};
use domain::jobs::Job;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::Deserialize;
use tracing::error;

use crate::{
    item::Table,
    logs::Chain,
    metrics,
    store::{Store, StoreError},
};

/// Partitions of the index, so that no single one takes every write.
const SHARDS: u8 = 4;

/// Something overdue. `Debug` leaves out its key, which may hold a telephone number.
#[derive(Clone)]
pub struct Overdue {
    pub table: Table,
    pub due_at: Timestamp,
    pub job: Job,
    pk: String,
    sk: String,
}

impl fmt::Debug for Overdue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overdue")
            .field("table", &self.table)
            .field("due_at", &self.due_at)
            .field("job", &self.job)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Found {
    pk: String,
    sk: String,
    due_at: i64,
    wake: String,
}

pub(crate) fn partition(pk: &str) -> String {
    let shard = digest(&SHA256, pk.as_bytes()).as_ref()[0] % SHARDS;
    format!("due#{shard}")
}

impl Store {
    /// What has been due since before `before`, oldest first within a shard: at most `limit` from
    /// each shard of each table.
    ///
    /// What cannot be read, such as a job that newer code has written, is left where it is.
    pub async fn overdue(&self, before: Timestamp, limit: i32) -> Result<Vec<Overdue>, StoreError> {
        let shards = [Table::State, Table::Journal]
            .into_iter()
            .flat_map(|table| (0..SHARDS).map(move |shard| (table, format!("due#{shard}"))))
            .map(|(table, shard)| self.overdue_in(table, shard, before, limit));
        Ok(try_join_all(shards).await?.into_iter().flatten().collect())
    }

    /// Says that an overdue item was seen to and need not be seen to again until `next`. It may
    /// have been finished meanwhile; then nothing changes.
    pub async fn put_off(&self, overdue: &Overdue, next: Timestamp) -> Result<(), StoreError> {
        let sent = self
            .client
            .update_item()
            .table_name(self.table(overdue.table))
            .key("pk", AttributeValue::S(overdue.pk.clone()))
            .key("sk", AttributeValue::S(overdue.sk.clone()))
            .update_expression("SET due_at = :next")
            .condition_expression("due_at = :seen AND attribute_exists(wake)")
            .expression_attribute_values(":next", millis(next))
            .expression_attribute_values(":seen", millis(overdue.due_at))
            .send()
            .await;

        match sent {
            Ok(_) => Ok(()),
            Err(e)
                if e.as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(e) => Err(StoreError::unavailable(e)),
        }
    }

    async fn overdue_in(
        &self,
        table: Table,
        shard: String,
        before: Timestamp,
        limit: i32,
    ) -> Result<Vec<Overdue>, StoreError> {
        let found = self
            .client
            .query()
            .table_name(self.table(table))
            .index_name("due")
            .key_condition_expression("due_pk = :shard AND due_at < :before")
            .expression_attribute_values(":shard", AttributeValue::S(shard))
            .expression_attribute_values(":before", millis(before))
            .limit(limit)
            .send()
            .await
            .map_err(StoreError::unavailable)?;

        let items = found.items.unwrap_or_default().into_iter();
        Ok(items.filter_map(|item| readable(read(table, item))).collect())
    }
}

fn readable(read: Result<Overdue, StoreError>) -> Option<Overdue> {
    read.inspect_err(|e| {
        metrics::count("OverdueUnreadable");
        error!(error = %Chain(e), "something overdue cannot be read");
    })
    .ok()
}

fn read(table: Table, item: crate::item::Attributes) -> Result<Overdue, StoreError> {
    let found: Found =
        serde_dynamo::from_item(item).map_err(|e| StoreError::corrupt("due item", &e))?;
    let job = serde_json::from_str(&found.wake).map_err(|e| StoreError::corrupt("due job", &e))?;
    let due_at = Timestamp::from_millisecond(found.due_at).unwrap_or(Timestamp::MIN);
    Ok(Overdue { table, due_at, job, pk: found.pk, sk: found.sk })
}

fn millis(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_millisecond().to_string())
}
