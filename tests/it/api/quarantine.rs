//! What waits for a person: looked at, tried again, given up.

use jiff::{SignedDuration, Timestamp};
use local::sims::fault::{Fault, Planned};
use serde_json::{Value, json};

use super::Key;
use crate::world::{ANNA, BEN, World, answer_lost};

/// Everything that waits, on all pages.
async fn waiting(key: &Key<'_>) -> Vec<Value> {
    let mut items = Vec::new();
    let mut path = "/v1/quarantine".to_owned();
    loop {
        let page = key.get(&path).await.expect(200);
        items.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { return items };
        path = format!("/v1/quarantine?cursor={next}");
    }
}

/// How often GoHighLevel was asked to add a text.
fn added(world: &World) -> usize {
    world.ghl.calls().iter().filter(|it| it.operation == "add_inbound").count()
}

fn refuses(times: u32) -> Planned {
    let body = json!({ "statusCode": 400, "message": "no" });
    let fault = Fault::Status { status: 400, body: Some(body), retry_after: None };
    Planned { on: "add_inbound".to_owned(), times, fault }
}

#[tokio::test]
async fn a_quarantined_text_reaches_the_crm_once_when_it_is_tried_again() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    world.ghl.faults().add(refuses(10));
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    world.settle().await;
    let items = waiting(&admin).await;
    assert_eq!(items.len(), 1);
    assert_eq!(
        (&items[0]["kind"], &items[0]["would"]),
        (&json!("quarantined"), &json!(["add_text"]))
    );
    let id = items[0]["id"].as_str().unwrap();
    let shown = admin.get(&format!("/v1/quarantine/{id}")).await.expect(200);
    assert_eq!(shown["why"], items[0]["why"]);

    let ids = json!({ "ids": [id, "event:evt_none"] });
    let preview = admin.post("/v1/quarantine/preview", &ids).await.expect(200);
    assert_eq!((&preview["texts_to_crm"], &preview["not_replayable"]), (&json!(1), &json!(1)));
    assert!(world.heard_in_ghl(ANNA).is_empty(), "a preview does nothing");

    world.ghl.faults().clear();
    let outcome = admin.post("/v1/quarantine/replay", &ids).await.expect(200);
    assert_eq!(outcome["items"][0]["outcome"], "resumed");
    assert_eq!(outcome["items"][1]["outcome"], "not_found");
    world.settle().await;
    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
    let again = admin.post("/v1/quarantine/replay", &ids).await.expect(200);
    assert_eq!(again["items"][0]["outcome"], "not_found", "it waits no more");
    world.settle().await;
    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
}

/// The CRM had taken the text, and said that it had not: it is looked for before it is added.
#[tokio::test]
async fn trying_again_never_doubles_what_was_done() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let fault = Fault::StatusAfter { status: 422 };
    world.ghl.faults().add(Planned { on: "add_inbound".to_owned(), times: 1, fault });
    world.ghl.faults().add(refuses(10));
    let lost = Fault::Status { status: 404, body: None, retry_after: None };
    world.ghl.faults().add(Planned {
        on: "search_conversations".to_owned(),
        times: 9,
        fault: lost,
    });
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    world.settle().await;
    let items = waiting(&admin).await;
    assert_eq!(items.len(), 1, "{items:?}");
    world.ghl.faults().clear();
    let ids = json!({ "ids": [items[0]["id"]] });
    admin.post("/v1/quarantine/replay", &ids).await.expect(200);
    world.settle().await;
    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
}

/// At a chosen rate, so that what was held up for a day does not come down in a second.
#[tokio::test]
async fn many_are_tried_again_as_fast_as_somebody_says() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    world.ghl.faults().add(refuses(50));
    let number = world.acme.numbers.texting.clone();
    for n in 0..4 {
        world.texting.receives_text(&format!("+1212555017{n}"), number.as_str(), "hi", &[]).await;
    }
    world.settle().await;
    world.ghl.faults().clear();
    // What an earlier try may have added shows up within that time.
    world.advance(60);
    let ids: Vec<_> = waiting(&admin).await.iter().map(|it| it["id"].clone()).collect();
    assert_eq!(ids.len(), 4);
    let outcome =
        admin.post("/v1/quarantine/replay", &json!({ "ids": ids, "per_minute": 1 })).await;
    let outcome = outcome.expect(200);
    let due: Vec<Timestamp> = outcome["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["due_at"].as_str().unwrap().parse().unwrap())
        .collect();
    for pair in due.windows(2) {
        assert_eq!(pair[1].duration_since(pair[0]).as_secs(), 60);
    }
    let calls = added(&world);
    world.drain().await;
    assert_eq!(added(&world), calls + 1, "the first at once, the others later");
    world.settle().await;
    assert_eq!(added(&world), calls + 4);
}

