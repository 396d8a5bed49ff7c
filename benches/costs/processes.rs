//! The real programs, as they would be deployed but for the processor: their size, how long they
//! take to start, and the processor time of one event.

use std::{collections::BTreeMap, path::Path, process::Command, time::Duration};

use aws_lambda_events::sqs::SqsMessage;
use serde_json::{Value, json};

use world::{ANNA, World};

use crate::{process::Process, table};

const STARTS: usize = 9;
const WARM_UP: usize = 20;
const EVENTS: usize = 200;

const FUNCTIONS: [(&str, &str); 15] = [
    ("api", "ApiFunction"),
    ("authorizer", "AuthorizerFunction"),
    ("texting-webhook", "TextingWebhookFunction"),
    ("telnyx-webhook", "TelnyxWebhookFunction"),
    ("twilio-webhook", "TwilioWebhookFunction"),
    ("aloware-webhook", "AlowareWebhookFunction"),
    ("ghl-delivery", "GhlDeliveryFunction"),
    ("ghl-oauth", "GhlOauthFunction"),
    ("ghl-webhook", "GhlWebhookFunction"),
    ("inbound-consumer", "InboundConsumerFunction"),
    ("outbound-consumer", "OutboundConsumerFunction"),
    ("report-consumer", "ReportConsumerFunction"),
    ("crm-consumer", "CrmConsumerFunction"),
    ("sweeper", "SweeperFunction"),
    ("token-refresher", "TokenRefresherFunction"),
];

pub(crate) async fn report() {
    build();
    starts().await;
    events().await;
}

/// With the profile that `sam build` uses, for this machine's processor.
fn build() {
    let packages = FUNCTIONS.iter().flat_map(|(name, _)| ["--package", name]);
    let functions: Vec<_> = ["build", "--release", "--bins"].into_iter().chain(packages).collect();
    for arguments in [functions.as_slice(), &["build", "--release", "--example", "no-op"]] {
        let done = Command::new(env!("CARGO"))
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .unwrap();
        assert!(done.success(), "the release build failed");
    }
}

fn program(name: &str) -> std::path::PathBuf {
    // This program lies in target/release/deps.
    let release = std::env::current_exe().unwrap();
    let release = release.ancestors().nth(2).unwrap();
    if name == "no-op" { release.join("examples").join(name) } else { release.join(name) }
}

async fn starts() {
    let world = World::new().await;
    let nothing = BTreeMap::new();
    let (size_of_nothing, start_of_nothing) = start(&program("no-op"), &nothing).await;
    let mut rows = vec![row("no-op", (size_of_nothing, start_of_nothing), start_of_nothing)];
    for (name, function) in FUNCTIONS {
        let measured = start(&program(name), world.environment(function)).await;
        rows.push(row(name, measured, start_of_nothing));
    }
    let head = ["function", "size, MB", "start, ms", "of no-op's"];
    table::print("Size of the program, and its start until it asks for an event", &head, &rows);
    println!("\nStart: the median of {STARTS}, with the program in the file cache.");
}

fn row(name: &str, (size, start): (u64, Duration), of: Duration) -> Vec<String> {
    #[expect(clippy::cast_precision_loss, reason = "megabytes with one decimal")]
    let size = format!("{:.1}", size as f64 / 1e6);
    let start_ms = format!("{:.1}", start.as_secs_f64() * 1e3);
    vec![
        name.to_owned(),
        size,
        start_ms,
        format!("{:.1} x", start.as_secs_f64() / of.as_secs_f64()),
    ]
}

async fn start(program: &Path, environment: &BTreeMap<String, String>) -> (u64, Duration) {
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(Process::start(program, environment).await.started_in);
    }
    starts.sort();
    (std::fs::metadata(program).unwrap().len(), starts[STARTS / 2])
}

