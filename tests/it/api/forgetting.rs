//! A person is forgotten, and still not texted.

use aws::Asked;
use domain::{contact_copy::ContactCopy, event::WebhookEvent, work::CLAIM_LIMIT};
use serde_json::{Value, json};

use super::Key;
use crate::{
    ghl_events::tell,
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
    let erased = erased.expect(200);
    assert_eq!((&erased["messages"], &erased["complete"]), (&json!(1), &json!(true)));
    world.settle().await;
    assert!(world.twilio.sent().is_empty());
}

/// No item holds her number or her words, but for the registry and the ledger.
async fn nothing_is_left_of_anna(world: &World) {
    for (_, item) in Tables::of(world).items().await {
        let (text, kind) = (item.to_string(), item["kind"]["S"].as_str().unwrap());
        let may_name_her = matches!(kind, "opt-out" | "consent entry");
        let names_her = text.contains(ANNA) || text.contains("2125550123");
        assert!(may_name_her || !(names_her || text.contains("knee")), "a {kind} is left: {text}");
    }
}

async fn erase_anna(admin: &Key<'_>) -> Value {
    let why = json!({ "phone": ANNA, "reason": "asked" });
    admin.post("/v1/people/erase", &why).await.expect(200)
}

#[tokio::test]
async fn what_an_agent_wrote_that_could_not_be_sent_is_erased_too() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    world.agent_sends(ANNA, &"about the knee ".repeat(200)).await;
    world.settle().await;
    let erased = erase_anna(&admin).await;
    assert_eq!((&erased["events"], &erased["complete"]), (&json!(1), &json!(true)));
    nothing_is_left_of_anna(&world).await;
    world.settle().await;
}

#[tokio::test]
async fn a_text_that_killed_whoever_read_it_is_erased_too() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "my knee hurts", &[]).await;
    world.lose_jobs("Inbound").await;
    let came = world.scope().events(&world.acme.texting, Asked::newest(1)).await.unwrap();
    let row = world.scope().event(&came.items[0].id).await.unwrap().unwrap();
    let next = WebhookEvent { claims: CLAIM_LIMIT, ..row.body.clone() };
    world.scope().replace_event(row, next).await.unwrap();
    world.settle().await;
    assert_eq!(world.store.count_parked(&world.acme.tenant).await.unwrap(), 1);

    let erased = erase_anna(&admin).await;
    assert_eq!((&erased["events"], &erased["complete"]), (&json!(1), &json!(true)));
    nothing_is_left_of_anna(&world).await;
    world.settle().await;
}

#[tokio::test]
async fn a_report_that_comes_after_the_erasure_brings_her_number_back_to_nobody() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    world.agent_sends(ANNA, "an answer about knees").await;
    world.drain().await;
    assert_eq!(erase_anna(&admin).await["complete"], true);
    world.twilio.deliver_callbacks().await;
    world.settle().await;
    nothing_is_left_of_anna(&world).await;
}

#[tokio::test]
async fn what_ghl_told_of_them_is_gone_as_well() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let anna = json!({ "id": "c1", "phone": ANNA, "name": "Anna Knee", "tags": ["knee"] });
    tell(&world, "ContactCreate", anna).await;
    let deal = json!({ "id": "o1", "contactId": "c1", "name": "a new knee" });
    tell(&world, "OpportunityCreate", deal).await;
    let visit = json!({ "appointment": { "id": "a1", "contactId": "c1", "title": "knee" } });
    tell(&world, "AppointmentCreate", visit).await;
    let letter = json!({ "contactId": "c1", "messageType": "Email", "body": "my knee hurts" });
    tell(&world, "InboundMessage", letter).await;

    let why = json!({ "phone": ANNA, "reason": "asked by letter" });
    let erased = admin.post("/v1/people/erase", &why).await.expect(200);
    assert_eq!(erased["complete"], true, "{erased}");

    for (_, item) in Tables::of(&world).items().await {
        let (kind, text) = (item["kind"]["S"].as_str().unwrap(), item.to_string());
        let is_said = text.to_lowercase().contains("knee") || text.contains(ANNA);
        assert!(!is_said, "a {kind} still has something of hers");
    }
    world.settle().await;
}
