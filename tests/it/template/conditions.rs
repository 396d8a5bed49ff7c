//! On what conditions a function may do what it may.

use serde_json::json;

use super::{
    Declared,
    permissions::{is_allow, statements},
    texts,
};

#[test]
fn a_data_key_is_opened_in_the_name_of_a_tenant_only() {
    for (name, function) in Declared::read().functions() {
        let statements = statements(&function).into_iter().filter(|it| is_allow(it));
        let (with_key, others): (Vec<_>, Vec<_>) =
            statements.partition(|it| texts(&it["Action"]).iter().any(|it| it.starts_with("kms:")));

        assert_eq!(with_key.len(), usize::from(function.environment.contains_key("VAULT_KEY")));
        let tenant =
            json!({ "ForAnyValue:StringEquals": { "kms:EncryptionContextKeys": "tenant" } });
        assert!(with_key.iter().all(|it| it["Condition"] == tenant), "{name}");
        for statement in others {
            let is_narrowed = name == "AuthorizerFunction" && statement["Sid"] == "FindKeys";
            assert_eq!(statement.get("Condition").is_some(), is_narrowed, "{name}: {statement}");
        }
    }
}

/// What it reads leads from a key to its owner. Of what tenants have, it can read nothing.
#[test]
fn the_authorizer_finds_keys_and_nothing_else() {
    let declared = Declared::read();
    let functions = declared.functions();
    let reads: Vec<_> = statements(&functions["AuthorizerFunction"])
        .into_iter()
        .filter(|it| texts(&it["Action"]).iter().any(|it| it.starts_with("dynamodb:")))
        .collect();

    let keys = json!({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": "ROUTE#apikey#*" } });
    assert_eq!(reads.len(), 1);
    assert_eq!(reads[0]["Condition"], keys);
}
