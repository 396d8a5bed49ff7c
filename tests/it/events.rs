//! The events in `events/`: each is answered by its function as `events/README.md` says.

mod done;

use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::{Path, PathBuf},
};

use app::{Connections, Intake};
use aws::Commit;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use domain::{
    access::{ApiKey, KeyHash, PresentedKey, Standing},
    ids::CrmMessageId,
    jobs::Job,
};
use lambda_http::{Body, Response};
use local::{
    emulator::gate::When,
    seed::{self, Accounts, Numbers, Planted},
    sims::ghl::{self, Location},
};
use serde_json::Value;

use crate::{
    consent::come_back,
    letters::{accounts, env},
    world::{ANNA, NOON, World},
};

/// The address for which the samples of Twilio were signed.
const ORIGIN: &str = "http://127.0.0.1:8787";

/// Every event there is, in an order in which they can happen.
const EVENTS: [&str; 38] = [
    "authorizer/key",
    "authorizer/unknown-key",
    "api/list-integrations",
    "api/list-keys",
    "api/send-message",
    "texting-webhook/received",
    "texting-webhook/received-media",
    "texting-webhook/delivered",
    "texting-webhook/failed",
    "twilio-webhook/inbound",
    "twilio-webhook/inbound-mms",
    "twilio-webhook/inbound-stop",
    "telnyx-webhook/received",
    "telnyx-webhook/finalized",
    "telnyx-webhook/finalized-failed",
    "aloware-webhook/event",
    "ghl-delivery/sms",
    "ghl-delivery/attachments",
    "ghl-delivery/email",
    "ghl-delivery/internal-comment",
    "ghl-webhook/contact-create",
    "ghl-webhook/contact-dnd-update",
    "ghl-webhook/internal-comment",
    "inbound-consumer/text",
    "outbound-consumer/send",
    "twilio-webhook/status",
    "twilio-webhook/status-undelivered",
    "report-consumer/record",
    "report-consumer/tell",
    "inbound-consumer/batch",
    "texting-webhook/optout-stop",
    "inbound-consumer/keyword",
    "report-consumer/tell-standing",
    "report-consumer/copy-contact",
    "ghl-oauth/start",
    "ghl-oauth/callback",
    "crm-consumer/settle",
    "crm-consumer/mind-token",
];

/// Work of the clock's is whatever is due, so it stands for itself.
const SWEEPER: &str = "sweeper/every-minute";
const REFRESHER: &str = "token-refresher/every-five-minutes";
const BY_THE_CLOCK: [&str; 2] = [SWEEPER, REFRESHER];

#[test]
fn no_event_is_forgotten() {
    let mut found = BTreeSet::new();
    for folder in fs::read_dir(root()).unwrap().map(|it| it.unwrap().path()) {
        if folder.is_file() {
            assert!(folder.ends_with("README.md"), "{}", folder.display());
            continue;
        }
        for file in fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()) {
            let name = file.strip_prefix(root()).unwrap().with_extension("");
            found.insert(name.display().to_string());
            assert!(file.extension().is_some_and(|it| it == "json"), "{}", file.display());
        }
    }
    let fed: BTreeSet<_> = EVENTS.into_iter().chain(BY_THE_CLOCK).map(str::to_owned).collect();
    assert_eq!(found, fed);
}

#[test]
fn every_event_is_in_the_table_of_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut function = "";
    let mut told = BTreeSet::new();
    for line in readme.lines().filter(|it| it.starts_with('|')) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        if let Some(name) = quoted(cells[1]).first() {
            function = name;
        }
        told.extend(quoted(cells[2]).into_iter().map(|case| format!("{function}/{case}")));
    }
    let fed = EVENTS.into_iter().chain(BY_THE_CLOCK).map(str::to_owned).collect();
    assert_eq!(told, fed);
}

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[tokio::test]
async fn every_event_is_answered_by_its_function() {
    let world = World::new().await;
    let demo = Demo::plant(&world).await;
    for name in EVENTS {
        demo.feed(name).await;
    }
    world.settle().await;

    let thread = world.ghl.messages(demo.planted.location.as_str(), ANNA);
    let heard = thread.iter().filter(|it| it.direction == "inbound").count();
    assert_eq!(heard, 7, "each text and each STOP, once");
    let sent = world.twilio.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].body, "It is! When would you like to see it?");
}

#[tokio::test]
async fn the_sweeper_takes_its_event_for_a_minute_that_has_passed() {
    let world = World::new().await;
    let event = json(SWEEPER);
    assert_eq!(event["time"], "2026-01-01T12:00:00Z");
    let deps = &world.functions.sweeper;
    assert_eq!(sweeper::handle(deps, NOON).await.unwrap(), sweeper::Swept::default());
}

