//! Conversations, and what happened in them.

use serde_json::json;

use super::Key;
use crate::world::{ANNA, BEN, World};

#[tokio::test]
async fn the_latest_conversation_is_first_and_what_nobody_read_is_marked() {
    let world = World::new().await;
    let agent = Key::of(&world, "acme", "agent").await;
    let number = world.acme.numbers.texting.clone();
    for (phone, words) in [(ANNA, "first"), (BEN, "second")] {
        world.texting.receives_text(phone, number.as_str(), words, &[]).await;
        world.settle().await;
        world.advance(60);
    }
    let list = agent.get("/v1/conversations").await.expect(200);
    let phones = |list: &serde_json::Value| -> Vec<_> {
        list["items"].as_array().unwrap().iter().map(|it| it["phone"].clone()).collect()
    };
    assert_eq!(phones(&list), [json!(BEN), json!(ANNA)]);
    assert!(list["items"].as_array().unwrap().iter().all(|it| it["unread"] == true));

    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    let read = agent.post(&format!("/v1/conversations/{id}/read"), &json!({})).await.expect(200);
    assert_eq!(read["unread"], false);
    let unread = agent.get("/v1/conversations?unread=true").await.expect(200);
    assert_eq!(phones(&unread), [json!(ANNA)]);

    // Whoever answers by hand has read it, and it is the latest now.
    world.agent_sends(ANNA, "hi Anna").await;
    world.settle().await;
    let list = agent.get("/v1/conversations").await.expect(200);
    assert_eq!(phones(&list), [json!(ANNA), json!(BEN)]);
    assert!(list["items"].as_array().unwrap().iter().all(|it| it["unread"] == false));
    world.texting.receives_text(BEN, number.as_str(), "still there?", &[]).await;
    world.settle().await;
    let unread = agent.get("/v1/conversations?unread=true").await.expect(200);
    assert_eq!(phones(&unread), [json!(BEN)]);
}

/// "Why did this person get this text?"
#[tokio::test]
async fn a_conversations_timeline_tells_cause_call_and_report_in_order() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    world.settle().await;
    world.advance(30);
    world.agent_sends(ANNA, "hi").await;
    world.settle().await;
    world.texting.deliver_callbacks().await;
    world.settle().await;

    let id = admin.get("/v1/conversations").await.expect(200)["items"][0]["id"].clone();
    let path = format!("/v1/conversations/{}/timeline?limit=100", id.as_str().unwrap());
    let timeline = admin.get(&path).await.expect(200);
    let items = timeline["items"].as_array().unwrap();
    let whats: Vec<_> = items.iter().rev().map(|it| it["what"].as_str().unwrap()).collect();
    let place = |what: &str| {
        whats.iter().position(|it| *it == what).unwrap_or_else(|| panic!("{what} is in {whats:?}"))
    };
    assert!(place("webhook") <= place("add_inbound"), "{whats:?}");
    assert!(place("add_inbound") < place("send"), "{whats:?}");
    assert!(place("send") < place("record_report"), "{whats:?}");
    assert!(place("record_report") <= place("tell_status"), "{whats:?}");
    for called in ["add_inbound", "send", "tell_status"] {
        let call = items.iter().find(|it| it["what"] == called).unwrap();
        assert!(call["took_ms"].is_u64(), "{call}");
    }
    let webhook = items.iter().rev().find(|it| it["what"] == "webhook").unwrap();
    let raw = admin.get(webhook["raw"].as_str().unwrap()).await.expect(200);
    assert!(raw["raw"].as_str().unwrap().contains("hello"), "{raw}");
    assert!(items.iter().all(|it| !it.to_string().contains("hello")), "no words in a timeline");
}
