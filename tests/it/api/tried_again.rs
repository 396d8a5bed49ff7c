//! A request that fails may have done its work. Whoever sends it again under its `Idempotency-Key` gets
//! what was done, and nothing is done twice.

use aws::Asked;
use local::emulator::gate::When;
use serde_json::{Value, json};

use super::Key;
use crate::{
    retries::every_call_fails_once,
    world::{ANNA, World},
};

/// Sends it until it is done, as whoever is told nothing does.
async fn until_done(key: &Key<'_>, path: &str, once: &str, body: &Value) -> Value {
    for _ in 0..4 {
        let answer = key.post_once(path, once, body).await;
        if (200..300).contains(&answer.status) {
            return answer.body;
        }
        let is_refused = matches!(answer.body["code"].as_str(), Some("ALREADY_EXISTS"));
        assert!(!is_refused, "{path}: {:?}", answer.body);
        key.world.advance(61);
    }
    panic!("{path} is never done");
}

async fn is_good(world: &World, made: &Value) -> bool {
    let key = Key::with_token(world, made["token"].as_str().unwrap());
    key.get("/v1/me").await.status == 200
}

#[tokio::test]
async fn a_key_is_one_key_and_its_token_is_good_whatever_failed() {
    every_call_fails_once(async |world| {
        let acmes = Key::operator(world).await.acting_for("acme");
        let new = json!({ "name": "site", "role": "agent" });
        let made = until_done(&acmes, "/v1/keys", "k1", &new).await;
        let path = format!("/v1/keys/{}/rotate", made["id"].as_str().unwrap());
        let overlap = json!({ "overlap_minutes": 0 });
        let rotated = until_done(&acmes, &path, "k2", &overlap).await;

        world.dynamo.gate().heal();
        assert!(!is_good(world, &made).await && is_good(world, &rotated).await);
        assert!(rotated.get("expires_at").is_none(), "{rotated}");
        let keys = world.scope().api_keys(Asked::oldest(10)).await.unwrap().items;
        assert_eq!(keys.len(), 2);
        world.settle().await;
    })
    .await;
}

#[tokio::test]
async fn a_tenant_is_its_makers_whatever_failed() {
    every_call_fails_once(async |world| {
        let operator = Key::operator(world).await;
        let new = json!({ "id": "north", "brand": "North", "support": "help" });
        let made = until_done(&operator, "/v1/tenants", "k1", &new).await;
        assert_eq!(made["id"], "north");

        world.dynamo.gate().heal();
        operator.post_once("/v1/tenants", "k2", &new).await.refused(409, "ALREADY_EXISTS");
        world.settle().await;
    })
    .await;
}

/// It is tried, and the tenant takes it up, although the first try went no further than to store it.
#[tokio::test]
async fn an_integration_is_connected_whatever_failed() {
    every_call_fails_once(async |world| {
        let acmes = Key::operator(world).await.acting_for("acme");
        let new = json!({
            "id": "dialler", "template": "aloware",
            "settings": { "api_token": "aloware-demo-token", "sync_contacts": true },
        });
        let made = until_done(&acmes, "/v1/integrations", "k1", &new).await;
        assert_eq!(made["status"], "active", "{made}");

        world.dynamo.gate().heal();
        let tenant = world.scope().tenant().await.unwrap();
        assert_eq!(tenant.contact_copies_to.unwrap().as_str(), "dialler");
        let other = acmes.post_once("/v1/integrations", "k2", &new).await;
        other.refused(409, "ALREADY_EXISTS");
        world.settle().await;
    })
    .await;
}

#[tokio::test]
async fn a_line_of_the_ledger_is_one_line() {
    let world = World::new().await;
    let agent = Key::of(&world, "acme", "agent").await;
    let new = json!({ "phone": ANNA, "channel": "paper", "wording": "I agree." });
    world.dynamo.gate().fail_next("TransactWriteItems", 3, When::After);
    agent.post_once("/v1/consents", "k1", &new).await.refused(503, "UNAVAILABLE");
    world.dynamo.gate().heal();
    world.advance(5);
    agent.post_once("/v1/consents", "k1", &new).await.expect(201);
    let ledger = agent.get("/v1/consents").await.expect(200);
    assert_eq!(ledger["items"].as_array().unwrap().len(), 1, "{ledger}");
    world.settle().await;
}

/// What is done is answered, although the answer cannot be kept for whoever asks again.
#[tokio::test]
async fn an_answer_that_cannot_be_sealed_is_given() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let new = json!({ "name": "site", "role": "agent" });
    world.gate.fail_next("GetSecretValue", u32::MAX, When::Before);
    let first = admin.post_once("/v1/keys", "k1", &new).await.expect(201);
    assert!(is_good(&world, &first).await);

    world.gate.heal();
    world.advance(61);
    let again = admin.post_once("/v1/keys", "k1", &new).await.expect(201);
    assert_eq!(again["id"], first["id"]);
    assert!(is_good(&world, &again).await && !is_good(&world, &first).await);
    world.settle().await;
}

/// Two callers may use the same key, and what was refused is mended under its own.
#[tokio::test]
async fn what_is_made_for_one_request_is_no_others() {
    let world = World::new().await;
    let (one, other) =
        (Key::of(&world, "acme", "admin").await, Key::of(&world, "acme", "admin").await);
    let new = json!({
        "template": "texting",
        "settings": { "api_key": "texting-demo-key", "webhook_secret": "0123456789abcdef" },
    });
    let first = one.post_once("/v1/integrations", "k1", &new).await.expect(201);
    let second = other.post_once("/v1/integrations", "k1", &new).await.expect(201);
    assert_ne!(first["id"], second["id"]);

    let key = json!({ "name": "site", "role": "agent" });
    world.dynamo.gate().fail_next("TransactWriteItems", 3, When::After);
    one.post_once("/v1/keys", "k2", &key).await.refused(503, "UNAVAILABLE");
    world.dynamo.gate().heal();
    let mended = json!({ "name": "shop", "role": "read_only" });
    let made = one.post_once("/v1/keys", "k2", &mended).await.expect(201);
    assert_eq!((&made["name"], &made["role"]), (&json!("shop"), &json!("read_only")));
    world.settle().await;
}
