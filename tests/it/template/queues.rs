//! How work waits, who takes it, and where it goes when nobody can do it.

use std::{collections::BTreeMap, fs};

use local::template::Event;
use serde_json::json;

use super::{Declared, root};

const FOURTEEN_DAYS: u64 = 14 * 24 * 60 * 60;

#[test]
fn there_are_four_queues_for_work_each_with_dead_letters_of_its_own() {
    let declared = Declared::read();
    let expected = ["Crm", "Inbound", "Outbound", "Reports"]
        .map(|it| (format!("{it}Queue"), format!("{it}DeadLetters")));

    let all = declared.resources("AWS::SQS::Queue").len();

    assert_eq!(declared.work_queues(), BTreeMap::from(expected));
    assert_eq!(all, 8);
}

#[test]
fn every_queue_is_fifo_and_encrypted() {
    for (name, queue) in Declared::read().resources("AWS::SQS::Queue") {
        assert_eq!(queue["FifoQueue"], true, "{name}");
        assert_eq!(queue["SqsManagedSseEnabled"], true, "{name}");
        assert!(queue["QueueName"].as_str().unwrap().rsplit('.').next() == Some("fifo"), "{name}");
    }
}

/// Two jobs with one body may be two pieces of work; the sender says which are the same.
#[test]
fn no_queue_guesses_from_the_body_what_is_a_repetition() {
    for (name, queue) in Declared::read().resources("AWS::SQS::Queue") {
        assert!(queue.get("ContentBasedDeduplication").is_none(), "{name}");
    }
}

#[test]
fn order_and_throughput_belong_to_a_conversation() {
    let declared = Declared::read();
    for name in declared.work_queues().keys() {
        let queue = declared.queue(name);
        assert_eq!(queue["DeduplicationScope"], "messageGroup", "{name}");
        assert_eq!(queue["FifoThroughputLimit"], "perMessageGroupId", "{name}");
    }
}

/// AWS's own figure: a batch that is retried while its first run is still at it does work twice.
#[test]
fn work_stays_hidden_for_six_runs_of_its_consumer() {
    let declared = Declared::read();
    let functions = declared.functions();
    for (queue, consumer) in declared.consumers() {
        let visibility = declared.queue(&queue)["VisibilityTimeout"].as_u64().unwrap();
        assert!(visibility >= 6 * u64::from(functions[&*consumer].timeout), "{queue}");
    }
}

/// On the last try `aws::queue::work` leaves a job to the sweeper. It must come to that.
#[test]
fn a_job_is_left_to_the_sweeper_before_it_becomes_a_dead_letter() {
    let declared = Declared::read();
    let last_try = constant("shared/aws/src/queue/work.rs", "const LAST_TRY: u32 = ");

    for name in declared.work_queues().keys() {
        let limit = &declared.queue(name)["RedrivePolicy"]["maxReceiveCount"];
        assert_eq!(limit, 100, "{name}");
        assert!(last_try < limit.as_u64().unwrap());
    }
}

/// The last job that is begun may have to wait for a stranger who does not answer.
#[test]
fn a_run_stops_beginning_work_while_there_is_time_to_end_it() {
    let declared = Declared::read();
    let functions = declared.functions();
    let budget = "const BUDGET: Duration = Duration::from_secs(";
    let of_a_batch = constant("shared/aws/src/queue/work.rs", budget);
    let of_a_sweep = constant("functions/sweeper/src/lib.rs", budget);
    let patience = egress::Limits::default().total.as_secs();

    for (_, consumer) in declared.consumers() {
        assert!(of_a_batch + patience < u64::from(functions[&*consumer].timeout), "{consumer}");
    }
    assert!(of_a_sweep < u64::from(functions["SweeperFunction"].timeout));
}

/// A number that is private to its file: what stands behind `declaration` there.
fn constant(file: &str, declaration: &str) -> u64 {
    let source = fs::read_to_string(root().join(file)).unwrap();
    let (_, after) = source.split_once(declaration).unwrap_or_else(|| panic!("{file}: no number"));
    after.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default().parse().unwrap()
}

#[test]
fn dead_letters_are_kept_as_long_as_there_is_and_go_nowhere() {
    let declared = Declared::read();
    for (queue, dead_letters) in declared.work_queues() {
        let declared = declared.queue(&dead_letters);
        assert_eq!(declared["MessageRetentionPeriod"], FOURTEEN_DAYS, "{dead_letters}");
        assert!(declared.get("RedrivePolicy").is_none(), "{dead_letters}");
        if let Some(allow) = declared.get("RedriveAllowPolicy") {
            let from_it = json!([format!("${{{queue}.Arn}}")]);
            assert_eq!(allow["redrivePermission"], "byQueue", "{dead_letters}");
            assert_eq!(allow["sourceQueueArns"], from_it, "{dead_letters}");
        }
    }
}

#[test]
fn every_queue_has_one_consumer_and_every_consumer_one_queue() {
    let declared = Declared::read();
    let mut consumers = declared.consumers();
    consumers.sort();

    let expected = [
        ("CrmQueue", "CrmConsumerFunction"),
        ("InboundQueue", "InboundConsumerFunction"),
        ("OutboundQueue", "OutboundConsumerFunction"),
        ("ReportsQueue", "ReportConsumerFunction"),
    ];

    assert_eq!(consumers, expected.map(|(queue, it)| (queue.to_owned(), it.to_owned())));
}

/// Forgetting `ReportBatchItemFailures` silently loses work.
#[test]
fn a_consumer_names_the_jobs_that_failed_and_is_not_run_without_limit() {
    let declared = Declared::read();
    for (name, function) in declared.functions() {
        for event in function.events.values() {
            let Event::Queue { batch_size, scaling_config, .. } = event else { continue };
            assert!(event.reports_failures(), "{name}");
            assert!(*batch_size <= 10, "{name}");
            assert_eq!(*scaling_config, Some(json!({ "MaximumConcurrency": "77" })), "{name}");
        }
    }
}
