//! What a function is, and what it is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use domain::work::LEASE;

use super::{Declared, folders, pascal_case, resource_of, root};

#[test]
fn every_folder_is_a_function_and_every_function_a_folder() {
    let declared = Declared::read();
    let functions = declared.functions();

    let expected: Vec<_> =
        folders().iter().map(|it| (format!("{}Function", pascal_case(it)), it.clone())).collect();
    let found: Vec<_> = functions
        .iter()
        .map(|(name, it)| ((*name).to_owned(), it.crate_name().to_owned()))
        .collect();

    assert_eq!(found, expected);
    for function in functions.values() {
        assert_eq!(function.code_uri, format!("functions/{}", function.crate_name()));
    }
}

#[test]
fn every_function_is_a_rust_program_for_arm() {
    let declared = Declared::read();
    for (name, function) in declared.functions() {
        let method = declared.raw(name)["Metadata"]["BuildMethod"].as_str();

        assert_eq!(method, Some("rust-cargolambda"), "{name}");
        assert_eq!(function.properties["Architectures"], serde_json::json!(["arm64"]), "{name}");
        assert_eq!(function.properties["Runtime"], "provided.al2023", "{name}");
        assert_eq!(function.properties["Handler"], "bootstrap", "{name}");
    }
}

/// What a function is told is part of what it may know, so nothing is told to all of them.
#[test]
fn no_variable_is_told_to_every_function_alike() {
    let declared = Declared::read();
    let shared = &declared.raw["Globals"]["Function"];

    assert!(shared.get("Environment").is_none());
    assert!(shared.get("Policies").is_none());
}

#[test]
fn a_function_is_told_exactly_what_its_main_asks_for() {
    for (name, function) in Declared::read().functions() {
        let told: BTreeSet<_> = function.environment.keys().cloned().collect();
        assert_eq!(told, asked_for(function.crate_name()), "{name}");
    }
}

/// What a `main.rs`, and the `wiring.rs` beside a long one, asks `aws::Env` for.
fn asked_for(folder: &str) -> BTreeSet<String> {
    let source = root().join("functions").join(folder).join("src");
    let mut main = fs::read_to_string(source.join("main.rs")).unwrap();
    if main.contains("mod wiring;") {
        main += &fs::read_to_string(source.join("wiring.rs")).unwrap();
    }
    let mut names = BTreeSet::new();
    let asks =
        [".required(\"", ".optional(\"", ".queue(\"", ".parsed(\"", ".secret(\"", ".seal(\""];
    for ask in asks {
        let asked = main.split(ask).skip(1).filter_map(|it| it.split('"').next());
        names.extend(asked.map(str::to_owned));
    }
    let implied: [(&str, &[&str]); 6] = [
        (
            "Installing::of(",
            &[
                "CRM_QUEUE_URL",
                "GHL_BASE_URL",
                "GHL_CLIENT_ID",
                "GHL_CLIENT_SECRET",
                "GHL_CONVERSATION_PROVIDER_ID",
                "JOURNAL_TABLE",
                "PUBLIC_ORIGIN",
                "REPORTS_QUEUE_URL",
                "STATE_TABLE",
                "VAULT_KEY",
            ],
        ),
        (
            "Crm::of(",
            &["CRM_QUEUE_URL", "GHL_BASE_URL", "JOURNAL_TABLE", "STATE_TABLE", "VAULT_KEY"],
        ),
        (
            "Renewal::of(",
            &[
                "CRM_QUEUE_URL",
                "GHL_BASE_URL",
                "GHL_CLIENT_ID",
                "GHL_CLIENT_SECRET",
                "JOURNAL_TABLE",
                "PUBLIC_ORIGIN",
                "STATE_TABLE",
                "VAULT_KEY",
            ],
        ),
        (".store()", &["STATE_TABLE", "JOURNAL_TABLE"]),
        (".state()", &["STATE_TABLE"]),
        (".vault()", &["VAULT_KEY"]),
    ];
    for (ask, variables) in implied {
        if main.contains(ask) {
            names.extend(variables.iter().map(|&it| it.to_owned()));
        }
    }
    names
}

/// A queue's variable named after another queue would send every job astray.
#[test]
fn a_variable_means_the_resource_it_is_named_after() {
    let means = BTreeMap::from([
        ("STATE_TABLE", "${StateTable}"),
        ("JOURNAL_TABLE", "${JournalTable}"),
        ("VAULT_KEY", "${VaultKey.Arn}"),
        ("OPERATOR_KEY_SECRET", "${OperatorKeySecret}"),
        ("API_SECRET", "${ApiSecret}"),
        ("GHL_CLIENT_SECRET", "${GhlClientSecret}"),
        ("CRM_DEAD_LETTERS_URL", "${CrmDeadLetters}"),
        ("CRM_QUEUE_URL", "${CrmQueue}"),
        ("INBOUND_DEAD_LETTERS_URL", "${InboundDeadLetters}"),
        ("OUTBOUND_DEAD_LETTERS_URL", "${OutboundDeadLetters}"),
        ("REPORTS_DEAD_LETTERS_URL", "${ReportsDeadLetters}"),
        ("INBOUND_QUEUE_URL", "${InboundQueue}"),
        ("OUTBOUND_QUEUE_URL", "${OutboundQueue}"),
        ("REPORTS_QUEUE_URL", "${ReportsQueue}"),
        ("PUBLIC_ORIGIN", "https://duplex.test"),
    ]);
    for (name, function) in Declared::read().functions() {
        for (variable, value) in &function.environment {
            if let Some(expected) = means.get(variable.as_str()) {
                assert_eq!(value, expected, "{name} {variable}");
            } else {
                assert!(!value.contains("${"), "{name} {variable} names a resource we do not know");
            }
        }
    }
}

#[test]
fn every_function_writes_json_into_a_log_of_its_own_that_is_kept_as_long_as_the_parameter_says() {
    let declared = Declared::read();
    let logs = declared.resources("AWS::Logs::LogGroup");
    for (name, function) in declared.functions() {
        let own = name.replace("Function", "Logs");
        let reference = function.properties["LoggingConfig"]["LogGroup"].as_str().unwrap();

        assert_eq!(resource_of(reference), own);
        assert!(function.logs_json(), "{name}");
        let folder = function.crate_name();
        assert_eq!(
            logs[&*own]["LogGroupName"],
            format!("/aws/lambda/${{AWS::StackName}}-{folder}")
        );
    }
    for (name, log) in logs {
        assert_eq!(log["RetentionInDays"], "7", "{name}");
    }
}

/// Whoever claims a piece of work has it alone for that long.
#[test]
fn a_function_ends_before_its_lease_on_work_does() {
    for (name, function) in Declared::read().functions() {
        assert!(i64::from(function.timeout) < LEASE.as_secs(), "{name}");
    }
}

/// API Gateway itself would wait 30 seconds; whoever calls waits less.
#[test]
fn a_caller_gets_ten_seconds_a_batch_thirty_and_a_sweep_sixty() {
    let declared = Declared::read();
    let functions = declared.functions();
    for (name, function) in &functions {
        let expected = match *name {
            "InboundConsumerFunction"
            | "OutboundConsumerFunction"
            | "ReportConsumerFunction"
            | "CrmConsumerFunction" => 30,
            "SweeperFunction" | "TokenRefresherFunction" => 60,
            // A person waits for it who would otherwise have to consent again.
            "GhlOauthFunction" => 20,
            // API Gateway waits thirty seconds for it, and whoever erases a lot waits with it.
            "ApiFunction" => 28,
            _ => 10,
        };
        assert_eq!(function.timeout, expected, "{name}");
    }
}
