//! Several changes that happen together or not at all.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        AttributeValue, CancellationReason, ConditionCheck, Delete, Put, TransactWriteItem,
        builders::{DeleteBuilder, PutBuilder},
    },
};
use domain::{ids::TenantId, phone::PhoneNumber};

use crate::{
    item::{Item, Row, Table, encode},
    keys::Key,
    store::{IS_UNCHANGED, Scope, StoreError, attributes},
};

/// What came of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commit {
    Done,
    /// Nothing was written, for these conditions did not hold.
    Refused(Vec<Condition>),
}

/// The conditions by which our transactions can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// An item of this kind was to be new, and is there already.
    New(&'static str),
    /// An item of this kind has changed since it was read.
    Unchanged(&'static str),
    /// What leads to somebody else is not to be changed.
    Ours(&'static str),
    /// The phone has opted out.
    NotOptedOut,
}

/// DynamoDB takes 100 writes in a transaction; ours have fewer than ten.
#[derive(Debug)]
#[must_use = "a transaction does nothing until it is committed"]
pub struct Transaction<'a> {
    scope: Scope<'a>,
    writes: Vec<(TransactWriteItem, Option<Condition>)>,
    broken: Option<StoreError>,
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(scope: Scope<'a>) -> Self {
        Self { scope, writes: Vec::new(), broken: None }
    }

    pub(crate) fn tenant(&self) -> &'a TenantId {
        self.scope.tenant
    }

    /// Adds an item, on condition that there is none.
    pub(crate) fn add<T: Item>(self, key: &Key, body: &T) -> Self {
        let condition = Condition::New(T::KIND);
        self.put(
            key,
            1,
            body,
            |put| put.condition_expression("attribute_not_exists(pk)"),
            condition,
        )
    }

    /// Writes over an item, on condition that it has not changed since it was read.
    pub(crate) fn replace<T: Item>(self, key: &Key, row: &Row<T>, body: &T) -> Self {
        let read = AttributeValue::N(row.version.to_string());
        let is_unchanged = |put: PutBuilder| {
            put.condition_expression("version = :read").expression_attribute_values(":read", read)
        };
        self.put(key, row.version + 1, body, is_unchanged, Condition::Unchanged(T::KIND))
    }

    /// Writes an item whatever is there. For what has only one right value, or whose last value
    /// is the right one: say at the call which.
    pub(crate) fn set<T: Item>(mut self, key: &Key, body: &T) -> Self {
        match self.built(key, 1, body, |put| put) {
            Ok(write) => self.writes.push((write, None)),
            Err(e) => self.broken = Some(e),
        }
        self
    }

    /// Nothing of it is written: what was asked for is not this tenant's.
    pub(crate) fn broken_by(self, error: StoreError) -> Self {
        Self { broken: Some(error), ..self }
    }

    /// Takes an item of the state away, whether or not it is there.
    pub(crate) fn delete(mut self, key: &Key) -> Self {
        let delete = Delete::builder()
            .table_name(self.scope.store.table(Table::State))
            .set_key(Some(attributes(key)))
            .build();
        match delete {
            Ok(delete) => {
                self.writes.push((TransactWriteItem::builder().delete(delete).build(), None));
            }
            Err(e) => self.broken = Some(StoreError::unavailable(e)),
        }
        self
    }

    /// Takes an item of the state away, on condition that it has not changed since it was read.
    pub(crate) fn delete_row<T: Item>(self, key: &Key, row: &Row<T>) -> Self {
        let read = AttributeValue::N(row.version.to_string());
        let is_unchanged = |delete: DeleteBuilder| {
            delete.condition_expression(IS_UNCHANGED).expression_attribute_values(":read", read)
        };
        self.delete_on(key, is_unchanged, Condition::Unchanged(T::KIND))
    }

    /// Takes an item of the state away on a condition.
    pub(crate) fn delete_on(
        mut self,
        key: &Key,
        on: impl FnOnce(DeleteBuilder) -> DeleteBuilder,
        condition: Condition,
    ) -> Self {
        let delete = Delete::builder()
            .table_name(self.scope.store.table(Table::State))
            .set_key(Some(attributes(key)));
        match on(delete).build() {
            Ok(delete) => {
                let write = TransactWriteItem::builder().delete(delete).build();
                self.writes.push((write, Some(condition)));
            }
            Err(e) => self.broken = Some(StoreError::unavailable(e)),
        }
        self
    }

    /// Writes an item on a condition of its own.
    pub(crate) fn put_on<T: Item>(
        self,
        key: &Key,
        body: &T,
        on: impl FnOnce(PutBuilder) -> PutBuilder,
        condition: Condition,
    ) -> Self {
        self.put(key, 1, body, on, condition)
    }

    /// Everything else only happens if the phone has not opted out.
    pub fn unless_opted_out(mut self, phone: &PhoneNumber) -> Self {
        let key = Key::opt_out(self.scope.tenant, phone);
        let check = ConditionCheck::builder()
            .table_name(self.scope.store.table(Table::State))
            .set_key(Some(attributes(&key)))
            .condition_expression("attribute_not_exists(pk) OR active = :no")
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .build();
        match check {
            Ok(check) => {
                let write = TransactWriteItem::builder().condition_check(check).build();
                self.writes.push((write, Some(Condition::NotOptedOut)));
            }
            Err(e) => self.broken = Some(StoreError::unavailable(e)),
        }
        self
    }

    pub async fn commit(self) -> Result<Commit, StoreError> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        let (writes, conditions): (Vec<_>, Vec<_>) = self.writes.into_iter().unzip();
        let sent = self
            .scope
            .store
            .client
            .transact_write_items()
            .set_transact_items(Some(writes))
            .send()
            .await;

        match sent {
            Ok(_) => Ok(Commit::Done),
            Err(e) => refused(&e, &conditions).ok_or_else(|| StoreError::unavailable(e))?,
        }
    }

    fn put<T: Item>(
        mut self,
        key: &Key,
        version: u64,
        body: &T,
        on: impl FnOnce(PutBuilder) -> PutBuilder,
        condition: Condition,
    ) -> Self {
        match self.built(key, version, body, on) {
            Ok(write) => self.writes.push((write, Some(condition))),
            Err(e) => self.broken = Some(e),
        }
        self
    }

    fn built<T: Item>(
        &self,
        key: &Key,
        version: u64,
        body: &T,
        on: impl FnOnce(PutBuilder) -> PutBuilder,
    ) -> Result<TransactWriteItem, StoreError> {
        let item = encode(self.scope.tenant, key, version, body)?;
        let put = Put::builder().table_name(self.scope.store.table(T::TABLE)).set_item(Some(item));
        let put = on(put).build().map_err(StoreError::unavailable)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// What a cancelled transaction tells: which of our conditions failed, or that another
/// transaction was at the same items. `None` for any other failure.
fn refused<R>(
    error: &SdkError<TransactWriteItemsError, R>,
    conditions: &[Option<Condition>],
) -> Option<Result<Commit, StoreError>> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) =
        error.as_service_error()?
    else {
        return None;
    };
    let reasons = cancelled.cancellation_reasons();
    let failed: Vec<_> = reasons
        .iter()
        .zip(conditions)
        .filter(|(reason, _)| code(reason) == "ConditionalCheckFailed")
        .filter_map(|(_, condition)| *condition)
        .collect();
    if !failed.is_empty() {
        return Some(Ok(Commit::Refused(failed)));
    }
    let is_conflict = reasons.iter().any(|reason| code(reason) == "TransactionConflict");
    is_conflict.then_some(Err(StoreError::Conflict))
}

fn code(reason: &CancellationReason) -> &str {
    reason.code().unwrap_or_default()
}

#[cfg(test)]
mod tests;
