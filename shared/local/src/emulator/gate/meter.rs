//! Counts the calls of each operation and adds up the capacity that they consumed.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

/// What the calls of one operation came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Every call, the failed ones too.
    pub calls: u64,
    /// Capacity units of the calls that succeeded. A refused condition has a price as well, which
    /// DynamoDB does not tell.
    pub read_units: f64,
    pub write_units: f64,
}

/// The usage of every operation so far.
#[derive(Debug, Default)]
pub struct Meter {
    operations: Mutex<BTreeMap<String, Usage>>,
}

impl Meter {
    /// The usage of each operation that was called.
    pub fn read(&self) -> BTreeMap<String, Usage> {
        self.lock().clone()
    }

    /// The usage of all operations together.
    pub fn total(&self) -> Usage {
        self.lock().values().fold(Usage::default(), |sum, it| Usage {
            calls: sum.calls + it.calls,
            read_units: sum.read_units + it.read_units,
            write_units: sum.write_units + it.write_units,
        })
    }

    pub fn reset(&self) {
        self.lock().clear();
    }

    pub(super) fn count(&self, operation: &str) {
        self.lock().entry(operation.to_owned()).or_default().calls += 1;
    }

    /// Adds what an answer says of the capacity that its call consumed.
    pub(super) fn charge(&self, operation: &str, answer: &[u8]) {
        let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return };
        let units = consumed(&answer["ConsumedCapacity"]);
        let mut operations = self.lock();
        let usage = operations.entry(operation.to_owned()).or_default();
        if is_read(operation) {
            usage.read_units += units;
        } else {
            usage.write_units += units;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Usage>> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a call of this operation says, when asked, what it consumed.
pub(super) fn has_a_price(operation: &str) -> bool {
    is_read(operation)
        || matches!(
            operation,
            "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems"
        )
}

fn is_read(operation: &str) -> bool {
    matches!(operation, "GetItem" | "Query" | "Scan" | "BatchGetItem" | "TransactGetItems")
}

/// The sum over the tables: operations on several answer with a list.
fn consumed(capacity: &Value) -> f64 {
    match capacity {
        Value::Array(tables) => tables.iter().map(consumed).sum(),
        one => one["CapacityUnits"].as_f64().unwrap_or_default(),
    }
}
