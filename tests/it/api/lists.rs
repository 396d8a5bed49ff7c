//! Lists come in pages, and a page's cursor opens nothing else.

use serde_json::{Value, json};

use super::Key;
use crate::world::{ANNA, World};

async fn ten_consents(key: &Key<'_>) {
    for n in 0..10 {
        let new = json!({
            "phone": format!("+1212555018{n}"), "channel": "paper", "wording": "I agree.",
            "at": format!("2025-12-0{}T12:00:00Z", n.max(1)),
        });
        key.post("/v1/consents", &new).await.expect(201);
    }
}

#[tokio::test]
async fn the_pages_of_a_list_are_the_whole_list_once() {
    let world = World::new().await;
    let agent = Key::of(&world, "acme", "agent").await;
    ten_consents(&agent).await;
    let whole = agent.get("/v1/consents").await.expect(200);
    assert!(whole.get("next_cursor").is_none());
    let mut pages: Vec<Value> = Vec::new();
    let mut path = "/v1/consents?limit=3".to_owned();
    loop {
        let page = agent.get(&path).await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 3);
        pages.extend(items.clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        assert!(!next.contains("2125550"), "a cursor shows nothing");
        path = format!("/v1/consents?limit=3&cursor={next}");
    }
    assert_eq!(json!(pages), whole["items"]);
    world.settle().await;
}

#[tokio::test]
async fn a_cursor_is_one_tenants_and_one_lists() {
    let world = World::new().await;
    world.another_tenant().await;
    let agent = Key::of(&world, "acme", "agent").await;
    let zenith = Key::of(&world, "zenith", "agent").await;
    ten_consents(&agent).await;
    let page = agent.get("/v1/consents?limit=3").await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    for (key, path) in [
        (&zenith, format!("/v1/consents?cursor={cursor}")),
        (&agent, format!("/v1/opt-outs?cursor={cursor}")),
        (&agent, format!("/v1/consents?cursor=x{cursor}")),
        (&agent, "/v1/consents?cursor=AAAA".to_owned()),
    ] {
        let refused = key.get(&path).await.refused(400, "INVALID_REQUEST");
        assert_eq!(refused["faults"][0]["path"], "cursor", "{path}");
    }
    for limit in ["0", "101", "-1"] {
        let refused = agent.get(&format!("/v1/consents?limit={limit}")).await;
        assert_eq!(refused.refused(400, "INVALID_REQUEST")["faults"][0]["path"], "limit");
    }
    agent.get("/v1/consents?limit=many").await.refused(400, "INVALID_REQUEST");
    world.settle().await;
}

#[tokio::test]
async fn the_sync_log_of_a_day_has_every_operation_with_its_outcome() {
    let world = World::new().await;
    let reader = Key::of(&world, "acme", "read_only").await;
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    world.settle().await;
    let log = reader.get("/v1/sync-log?day=2026-01-01").await.expect(200);
    let line = &log["items"][0];
    assert_eq!((&line["operation"], &line["result"]), (&json!("add_inbound"), &json!("success")));
    assert!(line["took_ms"].is_u64() && line["event"].is_string(), "{line}");
    assert_eq!(reader.get("/v1/sync-log?day=2026-01-02").await.expect(200)["items"], json!([]));
    let wrong = reader.get("/v1/sync-log?day=yesterday").await.refused(400, "INVALID_REQUEST");
    assert_eq!(wrong["faults"][0]["path"], "day");
}
