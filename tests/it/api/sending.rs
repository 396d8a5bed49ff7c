//! Texts that a program asks for.

use serde_json::{Value, json};

use super::Key;
use crate::{
    retries::every_call_fails_once,
    world::{ANNA, BEN, World},
};

fn text(to: &str) -> Value {
    json!({ "to": to, "text": "Your table is ready." })
}

#[tokio::test]
async fn a_text_leaves_once_and_says_what_became_of_it() {
    let world = World::new().await;
    let agent = Key::of(&world, "acme", "agent").await;
    let sent = agent.post_once("/v1/messages", "k1", &text("(212) 555-0123")).await.expect(202);
    assert_eq!((&sent["status"], &sent["phone"]), (&json!("queued"), &json!(ANNA)));
    world.settle().await;

    assert_eq!(world.twilio.sent().len(), 1);
    let path = format!("/v1/messages/{}", sent["id"].as_str().unwrap());
    let accepted = agent.get(&path).await.expect(200);
    assert_eq!((&accepted["status"], &accepted["purpose"]), (&json!("accepted"), &json!("api")));
    assert!(accepted["asked_by"].as_str().unwrap().starts_with("key:"));
    world.twilio.deliver_callbacks().await;
    world.settle().await;
    assert_eq!(agent.get(&path).await.expect(200)["status"], "delivered");
}

