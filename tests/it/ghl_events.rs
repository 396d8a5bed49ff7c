//! What GoHighLevel tells of a location is taken in once, acted on, and never sent to anybody.

mod installs;
mod messages;
mod people;
mod stopping;
mod workflows;

use std::{collections::BTreeSet, fs, path::Path};

use domain::{
    event::{Stage, WebhookEvent},
    heard::Heard,
    ids::{CrmContactId, IntegrationId},
};
use local::seed::APP;
use serde_json::{Value, json};

use crate::{
    letters::{Answer, Sender, effects},
    world::{ANNA, World},
};

const ADDRESS: &str = "/webhooks/ghl";

/// An event of acme's location, told now.
fn event(world: &World, kind: &str, fields: Value) -> Value {
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    let mut event = json!({
        "type": kind, "locationId": world.acme.location, "timestamp": world.now().to_string(),
    });
    for (name, value) in fields {
        event[name] = value;
    }
    event
}

async fn post(world: &World, event: &Value) -> Answer {
    Sender::Ghl.letter_to(world, ADDRESS.to_owned(), event.to_string()).post(world).await
}

/// Acme's connection to GoHighLevel.
fn ghl() -> IntegrationId {
    IntegrationId::parse("acme-ghl").unwrap()
}

/// GoHighLevel tells this, and all that follows from it is done.
pub(crate) async fn tell(world: &World, kind: &str, fields: Value) {
    let answer = post(world, &event(world, kind, fields)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"received":true}"#), "{kind}");
    world.settle().await;
    world.advance(1);
}

/// Anna texts, so that GoHighLevel and we have a contact for her. Gives GoHighLevel's id for it.
async fn anna_texts(world: &World) -> CrmContactId {
    world.texting.receives_text(ANNA, world.acme.numbers.texting.as_str(), "hello", &[]).await;
    world.settle().await;
    let owner = world.scope().owner_of(&ANNA.parse().unwrap()).await.unwrap().unwrap();
    owner.crm_contact
}

/// The events that acme was told of, the newest first.
async fn told(world: &World) -> Vec<WebhookEvent> {
    let asked = aws::Asked::newest(100);
    let page = world.scope().events(&ghl(), asked).await.unwrap();
    page.items.into_iter().filter(|it| matches!(it.heard, Heard::Crm(_))).collect()
}

fn outcome(event: &WebhookEvent) -> String {
    match &event.stage {
        Stage::Done { outcome, .. } => outcome.to_string(),
        other => format!("{other:?}"),
    }
}

/// What is told and changes nothing here, and why not. "SMS" and "Email" are the provider's own
/// deliveries, which come to another address.
const NOT_FOLLOWED: [&str; 16] = [
    "CampaignStatusUpdate: nothing that we follow",
    "EXTERNAL_AUTH_CONNECTED: nothing that we follow",
    "Email: nothing that we follow",
    "INSTALL: an agency's, whose consent tells more",
    "InboundMessage: no text and no e-mail",
    "LCEmailStats: nothing that we follow",
    "NoteCreate: nothing that we follow",
    "NoteDelete: nothing that we follow",
    "NoteUpdate: nothing that we follow",
    "OutboundMessage: an internal comment",
    "OutboundMessage: no text and no e-mail",
    "PLAN_CHANGE: nothing that we follow",
    "SMS: nothing that we follow",
    "TaskComplete: nothing that we follow",
    "TaskCreate: nothing that we follow",
    "TaskDelete: nothing that we follow",
];

/// File by file, those that are events.
fn samples() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("shared/ghl/tests/webhook-samples");
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
    };
    let index = read("index.json");
    let files = index.as_array().unwrap().iter().map(|it| it["file"].as_str().unwrap());
    let samples = files.map(|file| (file.to_owned(), read(file)));
    samples.filter(|(_, sample)| sample["type"].is_string()).collect()
}

