//! The stored form of everything. Items of these forms lie in people's tables: what fails here
//! would make them unreadable, or would lose sight of them.

mod consent;
mod events;
mod keeping;
mod messages;
mod telling;

use serde_json::Value;

use super::*;

const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);
const NOON_MILLIS: i64 = 1_767_268_800_000;
const NOON_TEXT: &str = "2026-01-01T12:00:00Z";

fn acme() -> TenantId {
    TenantId::parse("acme").unwrap()
}

/// The item as it is stored. It can be read again, and says the same.
fn stored<T: Item + PartialEq + fmt::Debug>(key: &Key, body: &T) -> Value {
    let item = encode(&acme(), key, 1, body).unwrap();
    assert_eq!(decode::<T>(item.clone()).unwrap().body, *body);
    serde_dynamo::from_item(item).unwrap()
}