/// Feeds each function what it would get, from the deliveries of the simulators to the jobs that
/// they lead to.
async fn events() {
    let world = World::with(|ghl| ghl.limits.per_interval = u32::MAX).await;
    let mut rows = Vec::new();
    let mut nothing = Process::start(&program("no-op"), &BTreeMap::new()).await;
    let events: Vec<_> =
        (0..EVENTS + WARM_UP).map(|n| post("/", "text/plain", &n.to_string())).collect();
    let of = measure("no-op", &mut nothing, events, &mut rows, None).await;

    let webhook = texts(&world);
    let mut process =
        Process::start(&program("texting-webhook"), world.environment("TextingWebhookFunction"))
            .await;
    measure("texting-webhook, a text", &mut process, webhook, &mut rows, Some(of)).await;

    let jobs = world.jobs("Inbound").await.iter().map(batch).collect();
    let mut process =
        Process::start(&program("inbound-consumer"), world.environment("InboundConsumerFunction"))
            .await;
    measure("inbound-consumer, a text", &mut process, jobs, &mut rows, Some(of)).await;

    for n in 0..EVENTS + WARM_UP {
        world.agent_sends(&phone(n), "a reply").await;
    }
    let jobs = world.jobs("Outbound").await.iter().map(batch).collect();
    let mut process = Process::start(
        &program("outbound-consumer"),
        world.environment("OutboundConsumerFunction"),
    )
    .await;
    measure("outbound-consumer, a reply", &mut process, jobs, &mut rows, Some(of)).await;
    world.forget();

    let head = ["function and event", "processor, ms", "of no-op's", "peak memory, MB"];
    table::print("Processor time of one event, in a warm function", &head, &rows);
    println!("\nThe mean of {EVENTS} events, one at a time, after {WARM_UP} that warm up.");
}

async fn measure(
    what: &str,
    process: &mut Process,
    events: Vec<Value>,
    rows: &mut Vec<Vec<String>>,
    of: Option<Duration>,
) -> Duration {
    assert!(events.len() >= EVENTS + WARM_UP, "{what}: {} events", events.len());
    let mut events = events.into_iter();
    for event in events.by_ref().take(WARM_UP) {
        succeeds(what, &process.handle(event).await);
    }
    let before = process.processor_time();
    for event in events.take(EVENTS) {
        succeeds(what, &process.handle(event).await);
    }
    let took = process.processor_time().saturating_sub(before);
    let each = took / u32::try_from(EVENTS).unwrap();
    let of = of.unwrap_or(each);
    #[expect(clippy::cast_precision_loss, reason = "megabytes with one decimal")]
    let memory = process.peak_memory() as f64 / 1e6;
    rows.push(vec![
        what.to_owned(),
        format!("{:.2}", each.as_secs_f64() * 1e3),
        format!("{:.1} x", each.as_secs_f64() / of.as_secs_f64()),
        format!("{memory:.1}"),
    ]);
    each
}

fn succeeds(what: &str, answer: &Value) {
    let is_ok = answer["statusCode"].as_u64().is_none_or(|it| it == 200);
    let none_failed = answer["batchItemFailures"].as_array().is_none_or(Vec::is_empty);
    assert!(is_ok && none_failed, "{what}: {answer}");
}

/// Texts of the Texting provider, each from a person of its own.
fn texts(world: &World) -> Vec<Value> {
    let to = world.acme.numbers.texting.as_str();
    (0..EVENTS + WARM_UP)
        .map(|n| {
            let body = json!({
                "specVersion": "tp/1", "eventId": format!("evt-{n}"), "eventType": "message.received",
                "messageId": format!("tpm-{n}"), "direction": "inbound", "from": phone(n), "to": to,
                "body": "are you open on Saturday?", "timestamp": "2026-01-01T12:00:00Z",
                "status": "received",
            });
            let path = format!("/webhooks/texting/{}", world.acme.texting);
            let mut event = post(&path, "application/json", &body.to_string());
            event["headers"]["x-texting-secret"] = world.texting_secret().into();
            event["pathParameters"] = json!({ "integration_id": world.acme.texting.as_str() });
            event
        })
        .collect()
}

fn phone(n: usize) -> String {
    let base: u64 = ANNA.trim_start_matches('+').parse().unwrap();
    format!("+{}", base + u64::try_from(n).unwrap())
}

/// An event of the HTTP API, payload 2.0.
fn post(path: &str, content_type: &str, body: &str) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
        "headers": { "content-type": content_type, "host": "localhost" },
        "requestContext": {
            "accountId": "0", "apiId": "bench", "domainName": "localhost", "domainPrefix": "l",
            "http": { "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                      "userAgent": "bench" },
            "requestId": "1", "routeKey": "$default", "stage": "$default",
            "time": "01/Jan/2026:12:00:00 +0000", "timeEpoch": 1_767_268_800_000_u64,
        },
        "body": body, "isBase64Encoded": false,
    })
}

/// A batch of one.
fn batch(message: &SqsMessage) -> Value {
    json!({ "Records": [{
        "messageId": message.message_id, "receiptHandle": message.receipt_handle,
        "body": message.body, "attributes": message.attributes, "messageAttributes": {},
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:0:bench.fifo",
        "awsRegion": "us-east-1",
    }] })
}
