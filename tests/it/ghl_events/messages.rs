//! Messages that are in GoHighLevel: ours are known, others are kept, and none is sent.

use aws::{Asked, Commit};
use domain::{
    crm_event::Medium,
    ids::ConversationId,
    message::{Message, Purpose},
    tenant::Tenant,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{anna_texts, event, outcome, post, tell, told};
use crate::{
    api::Key,
    world::{ANNA, World},
};

async fn kept(world: &World) -> Vec<Message> {
    let conversation = ConversationId::with(&world.acme.tenant, &ANNA.parse().unwrap());
    let all = world.scope().messages(&conversation, Asked::oldest(50)).await.unwrap();
    all.items
}

#[tokio::test]
async fn a_message_of_our_own_is_known_when_it_comes_back() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    let ours = world.thread(ANNA)[0].id.clone();
    let heard = json!({
        "contactId": contact, "messageId": ours, "messageType": "SMS", "body": "hello",
    });
    tell(&world, "InboundMessage", heard).await;
    assert_eq!(outcome(&told(&world).await[0]), "our_own");

    let sent = world.agent_sends(ANNA, "hi").await;
    let written = json!({
        "contactId": contact, "messageId": sent.message_id, "messageType": "SMS", "body": "hi",
    });
    tell(&world, "OutboundMessage", written).await;
    assert_eq!(outcome(&told(&world).await[0]), "our_own");
    assert_eq!(kept(&world).await.len(), 2);
    assert_eq!(world.texting.sent().len(), 1);
}

/// GoHighLevel tells of it before it asks us to send it.
#[tokio::test]
async fn an_event_that_overtakes_its_delivery_waits_and_is_in_nobodys_way() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    let written = json!({ "contactId": contact, "messageType": "SMS", "body": "hi", "to": ANNA });
    assert_eq!(post(&world, &event(&world, "OutboundMessage", written)).await.status, 200);
    world.drain().await;
    world.agent_sends(ANNA, "hi").await;
    world.settle().await;
    assert_eq!(kept(&world).await.len(), 2, "hello, and hi once");
    assert_eq!(outcome(&told(&world).await[0]), "our_own");
}

#[tokio::test]
async fn what_others_wrote_is_kept_and_never_sent() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    for (kind, message_type, id) in [
        ("OutboundMessage", "SMS", "m1"),
        ("OutboundMessage", "Email", "m2"),
        ("InboundMessage", "WhatsApp", "m3"),
    ] {
        let body = json!({
            "contactId": contact, "messageId": id, "messageType": message_type, "body": "note",
        });
        tell(&world, kind, body).await;
    }
    let kept = kept(&world).await;
    let seen: Vec<_> = kept.iter().map(|it| (it.purpose, it.medium)).collect();
    assert!(seen.contains(&(Purpose::Mirrored, Medium::Sms)), "{seen:?}");
    assert!(seen.contains(&(Purpose::Mirrored, Medium::Email)), "{seen:?}");
    assert!(seen.contains(&(Purpose::Inbound, Medium::WhatsApp)), "{seen:?}");
    assert!(world.texting.sent().is_empty() && world.twilio.sent().is_empty());
    assert_eq!(world.heard_in_ghl(ANNA), ["hello"], "nothing is brought back");
}

/// A tenant may have numbers for everybody and none that is the usual one.
#[tokio::test]
async fn what_others_wrote_to_somebody_new_is_kept_for_a_tenant_with_a_pool() {
    let world = World::new().await;
    let row = world.scope().tenant_row().await.unwrap().unwrap();
    let tenant = Tenant { default_route: None, ..row.body.clone() };
    let changed = world.scope().transaction().replace_tenant(&row, &tenant).commit().await;
    assert_eq!(changed.unwrap(), Commit::Done);
    let body = json!({
        "contactId": "c1", "messageId": "m1", "messageType": "SMS", "body": "hi", "to": ANNA,
    });
    tell(&world, "OutboundMessage", body.clone()).await;
    assert_eq!(outcome(&told(&world).await[0]), "unmatched", "there is no number at all");

    let admin = Key::of(&world, "acme", "admin").await;
    let number = world.acme.numbers.texting.as_str();
    let pool = json!({
        "number": number, "integration": "acme-texting", "use_for": "new_conversations",
    });
    admin.ask(Method::PUT, "/v1/numbers", Some(&pool), &[]).await.expect(200);
    let again = json!({ "messageId": "m2", "body": "hi again" });
    let mut body = body;
    body.as_object_mut().unwrap().extend(again.as_object().unwrap().clone());
    world.advance(120);
    tell(&world, "OutboundMessage", body).await;
    assert_eq!(kept(&world).await.len(), 1);
    let id = ConversationId::with(&world.acme.tenant, &ANNA.parse().unwrap());
    let conversation = world.scope().conversation(&id).await.unwrap().unwrap().body;
    assert_eq!(conversation.route.number.as_str(), number);
}

#[tokio::test]
async fn an_internal_comment_is_not_even_kept() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    let comment = json!({
        "contactId": contact, "messageId": "m1", "messageType": "InternalComment", "body": "rude",
    });
    let answer = post(&world, &event(&world, "OutboundMessage", comment)).await;
    let said: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(said, json!({ "received": false, "reason": "an internal comment" }));
    world.settle().await;
    assert_eq!(kept(&world).await.len(), 1);
}

#[tokio::test]
async fn what_nobody_has_read_is_counted_as_ghl_counts_it() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    let id = ConversationId::with(&world.acme.tenant, &ANNA.parse().unwrap());
    for count in [2, 0] {
        let unread = json!({ "id": "v1", "contactId": contact, "unreadCount": count });
        tell(&world, "ConversationUnreadUpdate", unread).await;
        let conversation = world.scope().conversation(&id).await.unwrap().unwrap().body;
        assert_eq!(conversation.unread, Some(count));
        assert_eq!(conversation.is_unread(), count > 0);
    }
}

/// They may say it by any means. What we would answer is another matter.
#[tokio::test]
async fn a_stop_that_comes_by_another_way_counts() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    let said = |body: &str, id: &str| json!({ "contactId": contact, "messageId": id, "messageType": "WhatsApp", "body": body });
    tell(&world, "InboundMessage", said("Stop.", "m1")).await;
    let standing = world.scope().opt_out(&ANNA.parse().unwrap()).await.unwrap().unwrap().body;
    assert!(standing.active && standing.source == domain::consent::Source::Texting);
    tell(&world, "InboundMessage", said("START", "m2")).await;
    world.agent_sends(ANNA, "hi").await;
    world.settle().await;
    assert!(world.texting.sent().is_empty(), "nothing is answered, and nobody texts them");
    assert!(!world.ghl_may_text(ANNA), "GoHighLevel is told");
}

#[tokio::test]
async fn an_older_count_does_not_undo_a_newer_one() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    for (count, at) in [(0, "2026-01-01T12:00:05Z"), (2, "2026-01-01T12:00:01Z")] {
        let unread = json!({
            "id": "v1", "contactId": contact, "unreadCount": count, "timestamp": at,
        });
        world.advance(10);
        tell(&world, "ConversationUnreadUpdate", unread).await;
    }
    let id = ConversationId::with(&world.acme.tenant, &ANNA.parse().unwrap());
    let conversation = world.scope().conversation(&id).await.unwrap().unwrap().body;
    assert_eq!(conversation.unread, Some(0));
}
