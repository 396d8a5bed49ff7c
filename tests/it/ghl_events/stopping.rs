//! Who says STOP by a way that is not ours is not texted from then on, whatever else has to wait.

use domain::{consent::Source, ids::CrmContactId};
use serde_json::{Value, json};

use super::{anna_texts, event, outcome, post, tell, told};
use crate::{
    api::Key,
    world::{ANNA, World, answer_lost, unavailable},
};

/// What Anna says by another way. The documents show such an event without an id for the message.
fn said(contact: &CrmContactId, medium: &str, text: &str) -> Value {
    json!({ "contactId": contact, "messageType": medium, "body": text, "from": ANNA })
}

async fn is_out(world: &World) -> bool {
    let standing = world.scope().opt_out(&ANNA.parse().unwrap()).await.unwrap();
    standing.is_some_and(|it| it.body.active)
}

async fn texts(world: &World, text: &str) {
    world.texting.receives_text(ANNA, world.acme.numbers.texting.as_str(), text, &[]).await;
    world.settle().await;
    world.advance(120);
}

#[tokio::test]
async fn it_counts_while_the_connection_is_broken_and_the_rest_of_it_waits() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    let admin = Key::of(&world, "acme", "admin").await;
    admin
        .patch("/v1/integrations/acme-ghl", &json!({ "status": "disconnected" }))
        .await
        .expect(200);
    world.advance(61);
    let stop = event(&world, "InboundMessage", said(&contact, "WhatsApp", "Stop"));
    assert_eq!(post(&world, &stop).await.status, 200);
    world.settle().await;
    assert!(is_out(&world).await);
    let parked = world.store.count_parked(&world.acme.tenant).await.unwrap();
    assert_eq!(parked, 2, "the message, and that GoHighLevel is told");
    let text = json!({ "to": ANNA, "text": "still there?" });
    let sent = admin.post_once("/v1/messages", "k1", &text).await;
    world.settle().await;
    assert!(world.texting.sent().is_empty() && world.twilio.sent().is_empty(), "{sent:?}");
}

/// It looks as if it might be a text of ours for a minute. The STOP in it does not wait for that.
#[tokio::test]
async fn it_counts_at_once_by_sms_at_another_number() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    world.advance(300);
    let stop = event(&world, "InboundMessage", said(&contact, "SMS", "STOP"));
    assert_eq!(post(&world, &stop).await.status, 200);
    world.drain().await;
    assert!(is_out(&world).await);
    world.settle().await;
    assert_eq!(outcome(&told(&world).await[0]), "applied", "and then it is kept");
}

#[tokio::test]
async fn it_counts_each_time_it_is_said() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    world.advance(300);
    tell(&world, "InboundMessage", said(&contact, "SMS", "STOP")).await;
    assert!(is_out(&world).await);
    world.advance(300);
    texts(&world, "START").await;
    assert!(!is_out(&world).await);
    world.advance(300);
    tell(&world, "InboundMessage", said(&contact, "SMS", "STOP")).await;
    assert!(is_out(&world).await);
    assert_eq!(outcome(&told(&world).await[0]), "applied");
}

/// The echo of a STOP that was told long ago does not undo what was said since.
#[tokio::test]
async fn a_start_that_came_after_it_stands() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    let mut stop = event(&world, "InboundMessage", said(&contact, "SMS", "STOP"));
    stop["dateAdded"] = json!(world.now().to_string());
    world.advance(300);
    texts(&world, "STOP").await;
    texts(&world, "START").await;
    assert_eq!(post(&world, &stop).await.status, 200);
    world.settle().await;
    assert!(!is_out(&world).await);
}

/// A workflow's hook says what the person has texted us, without an id, and after their next text.
#[tokio::test]
async fn the_echo_of_a_text_to_us_says_nothing_new() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    for text in ["STOP", "START"] {
        world.texting.receives_text(ANNA, world.acme.numbers.texting.as_str(), text, &[]).await;
        world.settle().await;
        world.advance(10);
    }
    tell(&world, "InboundMessage", said(&contact, "SMS", "STOP")).await;
    assert!(!is_out(&world).await);
    assert_eq!(outcome(&told(&world).await[0]), "our_own");
}

#[tokio::test]
async fn it_counts_in_an_e_mail_in_html_above_what_it_answers() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    let mail = "<html><style>p{}</style><div>Unsubscribe.</div><br><blockquote>On Friday, Acme \
                wrote:<p>10 % off!</p></blockquote></html>";
    let mut mail = said(&contact, "Email", mail);
    mail["plainText"] = json!("");
    tell(&world, "InboundMessage", mail).await;
    assert!(is_out(&world).await);
    let standing = world.scope().opt_out(&ANNA.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(standing.body.source, Source::Texting);
}

#[tokio::test]
async fn it_counts_in_an_e_mail_without_markup_above_what_it_answers() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    let mail = "\nStop\n\nOn Friday, Acme <hello@acme.example> wrote:\n> 10 % off!";
    tell(&world, "InboundMessage", said(&contact, "Email", mail)).await;
    assert!(is_out(&world).await);
}

/// GoHighLevel took the text and did not say so, told of it, and stayed down for minutes.
#[tokio::test]
async fn a_text_that_was_in_doubt_when_ghl_told_of_it_is_kept_once() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    world.advance(300);
    world.ghl.faults().add(answer_lost("add_inbound", 1));
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "once", &[]).await;
    world.drain().await;
    world.ghl.faults().add(unavailable("list_messages", 4));
    let in_ghl = world.thread(ANNA).last().unwrap().clone();
    assert_eq!(in_ghl.body, "once");
    let mut echo = said(&contact, "SMS", "once");
    echo["messageId"] = json!(in_ghl.id);
    assert_eq!(post(&world, &event(&world, "InboundMessage", echo)).await.status, 200);
    world.settle().await;
    let conversation =
        domain::ids::ConversationId::with(&world.acme.tenant, &ANNA.parse().unwrap());
    let kept = world.scope().messages(&conversation, aws::Asked::newest(9)).await.unwrap().items;
    let kept: Vec<_> = kept.iter().filter(|it| it.text.as_str() == "once").collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].provider_message.is_some(), "{kept:?}");
    assert_eq!(world.heard_in_ghl(ANNA), ["hello", "once"]);
}
