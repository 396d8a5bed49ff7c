//! Who is told when something breaks.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use super::{Declared, GIVEN, root};

fn alarms(declared: &Declared) -> Vec<Value> {
    declared.resources("AWS::CloudWatch::Alarm").into_values().collect()
}

fn dimension(alarm: &Value) -> &Value {
    &alarm["Dimensions"][0]["Value"]
}

#[test]
fn every_alarm_goes_to_the_topic() {
    let declared = Declared::read();
    let (_, topic) = GIVEN[3];
    for (name, alarm) in declared.resources("AWS::CloudWatch::Alarm") {
        assert_eq!(alarm["AlarmActions"], json!([topic]), "{name}");
        assert!(alarm["AlarmDescription"].is_string(), "{name}");
    }
}

#[test]
fn the_first_dead_letter_raises_an_alarm() {
    let declared = Declared::read();
    let alarms = alarms(&declared);
    for dead_letters in declared.work_queues().values() {
        let name = format!("${{{dead_letters}.QueueName}}");
        let alarm = alarms.iter().find(|it| *dimension(it) == name).unwrap();

        assert_eq!(alarm["MetricName"], "ApproximateNumberOfMessagesVisible", "{dead_letters}");
        assert_eq!(alarm["ComparisonOperator"], "GreaterThanThreshold", "{dead_letters}");
        assert_eq!(alarm["Threshold"], 0, "{dead_letters}");
        assert_eq!(alarm["EvaluationPeriods"], 1, "{dead_letters}");
    }
}

#[test]
fn work_that_waits_too_long_raises_an_alarm() {
    let declared = Declared::read();
    let alarms = alarms(&declared);
    for queue in declared.work_queues().keys() {
        let name = format!("${{{queue}.QueueName}}");
        let alarm = alarms.iter().find(|it| *dimension(it) == name).unwrap();

        assert_eq!(alarm["MetricName"], "ApproximateAgeOfOldestMessage", "{queue}");
        assert_eq!(alarm["Threshold"], 300, "{queue}");
    }
}

/// What an alarm's metrics look at, and for which function.
fn watched(alarm: &Value) -> Vec<(&str, &str)> {
    let metrics = alarm["Metrics"].as_array().into_iter().flatten();
    let metrics = metrics.filter_map(|it| {
        let metric = &it["MetricStat"]["Metric"];
        Some((metric["MetricName"].as_str()?, metric["Dimensions"][0]["Value"].as_str()?))
    });
    metrics.collect()
}

#[test]
fn every_function_that_crashes_or_cannot_start_raises_an_alarm() {
    let declared = Declared::read();
    let alarms = declared.resources("AWS::CloudWatch::Alarm");
    for name in declared.functions().into_keys() {
        let alarm = &alarms[&*name.replace("Function", "Alarm")];
        let own = format!("${{{name}}}");

        assert_eq!(watched(alarm), [("Errors", &*own), ("Throttles", &*own)], "{name}");
        assert_eq!(alarm["Metrics"][0]["Expression"], "errors + throttles", "{name}");
        assert_eq!(alarm["Threshold"], 0, "{name}");
    }
}

/// Nothing would be lost, and nobody would notice.
#[test]
fn a_sweeper_that_does_not_run_raises_an_alarm() {
    let declared = Declared::read();
    let alarm = declared.resources("AWS::CloudWatch::Alarm")["SweeperStoppedAlarm"].clone();

    assert_eq!(*dimension(&alarm), "${SweeperFunction}");
    assert_eq!(alarm["MetricName"], "Invocations");
    assert_eq!(alarm["ComparisonOperator"], "LessThanThreshold");
    assert_eq!(alarm["TreatMissingData"], "breaching");
}

/// To Lambda a refusal is a success, so it shows at the API alone.
#[test]
fn an_edge_that_cannot_keep_what_arrives_raises_an_alarm() {
    let declared = Declared::read();
    let alarm = declared.resources("AWS::CloudWatch::Alarm")["GatewayAlarm"].clone();

    assert_eq!((&alarm["MetricName"], dimension(&alarm)), (&json!("5xx"), &json!("${Api}")));
}

/// The names that our code counts under.
fn counted() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in ["functions", "shared"] {
        for source in sources(&root().join(folder)) {
            for (_, rest) in source
                .match_indices("metrics::count(")
                .map(|(at, it)| source.split_at(at + it.len()))
            {
                let arguments = rest.split_once(");").map_or(rest, |(it, _)| it);
                names.extend(arguments.split('"').skip(1).step_by(2).map(str::to_owned));
            }
        }
    }
    names
}

fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    entries
        .flat_map(|path| match path.extension() {
            Some(it) if it == "rs" => vec![fs::read_to_string(&path).unwrap()],
            _ if path.is_dir() => sources(&path),
            _ => Vec::new(),
        })
        .collect()
}

/// An alarm on a name that nobody counts under would never ring.
#[test]
fn what_alarms_look_at_is_counted_and_what_is_counted_is_explained() {
    let counted = counted();
    let declared = Declared::read();
    let ours: Vec<_> =
        alarms(&declared).into_iter().filter(|it| it["Namespace"] == "Duplex").collect();
    assert!(ours.len() > 5, "{ours:?}");
    for alarm in &ours {
        let name = alarm["MetricName"].as_str().unwrap();
        assert!(counted.contains(name), "nobody counts {name}");
    }
    let handbook = fs::read_to_string(root().join("docs/operating.md")).unwrap();
    for name in &counted {
        assert!(handbook.contains(&format!("`{name}`")), "docs/operating.md leaves out {name}");
    }
}
