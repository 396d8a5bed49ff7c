//! Switching an integration off holds its work back; switching it on lets it go on.

use domain::{
    conversation::Route,
    number::{Number, Registration, UseFor},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::Key;
use crate::world::{ANNA, NOON, World};

/// How often GoHighLevel was called.
fn calls(world: &World) -> usize {
    world.ghl.calls().len()
}

async fn switch(key: &Key<'_>, id: &str, status: &str) -> Value {
    let path = format!("/v1/integrations/{id}");
    key.patch(&path, &json!({ "status": status })).await.expect(200)
}

#[tokio::test]
async fn a_channel_that_is_off_sends_nothing_and_loses_nothing() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    switch(&admin, "acme-twilio", "disconnected").await;
    world.advance(61);
    world.agent_sends(ANNA, "one").await;
    world.agent_sends(ANNA, "two").await;
    world.drain().await;
    world.sweep().await;
    world.drain().await;
    assert_eq!(world.twilio.calls("send"), 0);
    let waiting = admin.get("/v1/quarantine").await.expect(200);
    let items = waiting["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{waiting}");
    assert!(items.iter().all(|it| it["kind"] == "parked" && it["integration"].is_null()));
    assert!(items[0]["why"].as_str().unwrap().contains("acme-twilio"));

    assert_eq!(switch(&admin, "acme-twilio", "active").await["status"], "active");
    world.settle().await;
    let sent: Vec<_> = world.twilio.sent().into_iter().map(|it| it.body).collect();
    assert_eq!(sent, ["one", "two"]);
    assert_eq!(world.store.count_parked(&world.acme.tenant).await.unwrap(), 0);
}

#[tokio::test]
async fn what_waited_too_long_is_not_sent_late() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    switch(&admin, "acme-twilio", "disconnected").await;
    world.advance(61);
    let asked = world.agent_sends(ANNA, "one").await;
    world.drain().await;
    world.settle().await;
    let message = world.ghl.message(&asked.message_id).unwrap();
    assert_eq!(message.status, "failed", "the agent is told in time");

    switch(&admin, "acme-twilio", "active").await;
    world.settle().await;
    assert!(world.twilio.sent().is_empty());
}

#[tokio::test]
async fn texts_wait_for_a_crm_that_is_off_and_arrive_in_order() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    switch(&admin, "acme-ghl", "disconnected").await;
    world.advance(61);
    let before = calls(&world);
    let number = world.acme.numbers.texting.clone();
    for words in ["one", "two", "three"] {
        world.texting.receives_text(ANNA, number.as_str(), words, &[]).await;
        world.drain().await;
        world.advance(5);
    }
    world.settle().await;
    assert_eq!(calls(&world), before, "nobody was called");
    assert!(world.heard_in_ghl(ANNA).is_empty());
    let waiting = admin.get("/v1/quarantine").await.expect(200);
    assert_eq!(waiting["items"].as_array().unwrap().len(), 3, "{waiting}");

    switch(&admin, "acme-ghl", "active").await;
    world.settle().await;
    assert_eq!(world.heard_in_ghl(ANNA), ["one", "two", "three"]);
}

/// STOP is heard with the CRM off, and the CRM is told when it is back.
#[tokio::test]
async fn an_opt_out_is_heard_with_the_crm_off_and_told_when_it_is_back() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    world.settle().await;
    switch(&admin, "acme-ghl", "disconnected").await;
    world.advance(61);
    world.texting.receives_text(ANNA, number.as_str(), "STOP", &[]).await;
    world.settle().await;
    let standing = admin.get("/v1/opt-outs").await.expect(200);
    assert_eq!(standing["items"][0]["crm_told"], false, "{standing}");
    assert!(world.ghl_may_text(ANNA));

    switch(&admin, "acme-ghl", "active").await;
    world.settle().await;
    assert!(!world.ghl_may_text(ANNA));
    let standing = admin.get("/v1/opt-outs").await.expect(200);
    assert_eq!(standing["items"][0]["crm_told"], true);
}

/// A function that still remembers the old status may park something after everything was let go on.
#[tokio::test]
async fn what_is_parked_after_the_switch_goes_on_as_well() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    switch(&admin, "acme-twilio", "disconnected").await;
    world.advance(61);
    world.agent_sends(ANNA, "one").await;
    world.drain().await;
    switch(&admin, "acme-twilio", "active").await;
    world.drain().await;
    // The consumer has loaded the integration while it was off, and remembers.
    world.agent_sends(ANNA, "two").await;
    world.drain().await;
    world.settle().await;
    let mut sent: Vec<_> = world.twilio.sent().into_iter().map(|it| it.body).collect();
    sent.sort();
    assert_eq!(sent, ["one", "two"]);
}

#[tokio::test]
async fn what_waits_for_a_channel_that_was_taken_away_goes_another_way() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    world.settle().await;
    admin.delete("/v1/integrations/acme-texting").await.expect(204);
    world.advance(61);
    world.agent_sends(ANNA, "by Twilio then").await;
    world.settle().await;
    assert_eq!(world.twilio.sent().len(), 1);
}

fn number(number: &str, integration: &str) -> Value {
    json!({ "number": number, "integration": integration })
}

/// Its number may be left in the pool.
#[tokio::test]
async fn nobody_new_is_given_to_a_channel_that_was_taken_away() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let (twilio, texting) = (&world.acme.numbers.twilio, &world.acme.numbers.texting);
    let wanted = number(twilio.as_str(), "acme-twilio");
    admin.ask(Method::PUT, "/v1/numbers", Some(&wanted), &[]).await.expect(200);
    admin.delete("/v1/integrations/acme-texting").await.expect(204);
    let left = Number {
        route: Route { channel: world.acme.texting.clone(), number: texting.clone() },
        use_for: UseFor::NewConversations,
        registration: Registration::Unknown,
        added_at: NOON,
    };
    world.scope().transaction().add_number(&left).commit().await.unwrap();
    world.advance(61);

    for n in 0..6 {
        let text = json!({ "to": format!("+1212555018{n}"), "text": "hello" });
        admin.post_once("/v1/messages", &format!("k{n}"), &text).await.expect(202);
    }
    world.drain().await;
    assert_eq!(world.twilio.sent().len(), 6);
    world.settle().await;
}

#[tokio::test]
async fn a_text_that_must_leave_by_a_channel_that_was_taken_away_fails_with_the_reason() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let texting = world.acme.numbers.texting.as_str();
    let wanted = number(texting, "acme-texting");
    admin.ask(Method::PUT, "/v1/numbers", Some(&wanted), &[]).await.expect(200);
    let text = json!({
        "to": ANNA, "text": "hello", "from": texting, "send_at": "2026-01-01T13:00:00Z",
    });
    let planned = admin.post_once("/v1/messages", "k1", &text).await.expect(202);
    admin.delete("/v1/integrations/acme-texting").await.expect(204);
    world.settle().await;

    let path = format!("/v1/messages/{}", planned["id"].as_str().unwrap());
    let failed = admin.get(&path).await.expect(200);
    assert_eq!(failed["failure"]["code"], "integration_gone", "{failed}");
    assert!(world.twilio.sent().is_empty() && world.texting.sent().is_empty());
}