/// Texting knows our key for a day, so the answer that was lost can be asked for again.
#[tokio::test]
async fn a_doubt_is_tried_again_only_where_the_carrier_knows_a_repetition() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    world.settle().await;
    world.texting.plan_fault(answer_lost("send", 1));
    world.agent_sends(ANNA, "in doubt").await;
    world.drain().await;
    world.texting.lose_callbacks().await;
    world.twilio.plan_fault(answer_lost("send", 1));
    admin
        .post_once("/v1/messages", "k1", &json!({ "to": "+12125550144", "text": "x" }))
        .await
        .expect(202);
    world.drain().await;
    world.twilio.lose_callbacks().await;
    world.settle().await;
    let doubts = waiting(&admin).await;
    assert_eq!(doubts.len(), 2, "{doubts:?}");
    let ids: Vec<_> = doubts.iter().map(|it| it["id"].clone()).collect();
    let preview = admin.post("/v1/quarantine/preview", &json!({ "ids": ids })).await.expect(200);
    assert_eq!((&preview["texts_sent"], &preview["not_replayable"]), (&json!(1), &json!(1)));
    let outcome = admin.post("/v1/quarantine/replay", &json!({ "ids": ids })).await.expect(200);
    let mut outcomes: Vec<_> =
        outcome["items"].as_array().unwrap().iter().map(|it| it["outcome"].clone()).collect();
    outcomes.sort_by_key(Value::to_string);
    assert_eq!(outcomes, ["refused", "resumed"]);
    world.settle().await;
    assert_eq!(world.texting.sent().len(), 1, "one text, whose answer was given again");
    assert_eq!(world.twilio.sent().len(), 1);

    let left = waiting(&admin).await;
    assert_eq!(left.len(), 1);
    let discard = json!({ "ids": [left[0]["id"]], "reason": "looked it up: it arrived" });
    let outcome = admin.post("/v1/quarantine/discard", &discard).await.expect(200);
    assert_eq!(outcome["items"][0]["outcome"], "discarded");
    world.settle().await;
    assert!(waiting(&admin).await.is_empty());
}

/// They are answered through Texting, and nobody knows whether it was sent.
async fn doubt(world: &World, phones: &[&str]) {
    let number = world.acme.numbers.texting.clone();
    for phone in phones {
        world.texting.receives_text(phone, number.as_str(), "hello", &[]).await;
    }
    world.settle().await;
    for phone in phones {
        world.texting.plan_fault(answer_lost("send", 1));
        world.agent_sends(phone, "in doubt").await;
    }
    world.drain().await;
    world.texting.lose_callbacks().await;
    world.settle().await;
}

async fn replay(admin: &Key<'_>) -> Vec<Value> {
    let ids: Vec<_> = waiting(admin).await.iter().map(|it| it["id"].clone()).collect();
    let wanted = json!({ "ids": ids, "per_minute": 1 });
    let outcome = admin.post("/v1/quarantine/replay", &wanted).await.expect(200);
    outcome["items"].as_array().unwrap().clone()
}

/// A provider knows our key for a day, and what was replayed may wait for longer than that.
#[tokio::test]
async fn a_doubt_that_was_held_until_its_key_is_forgotten_is_not_sent_again() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    doubt(&world, &[ANNA]).await;
    let off = json!({ "status": "disconnected" });
    admin.patch("/v1/integrations/acme-texting", &off).await.expect(200);
    world.advance(61);
    assert_eq!(replay(&admin).await[0]["outcome"], "resumed");
    world.settle().await;
    world.advance(24 * 3600);
    let on = json!({ "status": "active" });
    admin.patch("/v1/integrations/acme-texting", &on).await.expect(200);
    world.settle().await;

    assert_eq!(world.texting.calls("send"), 1);
    let left = waiting(&admin).await;
    assert_eq!((left.len(), &left[0]["kind"]), (1, &json!("in_doubt")));
    assert!(left[0]["not_replayable"].as_str().unwrap().contains("forgotten"), "{left:?}");
}

