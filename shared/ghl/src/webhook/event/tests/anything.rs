//! What is strange, and what nobody has thought of: it breaks nothing.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{super::MarketplaceEvent, TYPES, bytes, event, index, read, sample};

#[test]
fn strange_values_are_taken_for_missing() {
    let strange = json!({ "a": [7, null] });
    for (kind, _, _) in TYPES {
        let plain = event(&json!({ "type": kind }));
        let body = json!({
            "type": kind, "locationId": strange, "companyId": 7, "webhookId": "a b",
            "timestamp": "yesterday", "id": "", "contactId": null, "dnd": "maybe",
            "dndSettings": [], "tags": [7], "appointment": "none", "body": 7, "to": [strange],
            "monetaryValue": "lots", "customFields": { "id": 7 }, "trial": true,
            "unreadCount": -1, "phone": 7, "users": strange, "messageTypeId": 1.5,
        });
        assert_eq!(event(&body), plain, "{kind}");
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|it| Value::from(f64::from(it) / 8.0)),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,8}", inner, 0..4)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

/// The names of all fields that any sample has.
fn names() -> Vec<String> {
    let mut names = BTreeSet::new();
    for (file, _) in index() {
        let body: Value = serde_json::from_slice(&bytes(&file)).unwrap();
        names.extend(body.as_object().unwrap().keys().cloned());
    }
    names.into_iter().collect()
}

/// Puts a field into an object and into every object within it that is not a map of names.
fn add(body: &mut Value, name: &str, value: &Value) {
    let Value::Object(fields) = body else { return };
    for (within, it) in fields.iter_mut() {
        if within == "dndSettings" {
            it.as_object_mut().unwrap().values_mut().for_each(|it| add(it, name, value));
        } else {
            add(it, name, value);
        }
    }
    fields.insert(name.to_owned(), value.clone());
}

proptest! {
    #[test]
    fn no_bytes_can_break_the_reading(body: Vec<u8>) {
        let _ = read(&body);
    }

    #[test]
    fn no_json_can_break_the_reading_or_the_storing(
        kind in prop::sample::select(TYPES),
        fields in prop::collection::btree_map(prop::sample::select(names()), json(), 0..12),
    ) {
        let mut body: serde_json::Map<String, Value> = fields.into_iter().collect();
        body.insert("type".to_owned(), json!(kind.0));
        let event = event(&Value::Object(body));

        let stored = serde_json::to_string(&event).unwrap();
        prop_assert_eq!(serde_json::from_str::<MarketplaceEvent>(&stored).unwrap(), event);
    }

    #[test]
    fn a_field_that_we_do_not_know_changes_nothing(
        (file, _) in prop::sample::select(index()).prop_filter("typed", |it| it.1.is_some()),
        name in "zz\\PC{0,8}",
        value in json(),
    ) {
        let mut body: Value = serde_json::from_slice(&bytes(&file)).unwrap();
        add(&mut body, &name, &value);
        prop_assert_eq!(event(&body), sample(&file));
    }
}