/// As documented and as seen, with a field that nobody knows yet.
#[tokio::test]
async fn every_sample_is_taken_in_and_acted_on_or_is_of_a_kind_that_we_do_not_follow() {
    let world = World::new().await;
    let mut dropped = BTreeSet::new();
    let mut stored = 0;
    for (file, mut sample) in samples() {
        if sample["type"] == "UNINSTALL" {
            continue; // What comes after it would wait.
        }
        let ours = [
            ("locationId", json!(world.acme.location)),
            ("locations", json!([world.acme.location])),
            ("appId", json!(APP.split('-').next())),
        ];
        for (name, ours) in ours {
            if sample.get(name).is_some() {
                sample[name] = ours;
            }
        }
        if sample["type"].as_str().unwrap().starts_with("Location") {
            sample["id"] = json!(world.acme.location);
        }
        sample["fieldOfTomorrow"] = json!({ "a": [1] });
        let answer = post(&world, &sample).await;
        assert_eq!(answer.status, 200, "{file}: {answer:?}");
        let said: Value = serde_json::from_str(&answer.body).unwrap();
        if said["received"] == true {
            stored += 1;
        } else {
            let [kind, why] = [&sample["type"], &said["reason"]].map(|it| it.as_str().unwrap());
            dropped.insert(format!("{kind}: {why}"));
        }
    }
    assert_eq!(dropped, NOT_FOLLOWED.map(str::to_owned).into());
    assert_eq!(stored, 35, "all the others");
    world.settle().await;
    for event in told(&world).await {
        assert!(event.is_finished(), "{event:?}");
    }
    assert!(world.twilio.sent().is_empty() && world.texting.sent().is_empty());
}

#[tokio::test]
async fn whoever_did_not_sign_is_refused_before_anything_is_read() {
    let world = World::new().await;
    let before = effects(&world);
    for body in ["", "{", r#"{"type":"ContactCreate"}"#] {
        let letter = Sender::Ghl.letter_to(&world, ADDRESS.to_owned(), body);
        let unsigned = letter.clone().without("x-ghl-signature").post(&world).await;
        let forged = letter.with("x-ghl-signature", "AAAA").post(&world).await;
        assert_eq!((unsigned.status, forged.status), (401, 401), "{body}");
    }
    assert_eq!(effects(&world), before);
}

#[tokio::test]
async fn what_is_signed_and_not_for_us_is_dropped_with_success() {
    let world = World::new().await;
    let before = effects(&world);
    let contact = json!({ "id": "c1" });
    let mut elsewhere = event(&world, "ContactCreate", contact.clone());
    elsewhere["locationId"] = json!("somebodyElses0000000");
    for (body, reason) in [
        ("null".to_owned(), "unreadable"),
        (elsewhere.to_string(), "unknown location"),
        (event(&world, "CampaignStatusUpdate", contact).to_string(), "nothing that we follow"),
        (event(&world, "ContactCreate", json!({})).to_string(), "it does not say what it is about"),
    ] {
        let answer = Sender::Ghl.letter_to(&world, ADDRESS.to_owned(), body).post(&world).await;
        assert_eq!(answer.status, 200);
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body, json!({ "received": false, "reason": reason }));
    }
    assert_eq!(effects(&world), before);
    world.settle().await;
}

#[tokio::test]
async fn a_repetition_is_taken_in_once() {
    let world = World::new().await;
    let created = json!({ "id": "c1", "phone": ANNA, "webhookId": "w1" });
    let created = event(&world, "ContactCreate", created);
    for _ in 0..2 {
        assert_eq!(post(&world, &created).await.status, 200);
        world.settle().await;
    }
    assert_eq!(told(&world).await.len(), 1);
}

#[tokio::test]
async fn while_the_table_is_down_ghl_is_asked_to_come_again() {
    let world = World::new().await;
    let created = event(&world, "ContactCreate", json!({ "id": "c1" }));
    world.dynamo.gate().fail_next("PutItem", 100, local::emulator::gate::When::Before);
    let answer = post(&world, &created).await;
    assert_eq!((answer.status, answer.retry_after.as_deref()), (429, Some("5")));
    world.dynamo.gate().heal();
    assert_eq!(post(&world, &created).await.status, 200);
    world.settle().await;
    assert_eq!(told(&world).await.len(), 1);
}

#[tokio::test]
async fn an_event_whose_job_is_lost_is_acted_on_all_the_same() {
    let world = World::new().await;
    let created = event(&world, "ContactCreate", json!({ "id": "c1", "firstName": "Anna" }));
    assert_eq!(post(&world, &created).await.status, 200);
    assert_eq!(world.lose_jobs("Crm").await, 1);
    world.settle().await;
    assert_eq!(outcome(&told(&world).await[0]), "applied");
}

#[tokio::test]
async fn an_event_that_kills_whoever_reads_it_is_given_up_and_shown() {
    let world = World::new().await;
    let created = event(&world, "ContactCreate", json!({ "id": "c1", "firstName": "Anna" }));
    assert_eq!(post(&world, &created).await.status, 200);
    assert_eq!(world.lose_jobs("Crm").await, 1);
    let row = world.scope().event(&told(&world).await[0].id).await.unwrap().unwrap();
    let next = WebhookEvent { claims: domain::work::CLAIM_LIMIT, ..row.body.clone() };
    world.scope().replace_event(row, next).await.unwrap();
    world.settle().await;
    assert!(matches!(told(&world).await[0].stage, Stage::Quarantined { .. }));
}