#[tokio::test]
async fn the_token_refresher_takes_its_event_for_five_minutes_that_have_passed() {
    let world = World::new().await;
    assert_eq!(json(REFRESHER)["time"], "2026-01-01T12:00:00Z");
    let deps = &world.functions.token_refresher;
    let refreshed = token_refresher::handle(deps, NOON).await.unwrap();
    assert_eq!(refreshed, token_refresher::Refreshed::default());
}

/// The tenant to which all events belong.
struct Demo<'a> {
    world: &'a World,
    planted: Planted,
    twilio: twilio_webhook::Deps,
}

impl<'a> Demo<'a> {
    async fn plant(world: &'a World) -> Self {
        let location =
            Location::new("demoLocation00000001", "ghl-demo-token", "demoProvider00000001");
        world.ghl.add_location(location.clone());
        let number = |it: &str| it.parse().unwrap();
        let numbers = Numbers {
            twilio: number("+14155550101"),
            telnyx: number("+14155550102"),
            texting: number("+14155550103"),
        };
        let accounts = Accounts {
            aloware_settings: serde_json::json!({ "sync_contacts": true }),
            ..accounts(world, &location)
        };
        let vault = &world.functions.vault;
        let planted = seed::plant(&world.store, vault, "demo", &accounts, &numbers, NOON).await;
        let twilio = twilio(world).await;
        Self { world, planted: planted.unwrap(), twilio }
    }

    async fn feed(&self, name: &str) {
        let (function, case) = name.split_once('/').unwrap();
        match function {
            "authorizer" => self.knock(case).await,
            "api" => self.ask(case).await,
            "inbound-consumer" | "outbound-consumer" | "report-consumer" => {
                self.work(function, name).await;
            }
            "crm-consumer" => {
                if case == "settle" {
                    self.consent().await;
                }
                self.work(function, name).await;
            }
            _ => self.post(function, case).await,
        }
    }

    /// Shows the authorizer a key: the demo tenant's, or nobody's.
    async fn knock(&self, case: &str) {
        let event: authorizer::Event =
            serde_json::from_value(json(&format!("authorizer/{case}"))).unwrap();
        if case == "key" {
            self.add_key(event.headers["authorization"].to_str().unwrap()).await;
        }
        let deps = &self.world.functions.authorizer;
        let answer = authorizer::handle(deps, event, self.world.now()).await.unwrap();
        let tenant = answer.context.get("tenant").map(String::as_str);
        assert_eq!(answer.is_authorized, case == "key", "{case}");
        assert_eq!(tenant, (case == "key").then_some("demo"), "{case}");
    }

    async fn add_key(&self, header: &str) {
        let shown = PresentedKey::parse(header.strip_prefix("Bearer ").unwrap()).unwrap();
        let key = ApiKey {
            id: shown.id.clone(),
            name: "Demo".to_owned(),
            standing: Standing::named("agent", Some("demo")).unwrap(),
            hash: KeyHash::of(&shown.secret),
            created_at: NOON,
            created_by: "bootstrap".to_owned(),
            expires_at: None,
            revoked_at: None,
            per_minute: 600,
            last4: shown.last4(),
        };
        let scope = self.world.store.of(&self.planted.tenant);
        let added = scope.transaction().add_api_key(&key).commit().await.unwrap();
        assert_eq!(added, Commit::Done);
    }

    /// Asks the API as the agent whose key was shown above.
    async fn ask(&self, case: &str) {
        let answer = self.answer("api", case).await;
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        match case {
            "list-integrations" => {
                assert_eq!(status, 200, "{body}");
                let items = body["items"].as_array().unwrap();
                assert!(items.iter().any(|it| it["id"] == "demo-twilio"), "{body}");
            }
            "list-keys" => assert_eq!((status, &body["code"]), (403, &"FORBIDDEN".into())),
            _ => assert_eq!((status, &body["status"]), (202, &"queued".into()), "{body}"),
        }
    }

    /// Somebody consents for the location, and what was granted is stored and not taken up.
    async fn consent(&self) {
        let location = self.planted.location.to_string();
        let code = self.world.ghl.consent(ghl::Consent::Location(location));
        let gate = self.world.dynamo.gate();
        gate.fail_next("TransactWriteItems", 1, When::Before);
        come_back(self.world, &code, None).await.says("Try again in a minute");
        gate.heal();
    }

