//! Keys, made and ended through the API.

use serde_json::json;

use super::Key;
use crate::world::World;

#[tokio::test]
async fn a_key_is_shown_once_and_never_again() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let made = admin.post("/v1/keys", &json!({ "name": "site", "role": "agent" })).await;
    let made = made.expect(201);
    let token = made["token"].as_str().unwrap();
    let secret = token.rsplit('_').next().unwrap();

    let id = made["id"].as_str().unwrap();
    let shown = admin.get(&format!("/v1/keys/{id}")).await.expect(200);
    assert_eq!(shown["last4"], secret[secret.len() - 4..]);
    assert!(!shown.to_string().contains(secret));
    let me = Key::with_token(&world, token).get("/v1/me").await.expect(200);
    assert_eq!(me["subject"], format!("key:{id}"));
    assert_eq!((&me["role"], &me["tenant"]), (&json!("agent"), &json!("acme")));
    world.settle().await;
}

#[tokio::test]
async fn a_revoked_key_opens_nothing() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let made = admin.post("/v1/keys", &json!({ "name": "site", "role": "agent" })).await;
    let made = made.expect(201);
    let key = Key::with_token(&world, made["token"].as_str().unwrap());
    key.get("/v1/me").await.expect(200);

    let revoked = admin.delete(&format!("/v1/keys/{}", made["id"].as_str().unwrap())).await;
    assert_eq!(revoked.expect(200)["state"], "revoked");
    key.get("/v1/me").await.expect(403);
    world.settle().await;
}

#[tokio::test]
async fn a_rotated_key_is_good_for_as_long_as_somebody_says() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let made = admin.post("/v1/keys", &json!({ "name": "site", "role": "agent" })).await;
    let made = made.expect(201);
    let path = format!("/v1/keys/{}/rotate", made["id"].as_str().unwrap());
    let new = admin.post(&path, &json!({ "overlap_minutes": 10 })).await.expect(201);
    let (old, new) = (&made["token"], &new["token"]);
    let old = Key::with_token(&world, old.as_str().unwrap());
    let new = Key::with_token(&world, new.as_str().unwrap());

    old.get("/v1/me").await.expect(200);
    assert_eq!(new.get("/v1/me").await.expect(200)["role"], "agent");
    world.advance(601);
    old.get("/v1/me").await.expect(403);
    new.get("/v1/me").await.expect(200);
    admin.post(&path, &json!({})).await.refused(409, "INVALID_STATE");
    world.settle().await;
}

#[tokio::test]
async fn nobody_makes_a_key_that_may_more_than_they_may() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    for role in ["operator", "owner", ""] {
        let answer = admin.post("/v1/keys", &json!({ "name": "x", "role": role })).await;
        answer.refused(400, "INVALID_REQUEST");
    }
    let operator = Key::operator(&world).await;
    let made = operator.post("/v1/keys", &json!({ "name": "ops", "role": "operator" })).await;
    let made = made.expect(201);
    let key = Key::with_token(&world, made["token"].as_str().unwrap());
    assert_eq!(key.get("/v1/tenants").await.expect(200)["items"][0]["id"], "acme");
    let answer = operator.post("/v1/keys", &json!({ "name": "x", "role": "admin" })).await;
    answer.refused(400, "INVALID_REQUEST");
    world.settle().await;
}

#[tokio::test]
async fn a_key_makes_so_many_requests_in_a_minute_and_no_more() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let new = json!({ "name": "slow", "role": "read_only", "requests_per_minute": 3 });
    let made = admin.post("/v1/keys", &new).await.expect(201);
    let key = Key::with_token(&world, made["token"].as_str().unwrap());

    for left in ["2", "1", "0"] {
        let answer = key.get("/v1/me").await;
        assert_eq!(answer.header("ratelimit-limit"), "3");
        assert_eq!(answer.header("ratelimit-remaining"), left);
        answer.expect(200);
    }
    let answer = key.get("/v1/me").await;
    let wait: i64 = answer.header("retry-after").parse().unwrap();
    assert_eq!(answer.header("ratelimit-reset"), answer.header("retry-after"));
    answer.refused(429, "RATE_LIMIT_EXCEEDED");
    admin.get("/v1/me").await.expect(200);
    world.advance(wait);
    key.get("/v1/me").await.expect(200);
    world.settle().await;
}

/// Whoever is known learns it from every answer, also from one that refuses the request itself.
#[tokio::test]
async fn a_refusal_says_how_many_requests_are_left() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let new = json!({ "name": "site", "role": "agent" });
    let no_key = "x".repeat(256);
    for answer in [
        admin.post_once("/v1/keys", &no_key, &new).await,
        admin.post_once("/v1/keys", "k1", &json!({})).await,
        admin.get("/v1/nothing").await,
    ] {
        assert!((400..500).contains(&answer.status), "{:?}", answer.body);
        for name in ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"] {
            assert!(answer.headers.contains_key(name), "{name} of {:?}", answer.body);
        }
    }
    world.settle().await;
}

#[tokio::test]
async fn every_change_has_a_line_in_the_audit_log_and_no_line_has_a_secret() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let made = admin.post("/v1/keys", &json!({ "name": "site", "role": "agent" })).await;
    let request = made.header("x-request-id").to_owned();
    let made = made.expect(201);
    let id = made["id"].as_str().unwrap();
    admin.delete(&format!("/v1/keys/{id}")).await.expect(200);
    let me = admin.get("/v1/me").await.expect(200);

    let log = admin.get("/v1/audit-log").await.expect(200);
    let actions: Vec<_> =
        log["items"].as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["key.revoke", "key.create", "key.create"]);
    let created = &log["items"][1];
    assert_eq!((&created["who"], &created["subject"]), (&me["subject"], &made["id"]));
    assert_eq!(created["request"], request);
    let secret = made["token"].as_str().unwrap().rsplit('_').next().unwrap();
    assert!(!log.to_string().contains(secret));
    world.settle().await;
}
