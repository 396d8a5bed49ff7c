//! What the app is told, how, and how often.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    super::*,
    support::{Fixture, PHONE, of_location},
};
use crate::sims::{clock::Clock, outbox::Treatment};

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|it| it["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_a_call_does_to_a_contact_is_told() {
    let fixture = Fixture::new().await;
    let path = format!("/contacts/{}", fixture.contact().await);
    let put = |body| fixture.call(Method::PUT, &path, "token1", body);
    put(json!({ "firstName": "Anna" })).await;
    put(json!({ "firstName": "Anna" })).await;
    put(json!({ "dndSettings": { "SMS": { "status": "active" } } })).await;
    let tags = format!("{path}/tags");
    fixture.call(Method::POST, &tags, "token1", json!({ "tags": ["a"] })).await;
    assert_eq!(fixture.call(Method::DELETE, &path, "token1", Value::Null).await.0, 200);

    assert!(fixture.ours.heard().is_empty(), "nothing leaves by itself");
    let answers = fixture.ghl.deliver_events().await;
    assert!(answers.iter().all(|(_, status)| *status == Some(200)), "{answers:?}");
    let heard = fixture.ours.heard();
    assert_eq!(
        types(&heard),
        ["ContactCreate", "ContactUpdate", "ContactDndUpdate", "ContactTagUpdate", "ContactDelete"]
    );
    assert_eq!((&heard[0]["phone"], &heard[0]["locationId"]), (&json!(PHONE), &json!("loc1")));
    assert_eq!(heard[2]["dndSettings"]["SMS"]["status"], "active");
    assert_eq!(heard[3]["tags"], json!(["a"]));
    assert!(heard.iter().all(|it| it["dnd"].is_null() && it["id"] == heard[0]["id"]));
    assert_eq!(heard[0]["timestamp"], "2026-01-01T12:00:00.000Z");
    assert_eq!(heard[0]["webhookId"].as_str().unwrap().len(), 36);
    assert_eq!(fixture.ghl.violations(), []);
}

#[tokio::test]
async fn what_an_agent_does_is_told() {
    let fixture = Fixture::new().await;
    fixture.contact().await;
    let ghl = &fixture.ghl;
    ghl.agent_changes_contact("loc1", PHONE, &json!({ "firstName": "Anna" })).unwrap();
    ghl.agent_sends(AgentMessage::new("loc1", PHONE, "hi")).await.unwrap();
    let comment = ghl.agent_comments("loc1", PHONE, "call her").unwrap();
    ghl.agent_deletes_contact("loc1", PHONE).unwrap();
    ghl.deliver_events().await;

    let heard = fixture.ours.heard();
    assert_eq!(
        types(&heard),
        ["ContactCreate", "ContactUpdate", "OutboundMessage", "OutboundMessage", "ContactDelete"]
    );
    assert_eq!((&heard[2]["source"], &heard[2]["messageType"]), (&json!("app"), &json!("SMS")));
    assert_eq!((&heard[2]["to"], &heard[2]["body"]), (&json!(PHONE), &json!("hi")));
    assert_eq!(heard[2]["conversationProviderId"], "provider1");
    assert_eq!(
        (&heard[3]["messageType"], &heard[3]["messageId"]),
        (&json!("InternalComment"), &json!(comment))
    );
    assert_eq!(heard[3].get("messageTypeId"), None);
}

/// The app's own messages come back to it.
#[tokio::test]
async fn messages_come_back_to_whoever_added_them() {
    let fixture = Fixture::new().await;
    let contact = fixture.contact().await;
    let path = "/conversations/messages/inbound";
    let received =
        json!({ "type": "SMS", "contactId": contact, "message": "hi", "direction": "inbound" });
    let (_, added) = fixture.call(Method::POST, path, "token1", received).await;
    let sent = json!({ "type": "SMS", "contactId": contact, "message": "hello" });
    fixture.call(Method::POST, "/conversations/messages", "token1", sent).await;
    fixture.ghl.agent_sends(AgentMessage::new("loc1", PHONE, "hi")).await.unwrap();
    fixture.ghl.deliver_events().await;

    let heard = fixture.ours.heard();
    assert_eq!(
        types(&heard)[1..],
        [
            "InboundMessage",
            "ConversationUnreadUpdate",
            "OutboundMessage",
            "OutboundMessage",
            "ConversationUnreadUpdate"
        ]
    );
    assert_eq!((&heard[1]["messageId"], &heard[1]["from"]), (&added["messageId"], &json!(PHONE)));
    assert_eq!((&heard[2]["unreadCount"], &heard[5]["unreadCount"]), (&json!(1), &json!(0)));
    assert_eq!((&heard[3]["source"], &heard[4]["source"]), (&json!("api"), &json!("app")));
}

#[tokio::test]
async fn an_event_is_signed_and_the_same_to_the_byte_however_often_it_comes() {
    let fixture = Fixture::new().await;
    fixture.contact().await;
    fixture.ghl.deliver_events().await;
    let id = fixture.ghl.events()[0]["webhookId"].as_str().unwrap().to_owned();

    assert_eq!(fixture.ghl.resend(&id).await, Delivered::Answered(200));
    assert_eq!(fixture.ghl.resend("made-up").await, Delivered::Nowhere);

    let events = fixture.ours.events.lock().unwrap().clone();
    assert_eq!(events[0], events[1]);
    let signature = BASE64_STANDARD.decode(&events[0].0).unwrap();
    let key = fixture.ghl.public_key();
    UnparsedPublicKey::new(&ED25519, key.raw()).verify(&events[0].1, &signature).unwrap();
}

