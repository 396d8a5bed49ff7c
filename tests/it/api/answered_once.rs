//! `Idempotency-Key`, on every POST.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::Key;
use crate::world::World;

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_and_does_nothing() {
    let world = World::new().await;
    let operator = Key::operator(&world).await;
    let new = json!({ "id": "north", "brand": "North", "support": "help" });

    let first = operator.post_once("/v1/tenants", "k1", &new).await;
    let again = operator.post_once("/v1/tenants", "k1", &new).await;

    assert!(!first.headers.contains_key("idempotency-replayed"));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(first.header("etag"), again.header("etag"));
    assert_eq!(first.expect(201), again.expect(201));
    operator.post_once("/v1/tenants", "k2", &new).await.refused(409, "ALREADY_EXISTS");
    world.settle().await;
}

#[tokio::test]
async fn a_key_is_one_request_and_one_callers() {
    let world = World::new().await;
    let operator = Key::operator(&world).await;
    let tenant = |id: &str| json!({ "id": id, "brand": "North", "support": "help" });
    operator.post_once("/v1/tenants", "k1", &tenant("north")).await.expect(201);

    let other = operator.post_once("/v1/tenants", "k1", &tenant("south")).await;
    other.refused(422, "IDEMPOTENCY_KEY_REUSED");
    let acme = Key::of(&world, "acme", "admin").await;
    let new = json!({ "name": "n", "role": "agent" });
    acme.post_once("/v1/keys", "k1", &new).await.expect(201);
    world.settle().await;
}

/// The answer holds the key, which is stored nowhere else: it is sealed until somebody asks again.
#[tokio::test]
async fn a_key_that_is_shown_once_is_shown_again_to_who_repeats_the_request() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let new = json!({ "name": "n", "role": "agent" });
    let first = admin.post_once("/v1/keys", "k1", &new).await.expect(201);
    let again = admin.post_once("/v1/keys", "k1", &new).await.expect(201);

    assert_eq!(first["token"], again["token"]);
    let token = first["token"].as_str().unwrap();
    let secret = token.rsplit('_').next().unwrap();
    for (_, item) in crate::tables::Tables::of(&world).items().await {
        assert!(!item.to_string().contains(secret), "{}", item["kind"]);
    }
    world.settle().await;
}

#[tokio::test]
async fn after_a_day_a_key_is_forgotten() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let new = json!({ "name": "n", "role": "agent" });
    let first = admin.post_once("/v1/keys", "k1", &new).await.expect(201);
    world.advance(24 * 3600 - 1);
    let again = admin.post_once("/v1/keys", "k1", &new).await.expect(201);
    assert_eq!(first["id"], again["id"]);
    world.advance(2);
    let anew = admin.post_once("/v1/keys", "k1", &new).await.expect(201);
    assert_ne!(first["id"], anew["id"]);
    world.settle().await;
}

#[tokio::test]
async fn what_was_refused_may_be_mended_under_its_key() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let wrong = json!({ "name": "", "role": "agent" });
    admin.post_once("/v1/keys", "k1", &wrong).await.refused(400, "INVALID_REQUEST");
    let right = json!({ "name": "n", "role": "agent" });
    admin.post_once("/v1/keys", "k1", &right).await.expect(201);
    world.settle().await;
}

#[tokio::test]
async fn twenty_at_once_are_one_text() {
    let world = World::new().await;
    let agent = Key::of(&world, "acme", "agent").await;
    let new = json!({ "to": "+12125550177", "text": "hello" });
    let sends = (0..20).map(|_| agent.post_once("/v1/messages", "k1", &new));
    let answers = join_all(sends).await;
    world.settle().await;

    for answer in &answers {
        assert!(matches!(answer.status, 202 | 409), "{:?}", answer.body);
    }
    let ids: std::collections::BTreeSet<_> =
        answers.iter().filter(|it| it.status == 202).map(|it| it.body["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(world.twilio.sent().len(), 1);
}

/// The table loses the answer after the text was stored: whoever asks again finds the same text.
#[tokio::test]
async fn a_crash_between_the_effect_and_the_answer_sends_nothing_twice() {
    let world = World::new().await;
    let agent = Key::of(&world, "acme", "agent").await;
    let new = json!({ "to": "+12125550177", "text": "hello" });
    let first: Value = agent.post_once("/v1/messages", "k1", &new).await.expect(202);
    // As if the first had died before it could write its answer down.
    let tables = crate::tables::Tables::of(&world);
    tables.forget("answer given once").await;

    let again = agent.post_once("/v1/messages", "k1", &new).await.expect(202);
    world.settle().await;

    assert_eq!(first["id"], again["id"]);
    assert_eq!(world.twilio.sent().len(), 1);
}

#[tokio::test]
async fn a_key_that_is_used_anew_after_a_day_is_another_text() {
    let world = World::new().await;
    let agent = Key::of(&world, "acme", "agent").await;
    let new = |n: u32| json!({ "to": "+12125550177", "text": format!("number {n}") });
    let mut ids = std::collections::BTreeSet::new();
    for n in 0..4 {
        let sent = agent.post_once("/v1/messages", "k1", &new(n)).await.expect(202);
        world.settle().await;
        // A retry that comes late, over the turn of a day, and whose answer was lost.
        world.advance(20 * 3600);
        crate::tables::Tables::of(&world).forget("answer given once").await;
        let again = agent.post_once("/v1/messages", "k1", &new(n)).await.expect(202);
        assert_eq!(sent["id"], again["id"], "{n}");
        ids.insert(sent["id"].to_string());
        world.advance(24 * 3600);
    }
    world.settle().await;
    assert_eq!(ids.len(), 4);
    assert_eq!(world.twilio.sent().len(), 4);
}

/// The first was stored and answered with 503, so the caller thinks that nothing was done.
#[tokio::test]
async fn another_text_never_passes_for_the_one_that_was_stored_under_its_key() {
    let world = World::new().await;
    let agent = Key::of(&world, "acme", "agent").await;
    let wrong = json!({ "to": "+12125550177", "text": "see you at nine" });
    let stored = agent.post_once("/v1/messages", "k1", &wrong).await.expect(202);
    crate::tables::Tables::of(&world).forget("answer given once").await;
    let right = json!({ "to": "+12125550177", "text": "see you at ten" });
    let refused = agent.post_once("/v1/messages", "k1", &right).await;
    let refused = refused.refused(422, "IDEMPOTENCY_KEY_REUSED");
    assert!(refused["detail"].as_str().unwrap().contains(stored["id"].as_str().unwrap()));
    agent.post_once("/v1/messages", "k2", &right).await.expect(202);
    world.settle().await;
    assert_eq!(world.twilio.sent().len(), 2);
}
