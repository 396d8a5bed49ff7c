//! Where everything is kept.

use serde_json::{Value, json};

use super::{Declared, texts};

#[test]
fn there_is_a_table_for_what_is_and_one_for_what_happened() {
    let declared = Declared::read();
    let tables = declared.resources("AWS::DynamoDB::Table");

    assert_eq!(tables.keys().copied().collect::<Vec<_>>(), ["JournalTable", "StateTable"]);
    for (name, table) in tables {
        let keys = json!([
            { "AttributeName": "pk", "KeyType": "HASH" },
            { "AttributeName": "sk", "KeyType": "RANGE" },
        ]);
        assert_eq!(table["KeySchema"], keys, "{name}");
        assert_eq!((attribute(&table, "pk"), attribute(&table, "sk")), ("S", "S"), "{name}");
        assert_eq!(table["BillingMode"], "PAY_PER_REQUEST", "{name}");
    }
}

#[test]
fn tables_and_key_outlive_the_stack() {
    let declared = Declared::read();
    for name in ["StateTable", "JournalTable", "VaultKey"] {
        let raw = declared.raw(name);
        assert_eq!(raw["DeletionPolicy"].as_str(), Some("Retain"), "{name}");
        assert_eq!(raw["UpdateReplacePolicy"].as_str(), Some("Retain"), "{name}");
    }
}

#[test]
fn a_table_can_be_put_back_to_any_moment_and_forgets_what_has_expired() {
    let declared = Declared::read();
    for (name, table) in declared.template.tables(&declared.values).unwrap() {
        assert!(table.has_point_in_time_recovery, "{name}");
        assert_eq!(table.time_to_live.as_deref(), Some("expires_at"), "{name}");
        assert_eq!(table.properties["TimeToLiveSpecification"]["Enabled"], true, "{name}");
    }
}

/// The sweeper reads this index, so it holds nothing that somebody said.
#[test]
fn both_tables_list_what_is_due_with_its_job_and_nothing_else() {
    for (name, table) in Declared::read().resources("AWS::DynamoDB::Table") {
        let due = index(&table, "due").unwrap();
        let projection = json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": ["wake"] });

        assert_eq!(due["KeySchema"], keys("due_pk", "due_at"), "{name}");
        assert_eq!(due["Projection"], projection, "{name}");
        let types = (attribute(&table, "due_pk"), attribute(&table, "due_at"));
        assert_eq!(types, ("S", "N"), "{name}");
    }
}

#[test]
fn what_waits_and_what_is_listed_have_indexes_of_their_own() {
    let declared = Declared::read();
    let tables = declared.resources("AWS::DynamoDB::Table");
    for (name, shown) in [("StateTable", "ALL"), ("JournalTable", "KEYS_ONLY")] {
        let table = &tables[name];
        for (list, shown) in [("parked", "KEYS_ONLY"), ("recent", shown)] {
            let (pk, at) = (format!("{list}_pk"), format!("{list}_at"));
            let found = index(table, list).unwrap();
            assert_eq!(found["KeySchema"], keys(&pk, &at), "{name} {list}");
            assert_eq!(found["Projection"], json!({ "ProjectionType": shown }), "{name} {list}");
            assert_eq!((attribute(table, &pk), attribute(table, &at)), ("S", "N"), "{name} {list}");
        }
        assert_eq!(table["GlobalSecondaryIndexes"].as_array().unwrap().len(), 3, "{name}");
    }
}

#[test]
fn the_key_is_rotated_and_its_policy_gives_nothing_wholesale() {
    let declared = Declared::read();
    let key = declared.resources("AWS::KMS::Key")["VaultKey"].clone();
    let statements = key["KeyPolicy"]["Statement"].as_array().unwrap();

    assert_eq!(key["EnableKeyRotation"], true);
    for statement in statements {
        let actions = texts(&statement["Action"]);
        assert!(
            actions.iter().all(|it| it.starts_with("kms:") && !it.contains('*')),
            "{actions:?}"
        );
    }
}

/// Whoever administers the account may administer the key, which opens nothing.
#[test]
fn nobody_uses_the_key_but_in_the_name_of_a_tenant() {
    let declared = Declared::read();
    let key = declared.resources("AWS::KMS::Key")["VaultKey"].clone();
    let tenant = json!({ "ForAnyValue:StringEquals": { "kms:EncryptionContextKeys": "tenant" } });
    let uses = |it: &&str| {
        ["Encrypt", "Decrypt", "ReEncrypt", "Generate", "CreateGrant", "Sign"]
            .iter()
            .any(|verb| it.trim_start_matches("kms:").starts_with(verb))
    };
    for statement in key["KeyPolicy"]["Statement"].as_array().unwrap() {
        if texts(&statement["Action"]).iter().any(uses) {
            assert_eq!(statement["Condition"], tenant);
        }
    }
}

fn index<'a>(table: &'a Value, name: &str) -> Option<&'a Value> {
    table["GlobalSecondaryIndexes"].as_array()?.iter().find(|it| it["IndexName"] == name)
}

fn keys(hash: &str, range: &str) -> Value {
    json!([
        { "AttributeName": hash, "KeyType": "HASH" },
        { "AttributeName": range, "KeyType": "RANGE" },
    ])
}

fn attribute<'a>(table: &'a Value, name: &str) -> &'a str {
    let mut defined = table["AttributeDefinitions"].as_array().into_iter().flatten();
    let found = defined.find(|it| it["AttributeName"] == name);
    found.and_then(|it| it["AttributeType"].as_str()).unwrap_or("undefined")
}