#[tokio::test]
async fn a_replay_whose_turn_comes_after_the_key_is_forgotten_is_refused() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    doubt(&world, &[ANNA, BEN]).await;
    let since: Timestamp = waiting(&admin).await[0]["since"].as_str().unwrap().parse().unwrap();
    let nearly = since + SignedDuration::from_secs(23 * 3600 - 1);
    world.clock.advance(nearly.duration_since(world.now()));

    let outcomes = replay(&admin).await;
    assert_eq!(outcomes[0]["outcome"], "resumed");
    assert_eq!(outcomes[1]["outcome"], "refused", "{outcomes:?}");
    world.settle().await;
    assert_eq!(world.texting.sent().len(), 2);
}

#[tokio::test]
async fn a_doubt_is_not_sent_again_to_another_provider() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    doubt(&world, &[ANNA]).await;
    let scope = world.scope();
    let row = scope.integration_row(&world.acme.texting).await.unwrap().unwrap();
    let mut moved = row.body.clone();
    moved.settings["base_url"] = json!("https://elsewhere.example");
    scope.transaction().replace_integration(&row, &moved).commit().await.unwrap();
    world.advance(61);
    assert_eq!(replay(&admin).await[0]["outcome"], "resumed");
    world.settle().await;

    let left = waiting(&admin).await;
    assert_eq!((left.len(), &left[0]["kind"]), (1, &json!("in_doubt")));
    assert_eq!(world.texting.calls("send"), 1);
}

#[tokio::test]
async fn what_is_given_up_is_done_with_a_reason_and_never_comes_back() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    world.ghl.faults().add(refuses(10));
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "spam", &[]).await;
    world.settle().await;
    world.ghl.faults().clear();
    let id = waiting(&admin).await[0]["id"].clone();
    let discard = json!({ "ids": [id], "reason": "spam" });
    let outcome = admin.post("/v1/quarantine/discard", &discard).await.expect(200);
    assert_eq!(outcome["items"][0]["outcome"], "discarded");
    world.settle().await;
    assert!(world.heard_in_ghl(ANNA).is_empty());
    let log = admin.get("/v1/audit-log").await.expect(200);
    let line = &log["items"][0];
    assert_eq!((&line["action"], &line["reason"]), (&json!("quarantine.discard"), &json!("spam")));
}

/// A job that kills whoever tries it ends among the dead letters; its work is in the table.
#[tokio::test]
async fn an_operator_looks_at_dead_letters_and_puts_them_back() {
    let world = World::new().await;
    let operator = Key::operator(&world).await;
    world.bury("Inbound", r#"{"tenant":"acme","event":"evt_1","conversation":"cnv_1"}"#).await;
    world.bury("Inbound", "my knee hurts").await;
    let found = operator.get("/v1/dead-letters?queue=inbound").await.expect(200);
    let lane = &found["items"][0];
    assert_eq!((&lane["queue"], &lane["count"]), (&json!("inbound"), &json!(2)));
    let jobs: Vec<_> =
        lane["letters"].as_array().unwrap().iter().filter(|it| it["job"].is_object()).collect();
    assert_eq!(jobs.len(), 1);
    assert!(!found.to_string().contains("knee"), "what is no job may be anything");
    let counts = operator.get("/v1/quarantine-counts").await.expect(200);
    assert_eq!(counts["items"][0], json!({ "tenant": "acme", "waiting": 0 }));

    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    let redrive = json!({ "queue": "inbound", "limit": 10 });
    let done = operator.post("/v1/dead-letters/redrive", &redrive).await.expect(200);
    assert_eq!(done["put_back"], 2);
    assert_eq!(world.lose_jobs("Inbound").await, 2);
    let found = operator.get("/v1/dead-letters?queue=inbound").await.expect(200);
    assert_eq!(found["items"][0]["count"], 0);
    world.settle().await;
}
