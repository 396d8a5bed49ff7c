//! What each function may do: what its code does, and nothing else.
//!
//! [`DOES`](does::DOES) is read off the code by hand. When the code does something new, say so there first;
//! [`super::calls`] tells when `aws` learns a new call.

mod does;

use std::collections::{BTreeMap, BTreeSet};

use local::template::Function;
use serde_json::{Value, json};

use self::does::{CONSUMING, DOES};
use super::{Declared, resource_of, texts};

pub(super) fn statements(function: &Function) -> Vec<&Value> {
    function
        .policies
        .iter()
        .flat_map(|it| it["Statement"].as_array().into_iter().flatten())
        .collect()
}

pub(super) fn is_allow(statement: &Value) -> bool {
    statement["Effect"] == "Allow"
}

/// Every action with every resource that it is allowed on.
fn allowed(function: &Function) -> BTreeSet<(String, String)> {
    let pairs = |it: &Value| -> Vec<_> {
        let resources = texts(&it["Resource"]);
        let actions = texts(&it["Action"]).into_iter();
        let all =
            actions.flat_map(|a| resources.iter().map(move |r| (a.to_owned(), (*r).to_owned())));
        all.collect()
    };
    statements(function).into_iter().filter(|it| is_allow(it)).flat_map(pairs).collect()
}

#[test]
fn a_function_may_do_exactly_what_it_does() {
    let declared = Declared::read();
    let does: BTreeMap<_, _> = DOES.into_iter().collect();
    let functions = declared.functions();

    assert!(functions.keys().eq(does.keys()));
    for (name, function) in functions {
        let needed: BTreeSet<_> = does[name].iter().flat_map(|it| it.needs()).collect();
        assert_eq!(allowed(&function), needed, "{name}");
    }
}

#[test]
fn no_function_borrows_a_policy_that_is_written_elsewhere() {
    let declared = Declared::read();
    for (name, function) in declared.functions() {
        for policy in &function.policies {
            let parts = policy.as_object().into_iter().flat_map(|it| it.keys());
            let parts: BTreeSet<_> = parts.map(String::as_str).collect();
            assert_eq!(parts, BTreeSet::from(["Statement", "Version"]), "{name}: {policy}");
        }
        assert!(!function.properties.contains_key("Role"), "{name}");
    }
    assert!(declared.resources("AWS::IAM::Role").is_empty());
    assert!(declared.resources("AWS::IAM::Policy").is_empty());
}

#[test]
fn every_permission_is_for_one_resource_of_this_stack() {
    let declared = Declared::read();
    for (name, function) in declared.functions() {
        for (action, resource) in allowed(&function) {
            assert!(
                !action.contains('*') && !resource.contains('*'),
                "{name}: {action} {resource}"
            );
            assert!(
                declared.template.resources.contains_key(&resource_of(&resource)),
                "{resource}"
            );
        }
        for statement in statements(&function).into_iter().filter(|it| is_allow(it)) {
            assert!(statement.get("NotAction").is_none() && statement.get("NotResource").is_none());
        }
    }
}

#[test]
fn a_function_may_use_what_it_is_told_of_and_is_told_of_what_it_may_use() {
    let declared = Declared::read();
    for (name, function) in declared.functions() {
        let references = function.environment.values().filter(|it| it.starts_with("${"));
        let told: BTreeSet<_> = references.map(|it| resource_of(it)).collect();
        let may_use: BTreeSet<_> =
            allowed(&function).iter().map(|(_, it)| resource_of(it)).collect();
        assert_eq!(told, may_use, "{name}");
    }
}

#[test]
fn nobody_reads_a_whole_table_and_only_the_api_deletes_an_item() {
    for (name, function) in Declared::read().functions() {
        for (action, _) in allowed(&function) {
            let is_forbidden = matches!(
                action.as_str(),
                "dynamodb:Scan" | "dynamodb:BatchWriteItem" | "dynamodb:BatchGetItem"
            ) || action.starts_with("dynamodb:PartiQL");
            assert!(!is_forbidden, "{name}: {action}");
            assert!(action != "dynamodb:DeleteItem" || name == "ApiFunction", "{name}: {action}");
        }
    }
}

/// What is due is the work of every tenant.
#[test]
fn only_the_sweeper_sees_what_is_due() {
    let declared = Declared::read();
    let functions = declared.functions();
    let sees =
        |function: &Function| allowed(function).iter().any(|(_, it)| it.ends_with("/index/due"));
    let who: Vec<_> = functions.iter().filter(|(_, it)| sees(it)).map(|(name, _)| *name).collect();

    assert_eq!(who, ["SweeperFunction"]);
}

/// SAM gives every consumer a managed policy that may receive from all queues of the account.
#[test]
fn a_consumer_denies_itself_every_queue_but_its_own() {
    let declared = Declared::read();
    let consumers: BTreeMap<_, _> =
        declared.consumers().into_iter().map(|(queue, function)| (function, queue)).collect();
    for (name, function) in declared.functions() {
        let denied: Vec<_> =
            statements(&function).into_iter().filter(|it| !is_allow(it)).cloned().collect();
        let Some(queue) = consumers.get(name) else {
            assert!(denied.is_empty(), "{name}");
            continue;
        };
        let expected = json!({
            "Sid": "NoOtherQueue",
            "Effect": "Deny",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            "NotResource": format!("${{{queue}.Arn}}"),
        });
        assert_eq!(denied, [expected], "{name}");
    }
}

/// An operator may look at dead letters through the API, and nothing else that is called from
/// outside takes anything from a queue.
#[test]
fn nothing_that_the_world_calls_takes_from_a_queue_of_work() {
    for (name, function) in Declared::read().functions() {
        let takes: Vec<_> = allowed(&function)
            .into_iter()
            .filter(|(action, _)| CONSUMING.contains(&action.as_str()))
            .collect();
        if name == "ApiFunction" {
            assert!(takes.iter().all(|(_, it)| it.contains("DeadLetters")), "{takes:?}");
        } else {
            assert_eq!(!takes.is_empty(), name.contains("Consumer"), "{name}");
        }
    }
}
