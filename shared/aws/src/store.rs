//! The tables, and the three things we do to an item: read it, add it, change it.

use std::error::Error as StdError;

use aws_sdk_dynamodb::{
    Client, error::SdkError, operation::put_item::PutItemError, types::AttributeValue,
};
use domain::ids::TenantId;

use crate::{
    item::{Attributes, Item, Row, Table, decode, encode},
    keys::Key,
    logs::without_values,
    transaction::Transaction,
};

#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) client: Client,
    state: String,
    journal: String,
}

/// One tenant's part of the tables. There is no way to ask a scope for another tenant's item.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    pub(crate) store: &'a Store,
    pub(crate) tenant: &'a TenantId,
}

/// What came of adding an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    New,
    /// Someone, probably an earlier try of ours, was here before.
    AlreadyThere,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the table did not answer")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    #[error("an item changed while we were changing it")]
    Conflict,
    /// Why says what is wrong, and not what is there.
    #[error("a stored {kind} cannot be read: {why}")]
    Corrupt { kind: &'static str, why: String },
    #[error("something cannot be written down")]
    Encode(#[source] serde_json::Error),
    #[error("there is no {0}")]
    Missing(&'static str),
}

impl StoreError {
    /// Whether trying again could help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Conflict => true,
            Self::Corrupt { .. } | Self::Encode(_) | Self::Missing(_) => false,
        }
    }

    pub(crate) fn unavailable(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Unavailable(error.into())
    }

    /// Keys and values hold telephone numbers, so the error names the kind of item only.
    pub(crate) fn corrupt(kind: &'static str, error: &impl std::fmt::Display) -> Self {
        Self::Corrupt { kind, why: without_values(error) }
    }
}

impl Store {
    pub fn new(client: Client, state: impl Into<String>, journal: impl Into<String>) -> Self {
        Self { client, state: state.into(), journal: journal.into() }
    }

    pub fn of<'a>(&'a self, tenant: &'a TenantId) -> Scope<'a> {
        Scope { store: self, tenant }
    }

    pub(crate) fn table(&self, table: Table) -> &str {
        match table {
            Table::State => &self.state,
            Table::Journal => &self.journal,
        }
    }

    pub(crate) async fn get<T: Item>(&self, key: &Key) -> Result<Option<Row<T>>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(self.table(T::TABLE))
            .set_key(Some(attributes(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;

        found.item.map(decode).transpose()
    }

    /// Writes an item on a condition, which may ask for the version that was read.
    pub(crate) async fn put(
        &self,
        table: Table,
        item: Attributes,
        condition: &str,
        read: Option<u64>,
    ) -> Result<(), StoreError> {
        let read = read.map(|version| AttributeValue::N(version.to_string()));
        let sent = self
            .client
            .put_item()
            .table_name(self.table(table))
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_values(read.map(|it| [(":read".to_owned(), it)].into()))
            .send()
            .await;

        match sent {
            Ok(_) => Ok(()),
            Err(e) if is_condition_failure(&e) => Err(StoreError::Conflict),
            Err(e) => Err(StoreError::unavailable(e)),
        }
    }
}

/// The conditions on which an item is written.
pub(crate) const IS_NEW: &str = "attribute_not_exists(pk)";
pub(crate) const IS_UNCHANGED: &str = "version = :read";

impl<'a> Scope<'a> {
    pub fn tenant_id(&self) -> &'a TenantId {
        self.tenant
    }

    /// Several changes that happen together or not at all.
    pub fn transaction(&self) -> Transaction<'a> {
        Transaction::new(*self)
    }

    pub(crate) async fn get<T: Item>(&self, key: &Key) -> Result<Option<Row<T>>, StoreError> {
        self.store.get(key).await
    }

    /// Adds an item unless one is there already.
    pub(crate) async fn add<T: Item>(&self, key: &Key, body: &T) -> Result<Added, StoreError> {
        match self.write(key, 1, body, IS_NEW, None).await {
            Err(StoreError::Conflict) => Ok(Added::AlreadyThere),
            written => written.map(|()| Added::New),
        }
    }

    /// Writes `body` over `row`, unless the row has changed since it was read.
    pub(crate) async fn replace<T: Item>(
        &self,
        key: &Key,
        row: &Row<T>,
        body: &T,
    ) -> Result<(), StoreError> {
        self.write(key, row.version + 1, body, IS_UNCHANGED, Some(row.version)).await
    }

    async fn write<T: Item>(
        &self,
        key: &Key,
        version: u64,
        body: &T,
        condition: &str,
        read: Option<u64>,
    ) -> Result<(), StoreError> {
        let item = encode(self.tenant, key, version, body)?;
        self.store.put(T::TABLE, item, condition, read).await
    }
}

pub(crate) fn attributes(key: &Key) -> Attributes {
    let text = |value: &String| AttributeValue::S(value.clone());
    [("pk".to_owned(), text(&key.pk)), ("sk".to_owned(), text(&key.sk))].into()
}

fn is_condition_failure<R>(error: &SdkError<PutItemError, R>) -> bool {
    error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception)
}

#[cfg(test)]
mod tests;
