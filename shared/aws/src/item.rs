//! An item as it lies in a table.

use std::{collections::HashMap, fmt};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{ids::TenantId, jobs::Job};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    due,
    keys::{self, Key},
    store::StoreError,
};

/// A thing that can be stored. What the indexes need is derived from the thing itself, so it
/// cannot fall out of step with it.
pub(crate) trait Item: Serialize + DeserializeOwned {
    const KIND: &'static str;
    const TABLE: Table;

    /// When this needs attention and the job that gives it, while it is unfinished.
    fn work(&self, _tenant: &TenantId) -> Option<Work> {
        None
    }

    /// The list this appears in, and its place in time there.
    fn recent(&self, _tenant: &TenantId) -> Option<(String, Timestamp)> {
        None
    }

    /// Since when a person must look at this, or something has to be changed before it goes on.
    fn parked_since(&self) -> Option<Timestamp> {
        None
    }

    /// When this may be forgotten.
    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// What is true now. Nothing in it is forgotten by itself.
    State,
    /// What happened: events and log lines, forgotten after a time once they are finished.
    Journal,
}

/// Unfinished work, and the job that does it, from this time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) at: Timestamp,
    pub(crate) job: Job,
}

/// An item with the version it was read at. `Debug` leaves out its key, which may hold a telephone
/// number.
#[derive(Clone, Serialize, Deserialize)]
pub struct Row<T> {
    pk: String,
    sk: String,
    kind: String,
    pub(crate) version: u64,
    #[serde(flatten)]
    pub body: T,
}

impl<T> Row<T> {
    /// How often it was written.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The row after `body` was written over it.
    #[must_use]
    pub fn next(self, body: T) -> Self {
        Self { version: self.version + 1, body, ..self }
    }
}

impl<T: fmt::Debug> fmt::Debug for Row<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("kind", &self.kind)
            .field("version", &self.version)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

#[derive(Default, Serialize)]
struct Indexes {
    #[serde(skip_serializing_if = "Option::is_none")]
    due_pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wake: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parked_pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parked_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recent_pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recent_at: Option<i64>,
    /// Seconds, as DynamoDB's time to live wants them.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

#[derive(Serialize)]
struct Stored<'a, T> {
    pk: &'a str,
    sk: &'a str,
    kind: &'static str,
    version: u64,
    #[serde(flatten)]
    indexes: Indexes,
    #[serde(flatten)]
    body: &'a T,
}

pub(crate) type Attributes = HashMap<String, AttributeValue>;

pub(crate) fn encode<T: Item>(
    tenant: &TenantId,
    key: &Key,
    version: u64,
    body: &T,
) -> Result<Attributes, StoreError> {
    stored(key, version, indexes(tenant, key, body)?, body)
}

fn stored<T: Item>(
    key: &Key,
    version: u64,
    indexes: Indexes,
    body: &T,
) -> Result<Attributes, StoreError> {
    let stored = Stored { pk: &key.pk, sk: &key.sk, kind: T::KIND, version, indexes, body };
    serde_dynamo::to_item(stored).map_err(|e| StoreError::corrupt(T::KIND, &e))
}

pub(crate) fn decode<T: Item>(item: Attributes) -> Result<Row<T>, StoreError> {
    serde_dynamo::from_item(item).map_err(|e| StoreError::corrupt(T::KIND, &e))
}

fn indexes<T: Item>(tenant: &TenantId, key: &Key, body: &T) -> Result<Indexes, StoreError> {
    let mut indexes =
        Indexes { expires_at: body.expires_at().map(Timestamp::as_second), ..Indexes::default() };
    if let Some(Work { at, job }) = body.work(tenant) {
        let wake = serde_json::to_string(&job).map_err(StoreError::Encode)?;
        indexes.due_pk = Some(due::partition(&key.pk));
        indexes.due_at = Some(at.as_millisecond());
        indexes.wake = Some(wake);
    }
    if let Some(since) = body.parked_since() {
        indexes.parked_pk = Some(keys::parked(tenant));
        indexes.parked_at = Some(since.as_millisecond());
    }
    if let Some((list, at)) = body.recent(tenant) {
        indexes.recent_pk = Some(list);
        indexes.recent_at = Some(at.as_millisecond());
    }
    Ok(indexes)
}

#[cfg(test)]
mod tests;
