//! Who is told when something breaks.

use serde_json::{Value, json};

use super::{Declared, GIVEN};

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