/// Whoever is not told what became of a request sends it again, and it is one text.
#[tokio::test]
async fn a_request_survives_the_table_failing_at_every_call_and_is_one_text() {
    every_call_fails_once(async |world| {
        let mut tries = 0;
        // The first failure may strike while the key is made.
        let agent = loop {
            let operator = Key::operator(world).await.acting_for("acme");
            let new = json!({ "name": "agent", "role": "agent" });
            let made = operator.post_once("/v1/keys", "key", &new).await;
            if made.status == 201 {
                break Key::with_token(world, made.body["token"].as_str().unwrap());
            }
            tries += 1;
            assert!(tries < 5, "{} {:?}", made.status, made.body);
            world.advance(61);
        };
        while agent.post_once("/v1/messages", "k1", &text(ANNA)).await.status != 202 {
            tries += 1;
            assert!(tries < 5);
            world.advance(61);
        }
        world.settle().await;
        world.twilio.deliver_callbacks().await;
        world.settle().await;
        assert_eq!(world.twilio.sent().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_send_without_a_key_of_its_own_is_refused() {
    let world = World::new().await;
    let agent = Key::of(&world, "acme", "agent").await;
    agent.post("/v1/messages", &text(ANNA)).await.refused(400, "IDEMPOTENCY_KEY_REQUIRED");
    world.settle().await;
    assert!(world.twilio.sent().is_empty());
}

#[tokio::test]
async fn who_opted_out_is_not_texted() {
    let world = World::new().await;
    let agent = Key::of(&world, "acme", "agent").await;
    let out = json!({ "phone": ANNA, "reason": "asked by telephone" });
    agent.post("/v1/opt-outs", &out).await.expect(201);
    agent.post_once("/v1/messages", "k1", &text(ANNA)).await.refused(409, "OPTED_OUT");
    agent.post_once("/v1/messages", "k2", &text(BEN)).await.expect(202);
    world.settle().await;
    assert_eq!(world.twilio.sent().len(), 1);
}

/// The registry is asked in the moment in which a text leaves.
#[tokio::test]
async fn an_opt_out_stops_what_is_planned() {
    let world = World::new().await;
    let agent = Key::of(&world, "acme", "agent").await;
    let mut later = text(ANNA);
    later["send_at"] = json!("2026-01-01T15:00:00Z");
    let sent = agent.post_once("/v1/messages", "k1", &later).await.expect(202);
    agent.post("/v1/opt-outs", &json!({ "phone": ANNA, "reason": "asked" })).await.expect(201);
    world.settle().await;
    let path = format!("/v1/messages/{}", sent["id"].as_str().unwrap());
    let failed = agent.get(&path).await.expect(200);
    assert_eq!(
        (&failed["status"], &failed["failure"]["reason"]),
        (&json!("failed"), &json!("opted_out"))
    );
    assert!(world.twilio.sent().is_empty());
}

#[tokio::test]
async fn a_planned_text_waits_for_its_time() {
    let world = World::new().await;
    let agent = Key::of(&world, "acme", "agent").await;
    let mut later = text(ANNA);
    later["send_at"] = json!("2026-01-01T15:00:00Z");
    agent.post_once("/v1/messages", "k1", &later).await.expect(202);
    world.advance(3 * 3600 - 60);
    world.sweep().await;
    world.drain().await;
    assert!(world.twilio.sent().is_empty());
    world.settle().await;
    let sent = world.twilio.sent();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].at >= "2026-01-01T15:00:00Z".parse().unwrap());
}

#[tokio::test]
async fn a_cancelled_text_never_leaves_and_one_that_left_cannot_be_cancelled() {
    let world = World::new().await;
    let agent = Key::of(&world, "acme", "agent").await;
    let mut later = text(ANNA);
    later["send_at"] = json!("2026-01-01T15:00:00Z");
    let planned = agent.post_once("/v1/messages", "k1", &later).await.expect(202);
    let path = format!("/v1/messages/{}/cancel", planned["id"].as_str().unwrap());
    assert_eq!(agent.post(&path, &json!({})).await.expect(200)["status"], "cancelled");
    assert_eq!(agent.post(&path, &json!({})).await.expect(200)["status"], "cancelled");
    world.settle().await;
    assert!(world.twilio.sent().is_empty());

    let sent = agent.post_once("/v1/messages", "k2", &text(BEN)).await.expect(202);
    world.settle().await;
    let path = format!("/v1/messages/{}/cancel", sent["id"].as_str().unwrap());
    agent.post(&path, &json!({})).await.refused(409, "INVALID_STATE");
    assert_eq!(world.twilio.sent().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_sent_is_named_by_its_place() {
    let world = World::new().await;
    let agent = Key::of(&world, "acme", "agent").await;
    let cases = [
        (json!({ "to": "12345", "text": "x" }), "/to"),
        (json!({ "to": ANNA }), "/text"),
        (json!({ "to": ANNA, "text": "x".repeat(1601) }), "/text"),
        (json!({ "to": ANNA, "media": ["http://media.example/a.png"] }), "/media/0"),
        (json!({ "to": ANNA, "text": "x", "from": "+14155550199" }), "/from"),
        (json!({ "to": ANNA, "text": "x", "send_at": "2025-01-01T00:00:00Z" }), "/send_at"),
        (json!({ "to": ANNA, "text": "x", "send_at": "tomorrow" }), "/send_at"),
        (json!({ "to": ANNA, "text": "x", "colour": "red" }), "/colour"),
    ];
    for (n, (body, path)) in cases.into_iter().enumerate() {
        let refused = agent.post_once("/v1/messages", &format!("k{n}"), &body).await;
        let refused = refused.refused(400, "INVALID_REQUEST");
        assert_eq!(refused["faults"][0]["path"], path, "{refused}");
        assert!(!refused.to_string().contains(ANNA), "a fault does not repeat a number");
    }
    world.settle().await;
}

/// A pool: each person is always texted from the same number, and not all from one.
#[tokio::test]
async fn a_person_is_always_texted_from_the_same_number() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    for (number, integration) in
        [(&world.acme.numbers.twilio, "acme-twilio"), (&world.acme.numbers.texting, "acme-texting")]
    {
        let wanted = json!({ "number": number.as_str(), "integration": integration });
        let put = admin.ask(reqwest::Method::PUT, "/v1/numbers", Some(&wanted), &[]).await;
        assert_eq!(put.expect(200)["use_for"], "new_conversations");
    }
    let from = async |phone: &str, key: &str| {
        let sent = admin.post_once("/v1/messages", key, &text(phone)).await.expect(202);
        world.settle().await;
        let path = format!("/v1/messages/{}", sent["id"].as_str().unwrap());
        admin.get(&path).await.expect(200)["number"].as_str().unwrap().to_owned()
    };
    let mut used = std::collections::BTreeSet::new();
    for n in 0..8 {
        let phone = format!("+1212555016{n}");
        let first = from(&phone, &format!("a{n}")).await;
        assert_eq!(from(&phone, &format!("b{n}")).await, first, "{phone}");
        used.insert(first);
    }
    assert_eq!(used.len(), 2, "both numbers are used: {used:?}");
}

#[tokio::test]
async fn a_number_that_is_closed_gives_its_conversations_to_another() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    world.settle().await;
    let closed = json!({
        "number": number.as_str(), "integration": "acme-texting", "use_for": "nothing",
        "a2p": "unregistered",
    });
    let put = admin.ask(reqwest::Method::PUT, "/v1/numbers", Some(&closed), &[]).await.expect(200);
    assert!(put["warning"].as_str().unwrap().contains("10DLC"));
    admin.post_once("/v1/messages", "k1", &text(ANNA)).await.expect(202);
    world.settle().await;
    assert!(world.texting.sent().is_empty());
    assert_eq!(world.twilio.sent().len(), 1);
}

#[tokio::test]
async fn a_number_belongs_to_a_channel_of_the_tenants() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    for integration in ["acme-ghl", "zenith-twilio", "nothing"] {
        let wanted = json!({ "number": "+14155550111", "integration": integration });
        let put = admin.ask(reqwest::Method::PUT, "/v1/numbers", Some(&wanted), &[]).await;
        assert_eq!(put.refused(400, "INVALID_REQUEST")["faults"][0]["path"], "/integration");
    }
    let wanted =
        json!({ "number": "+14155550111", "integration": "acme-telnyx", "is_default": true });
    let put = admin.ask(reqwest::Method::PUT, "/v1/numbers", Some(&wanted), &[]).await;
    assert_eq!(put.expect(200)["is_default"], true);
    let sent = admin.post_once("/v1/messages", "k1", &text(BEN)).await.expect(202);
    world.settle().await;
    let path = format!("/v1/messages/{}", sent["id"].as_str().unwrap());
    assert_eq!(admin.get(&path).await.expect(200)["integration"], "acme-telnyx");
}
