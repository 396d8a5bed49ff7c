//! The events in `events/`: each is answered by its function as `events/README.md` says.

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
    delivery::Delivery,
    event::{Outcome, Stage, WebhookEvent},
    ids::{CrmMessageId, EventId, MessageId},
    jobs::{FollowUp, Job, ReadText, SendText},
};
use lambda_http::{Body, Response};
use local::{
    seed::{self, Accounts, Numbers, Planted},
    sims::ghl::Location,
};
use serde_json::Value;

use crate::{
    letters::{accounts, env},
    world::{ANNA, NOON, World},
};

/// The address for which the samples of Twilio were signed.
const ORIGIN: &str = "http://127.0.0.1:8787";

/// Every event there is, in an order in which they can happen.
const EVENTS: [&str; 31] = [
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
];

/// Work of the sweeper's is whatever is due, so it stands for itself.
const SWEEPER: &str = "sweeper/every-minute";

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
    let fed: BTreeSet<_> = EVENTS.into_iter().chain([SWEEPER]).map(str::to_owned).collect();
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
    let fed = EVENTS.into_iter().chain([SWEEPER]).map(str::to_owned).collect();
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

    async fn post(&self, function: &str, case: &str) {
        let answer = self.answer(function, case).await;
        let expected = match (function, case) {
            ("twilio-webhook", "status" | "status-undelivered") => 204,
            _ => 200,
        };
        assert_eq!(answer.status().as_u16(), expected, "{function}/{case}");
        if function == "ghl-delivery" {
            let answer: Value = serde_json::from_slice(answer.body()).unwrap();
            let is_text = matches!(case, "sms" | "attachments");
            assert_eq!(answer["accepted"], is_text, "{function}/{case}");
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
            _ => report_consumer::handle(&functions.report_consumer, event, now).await,
        };
        assert!(response.batch_item_failures.is_empty(), "{name}");
        for body in bodies {
            self.is_done(function, &body).await;
        }
    }

    async fn is_done(&self, function: &str, job: &str) {
        match function {
            "inbound-consumer" => {
                let job: ReadText = serde_json::from_str(job).unwrap();
                let event = self.event(&job.event).await;
                // What asks something is brought to GoHighLevel by another job.
                if !(job.asks && event.is_answered) {
                    assert_eq!(outcome(&event), Some(Outcome::Applied));
                }
            }
            "outbound-consumer" => {
                let job: SendText = serde_json::from_str(job).unwrap();
                let delivery = self.delivery(&job.message).await;
                assert!(matches!(delivery, Delivery::Accepted { .. }), "{delivery:?}");
            }
            _ => self.is_followed_up(&serde_json::from_str(job).unwrap()).await,
        }
    }

    async fn is_followed_up(&self, job: &FollowUp) {
        let scope = self.world.store.of(&self.planted.tenant);
        match job {
            FollowUp::Record { event, .. } => {
                let event = self.event(event).await;
                assert_eq!(outcome(&event), Some(Outcome::Applied));
                let message = MessageId::from_crm(&self.planted.tenant, &crm_message());
                let delivery = self.delivery(&message).await;
                assert!(matches!(delivery, Delivery::Delivered { .. }), "{delivery:?}");
            }
            FollowUp::Tell { crm_message, .. } => {
                // The simulator has no such message, and says so once.
                let telling = scope.telling(crm_message).await.unwrap().unwrap().body;
                assert_eq!(telling.due, None, "{telling:?}");
            }
            FollowUp::CopyContact { integration, phone, .. } => {
                let copy = scope.contact_copy(integration, phone).await.unwrap().unwrap().body;
                assert!(copy.copied_at.is_some() && copy.due.is_none(), "{copy:?}");
            }
            FollowUp::TellStanding { phone, .. } => {
                let standing = scope.opt_out(phone).await.unwrap().unwrap().body;
                assert!(standing.active && standing.crm_told == Some(true), "{standing:?}");
            }
            FollowUp::Resume { .. } => {
                let resumption = scope.resumption().await.unwrap().unwrap().body;
                assert_eq!(resumption.due, None);
            }
        }
    }

    async fn event(&self, event: &EventId) -> WebhookEvent {
        let scope = self.world.store.of(&self.planted.tenant);
        scope.event(event).await.unwrap().unwrap().body
    }

    async fn delivery(&self, message: &MessageId) -> Delivery {
        let scope = self.world.store.of(&self.planted.tenant);
        scope.message(message).await.unwrap().unwrap().body.delivery
    }
}

fn outcome(event: &WebhookEvent) -> Option<Outcome> {
    match event.stage {
        Stage::Done { outcome, .. } => Some(outcome),
        _ => None,
    }
}

/// The group and the deduplication id are what our queues give this job.
fn is_as_queued(function: &str, record: &SqsMessage, body: &str) {
    let job = match function {
        "inbound-consumer" => Job::Inbound(serde_json::from_str(body).unwrap()),
        "outbound-consumer" => Job::Outbound(serde_json::from_str(body).unwrap()),
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

fn json(name: &str) -> Value {
    serde_json::from_reader(File::open(path(name)).unwrap()).unwrap()
}