    async fn post(&self, function: &str, case: &str) {
        let answer = self.answer(function, case).await;
        let expected = match (function, case) {
            ("twilio-webhook", "status" | "status-undelivered") => 204,
            ("ghl-oauth", "start") => 302,
            ("ghl-oauth", _) => 400,
            _ => 200,
        };
        assert_eq!(answer.status().as_u16(), expected, "{function}/{case}");
        if matches!(function, "ghl-delivery" | "ghl-webhook") {
            let answer: Value = serde_json::from_slice(answer.body()).unwrap();
            let said = if function == "ghl-delivery" { "accepted" } else { "received" };
            let is_taken = !matches!(case, "email" | "internal-comment");
            assert_eq!(answer[said], is_taken, "{function}/{case}");
        }
    }

    async fn answer(&self, function: &str, case: &str) -> Response<Body> {
        let file = File::open(path(&format!("{function}/{case}"))).unwrap();
        let request = lambda_http::request::from_reader(file).unwrap();
        let (functions, now) = (&self.world.functions, self.world.now());
        match function {
            "api" => functions.api.handle(request, now).await,
            "texting-webhook" => {
                texting_webhook::handle(&functions.texting_webhook, request, now).await
            }
            "aloware-webhook" => {
                aloware_webhook::handle(&functions.aloware_webhook, request, now).await
            }
            "telnyx-webhook" => {
                telnyx_webhook::handle(&functions.telnyx_webhook, request, now).await
            }
            "twilio-webhook" => twilio_webhook::handle(&self.twilio, request, now).await,
            "ghl-delivery" => ghl_delivery::handle(&functions.ghl_delivery, request, now).await,
            "ghl-oauth" => ghl_oauth::handle(&functions.ghl_oauth, request, now).await,
            "ghl-webhook" => ghl_webhook::handle(&functions.ghl_webhook, request, now).await,
            _ => panic!("no function is called {function}"),
        }
    }

    /// Does a batch of jobs, each of which names something that is there and not done.
    async fn work(&self, function: &str, name: &str) {
        if matches!(name, "report-consumer/tell" | "inbound-consumer/keyword") {
            self.world.advance(10); // GoHighLevel takes no status of a message this new.
        }
        let (functions, now) = (&self.world.functions, self.world.now());
        let event: SqsEvent = serde_json::from_value(json(name)).unwrap();
        let bodies: Vec<_> = event.records.iter().map(|it| it.body.clone().unwrap()).collect();
        for (record, body) in event.records.iter().zip(&bodies) {
            is_as_queued(function, record, body);
        }
        let response = match function {
            "inbound-consumer" => {
                inbound_consumer::handle(&functions.inbound_consumer, event, now).await
            }
            "outbound-consumer" => {
                outbound_consumer::handle(&functions.outbound_consumer, event, now).await
            }
            "crm-consumer" => crm_consumer::handle(&functions.crm_consumer, event, now).await,
            _ => report_consumer::handle(&functions.report_consumer, event, now).await,
        };
        assert!(response.batch_item_failures.is_empty(), "{name}");
        for body in bodies {
            self.is_done(function, &body).await;
        }
    }
}

/// The group and the deduplication id are what our queues give this job.
fn is_as_queued(function: &str, record: &SqsMessage, body: &str) {
    let job = match function {
        "inbound-consumer" => Job::Inbound(serde_json::from_str(body).unwrap()),
        "outbound-consumer" => Job::Outbound(serde_json::from_str(body).unwrap()),
        "crm-consumer" => Job::Crm(serde_json::from_str(body).unwrap()),
        _ => Job::Reports(serde_json::from_str(body).unwrap()),
    };
    let attribute = |name: &str| record.attributes[name].clone();
    assert_eq!(attribute("MessageGroupId"), job.group());
    let id = attribute("MessageDeduplicationId");
    let (subject, due) = id.rsplit_once(':').unwrap();
    assert_eq!(subject, job.subject());
    assert!(due.parse::<i64>().is_ok(), "{due}");
}

/// Twilio's webhook where the outside knows us by the address for which the samples were signed.
async fn twilio(world: &World) -> twilio_webhook::Deps {
    let env = env(world, "TwilioWebhookFunction").await;
    let connections = Connections::new(env.store().unwrap(), env.vault().unwrap());
    let intake = Intake {
        store: env.store().unwrap(),
        connections,
        inbound: env.queue("INBOUND_QUEUE_URL").unwrap(),
        reports: env.queue("REPORTS_QUEUE_URL").unwrap(),
    };
    twilio_webhook::Deps { intake, origin: ORIGIN.to_owned() }
}

/// The message of `ghl-delivery/sms`.
fn crm_message() -> CrmMessageId {
    CrmMessageId::parse("demoMessage000000001").unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("events")
}

fn path(name: &str) -> PathBuf {
    root().join(name).with_extension("json")
}

pub(crate) fn json(name: &str) -> Value {
    serde_json::from_reader(File::open(path(name)).unwrap()).unwrap()
}
