//! A person is forgotten, and still not texted.

use domain::contact_copy::ContactCopy;
use serde_json::json;

use super::Key;
use crate::{
    tables::Tables,
    world::{ANNA, BEN, NOON, World},
};

#[tokio::test]
async fn what_was_said_is_gone_and_the_opt_out_stays() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let number = world.acme.numbers.texting.clone();
    for (phone, words) in [(ANNA, "my knee hurts"), (BEN, "bens own words"), (ANNA, "STOP")] {
        world.texting.receives_text(phone, number.as_str(), words, &[]).await;
        world.settle().await;
    }
    world.agent_sends(BEN, "an answer to ben").await;
    world.agent_sends(ANNA, "an answer about knees").await;
    world.settle().await;
    let copy = ContactCopy::wanted(world.acme.aloware.clone(), ANNA.parse().unwrap(), NOON);
    let transaction = world.scope().transaction().set_contact_copy(None, &copy.copied(NOON));
    transaction.commit().await.unwrap();
    let exported = admin.get("/v1/people/export?phone=%2B12125550123").await.expect(200);
    assert!(exported.to_string().contains("my knee hurts"));
    let log = admin.get("/v1/audit-log?limit=1").await.expect(200);
    assert_eq!(log["items"][0]["action"], "person.export", "who read so much is written down");

    let why = json!({ "phone": ANNA, "reason": "asked by letter" });
    let erased = admin.post("/v1/people/erase", &why).await.expect(200);
    assert_eq!(erased["complete"], true, "{erased}");

    let kept = Tables::of(&world).items().await;
    for (_, item) in &kept {
        let text = item.to_string();
        let kind = item["kind"]["S"].as_str().unwrap();
        assert!(!text.contains("knee"), "a {kind} still has her words");
        let may_name_her = matches!(kind, "opt-out" | "consent entry");
        assert!(may_name_her || !text.contains(ANNA), "a {kind} still has her number");
    }
    let all = serde_json::to_string(&kept).unwrap();
    assert!(all.contains("bens own words") && all.contains("an answer to ben"));
    admin
        .post_once("/v1/messages", "k1", &json!({ "to": ANNA, "text": "x" }))
        .await
        .refused(409, "OPTED_OUT");
    world.settle().await;
}

/// Carriers and the CRM repeat what they were not sure we heard, days later even.
#[tokio::test]
async fn a_repetition_of_what_was_erased_brings_nothing_back_and_sends_nothing() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let number = world.acme.numbers.texting.clone();
    let heard = world.texting.receives_text(ANNA, number.as_str(), "my knee hurts", &[]).await;
    world.settle().await;
    let asked = world.agent_sends(ANNA, "an answer about knees").await;
    world.settle().await;
    let sent = world.texting.sent().len() + world.twilio.sent().len();
    admin.post("/v1/people/erase", &json!({ "phone": ANNA, "reason": "asked" })).await.expect(200);

    world.texting.receives_again(&heard.id).await.unwrap();
    world.ghl.redeliver(&asked.message_id).await;
    world.texting.deliver_callbacks().await;
    world.settle().await;

    assert_eq!(world.texting.sent().len() + world.twilio.sent().len(), sent);
    assert_eq!(world.heard_in_ghl(ANNA).len(), 1);
    for (_, item) in Tables::of(&world).items().await {
        assert!(!item.to_string().contains("knee"), "{}", item["kind"]);
    }
}

#[tokio::test]
async fn what_was_to_be_sent_to_them_is_not() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let later = json!({ "to": ANNA, "text": "later", "send_at": "2026-01-01T15:00:00Z" });
    admin.post_once("/v1/messages", "k1", &later).await.expect(202);
    let erased = admin.post("/v1/people/erase", &json!({ "phone": ANNA, "reason": "asked" })).await;
    assert_eq!(erased.expect(200)["complete"], true);
    world.settle().await;
    assert!(world.twilio.sent().is_empty());
}