#[tokio::test]
async fn an_event_that_is_not_taken_comes_twelve_times_more() {
    let fixture = Fixture::new().await;
    fixture.contact().await;
    fixture.ours.answers(404);
    for _ in 0..15 {
        fixture.ghl.deliver_events().await;
    }
    assert_eq!(fixture.ours.heard().len(), 13);
    assert!(fixture.ghl.pending_events().is_empty());

    fixture.ghl.consent(of_location());
    fixture.ghl.deliver_events().await;
    fixture.ours.answers(204);
    assert_eq!(fixture.ghl.deliver_events().await, [("INSTALL".to_owned(), Some(204))]);
    assert!(fixture.ghl.deliver_events().await.is_empty());
}

#[tokio::test]
async fn events_are_repeated_reversed_and_shuffled_on_demand() {
    let fixture = Fixture::new().await;
    let contact = fixture.contact().await;
    fixture.ghl.deliver_events().await;
    let tag = async |name: &str| {
        let path = format!("/contacts/{contact}/tags");
        fixture.call(Method::POST, &path, "token1", json!({ "tags": [name] })).await;
    };
    let order = async |treatment| {
        fixture.ours.events.lock().unwrap().clear();
        fixture.ghl.treat_events(treatment).await;
        fixture.ghl.deliver_events().await;
        let heard = fixture.ours.heard();
        heard.iter().map(|it| it["tags"].as_array().unwrap().len()).collect::<Vec<_>>()
    };
    for name in ["1", "2"] {
        tag(name).await;
    }
    assert_eq!(order(Treatment::Repeat).await, [1, 1, 2, 2]);
    for name in ["3", "4"] {
        tag(name).await;
    }
    assert_eq!(order(Treatment::Reverse).await, [4, 3]);
    for name in ["5", "6", "7", "8", "9", "10"] {
        tag(name).await;
    }
    let mut shuffled = order(Treatment::Shuffle).await;
    assert_ne!(shuffled, [5, 6, 7, 8, 9, 10]);
    shuffled.sort_unstable();
    assert_eq!(shuffled, [5, 6, 7, 8, 9, 10]);
}

#[tokio::test]
async fn any_event_is_emitted_with_what_it_lacks() {
    let fixture = Fixture::new().await;
    let sample = json!({ "type": "TaskCreate", "locationId": "loc1", "appId": "another" });

    assert_eq!(fixture.ghl.emit(sample).await, Delivered::Answered(200));
    assert_eq!(fixture.ghl.emit_raw(b"no JSON").await, Delivered::Answered(200));

    let events = fixture.ours.events.lock().unwrap().clone();
    let first: Value = serde_json::from_slice(&events[0].1).unwrap();
    assert_eq!(first["appId"], "another");
    assert!(first["webhookId"].is_string() && first["timestamp"].is_string());
    assert_eq!(&events[1].1[..], b"no JSON");
}

#[tokio::test]
async fn nobody_is_told_without_an_address() {
    let fixture = Fixture::with(|it| it.app.as_mut().unwrap().webhook_url = None).await;
    fixture.contact().await;

    assert!(fixture.ghl.events().is_empty());
    assert_eq!(fixture.ghl.emit(json!({})).await, Delivered::Nowhere);
}

#[tokio::test]
async fn with_the_machines_clock_events_leave_by_themselves() {
    let fixture = Fixture::with(|options| options.clock = Clock::Machine).await;
    fixture.contact().await;

    for _ in 0..100 {
        if !fixture.ours.heard().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }

    assert_eq!(types(&fixture.ours.heard()), ["ContactCreate"]);
}

#[tokio::test]
async fn the_app_is_controlled_over_http() {
    let fixture = Fixture::new().await;
    fixture.ghl.consent(of_location());
    let post = async |path: &str, body: Value| {
        let request = fixture.request(Method::POST, &format!("/_control/{path}"));
        request.json(&body).send().await.unwrap().status().as_u16()
    };

    assert_eq!(post("pause", json!({ "location": "loc2" })).await, 204);
    assert_eq!(post("uninstall", json!({ "location": "loc1" })).await, 204);
    assert_eq!(post("emit", json!({ "type": "TaskCreate" })).await, 200);
    assert_eq!(post("events", json!({ "action": "hold" })).await, 200);

    let app = fixture.request(Method::GET, "/_control/app").send().await.unwrap();
    let app = app.text().await.unwrap();
    assert!(!app.contains("the-secret-of-the-app") && !app.contains("token2"), "{app}");
    let app: Value = serde_json::from_str(&app).unwrap();
    assert_eq!((&app["locations"][1]["isPaused"], &app["waiting"]), (&json!(true), &json!(2)));
    assert_eq!(app["locations"][0]["isInstalled"], false);
    assert_eq!(types(&fixture.ours.heard()), ["TaskCreate"]);
}

#[tokio::test]
async fn the_busiest_ten_seconds_are_known() {
    let fixture = Fixture::new().await;
    for _ in 0..3 {
        fixture.contact().await;
        fixture.clock.advance(jiff::SignedDuration::from_secs(4));
    }
    assert_eq!(fixture.ghl.most_calls_in_ten_seconds("loc1"), 3);
    fixture.contact().await;
    assert_eq!(fixture.ghl.most_calls_in_ten_seconds("loc1"), 3);
    assert_eq!(fixture.ghl.most_calls_in_ten_seconds("loc2"), 0);
}
