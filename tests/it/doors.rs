//! What callers get for an answer, one for each case, and that it says nothing about us.

mod signatures;

use domain::{
    ids::IntegrationId,
    integration::{Integration, Provider, Status},
};
use local::emulator::gate::{Fault, When};
use serde_json::{Value, json};

use crate::{
    letters::{Answer, CARRIERS, EVERYBODY, Letter, Sender, account_sid, bytes, effects, form},
    world::{ANNA, NOON, World},
};

const UNKNOWN: &str = r#"{"error":"not found"}"#;
const TOO_LARGE: &str = r#"{"error":"the body is larger than 256 KiB"}"#;
const UNEXPECTED: &str = r#"{"error":"unexpected content type"}"#;
const UNREADABLE: &str = r#"{"error":"the body cannot be read"}"#;
const LATER: &str = r#"{"error":"try again later"}"#;

const BODY_LIMIT: usize = 256 * 1024;

fn refused(status: u16, body: &str) -> Answer {
    Answer {
        status,
        content_type: "application/json".to_owned(),
        retry_after: None,
        body: body.to_owned(),
    }
}

/// What a text that was taken in is answered.
fn accepted(sender: Sender, answer: &Answer) -> bool {
    let expected = match sender {
        Sender::Twilio => ("text/xml", r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#),
        Sender::Telnyx | Sender::Texting => ("application/json", r#"{"received":true}"#),
        Sender::Ghl => {
            let body: Value = serde_json::from_str(&answer.body).unwrap();
            assert!(body["messageId"].as_str().unwrap().starts_with("msg_"), "{body}");
            return answer.status == 200 && body["accepted"] == true;
        }
    };
    answer.status == 200 && (answer.content_type.as_str(), answer.body.as_str()) == expected
}

#[tokio::test]
async fn a_signed_text_is_taken_in() {
    let world = World::new().await;
    for sender in EVERYBODY {
        let before = effects(&world);
        let answer = sender.letter(&world, text(sender, &world)).post(&world).await;
        assert!(accepted(sender, &answer), "{sender:?}: {answer:?}");
        // Whom nothing was said with before is noted, so that they can be found and erased.
        let noted = u64::from(sender == Sender::Ghl);
        assert_eq!(effects(&world), before + 2 + noted, "{sender:?} is stored, and has a job");
    }
    world.settle().await;
}

#[tokio::test]
async fn an_address_that_is_not_ours_is_not_found() {
    let world = World::new().await;
    let before = effects(&world);
    for sender in CARRIERS {
        let ours = sender.address(&world);
        let (door, _) = ours.rsplit_once('/').unwrap();
        let others = CARRIERS.into_iter().filter(|it| *it != sender).map(|it| it.address(&world));
        let others = others
            .chain(["/acme-ghl", "/acme", "/nobody", "/acme%23twilio", "/"].map(str::to_owned));
        for other in others {
            let id = other.rsplit('/').next().unwrap().to_owned();
            let address = format!("{door}/{id}");
            let letter = sender.letter_to(&world, address.clone(), text(sender, &world));
            assert_eq!(letter.post(&world).await, refused(404, UNKNOWN), "{address}");
        }
    }
    assert_eq!(effects(&world), before);
}

#[tokio::test]
async fn a_body_of_more_than_256_kib_is_refused() {
    let world = World::new().await;
    for sender in CARRIERS {
        let fits = sender.letter(&world, text_of(sender, &world, BODY_LIMIT));
        assert!(accepted(sender, &fits.post(&world).await), "{sender:?}");

        let before = effects(&world);
        let too_large = sender.letter(&world, text_of(sender, &world, BODY_LIMIT + 1));
        assert_eq!(too_large.post(&world).await, refused(413, TOO_LARGE), "{sender:?}");
        assert_eq!(effects(&world), before);
    }
    world.settle().await;
}

fn text_of(sender: Sender, world: &World, bytes: usize) -> Vec<u8> {
    let bare = text(sender, world).len();
    let body = sender.text_padded(world, ANNA, "SM1", "hello", &"x".repeat(bytes - bare));
    assert_eq!(body.len(), bytes);
    body
}

#[tokio::test]
async fn a_body_of_another_kind_is_refused() {
    let world = World::new().await;
    let before = effects(&world);
    for sender in CARRIERS {
        let letter = sender.letter(&world, text(sender, &world));
        let plain = letter.clone().with("content-type", "text/plain");
        let unsaid = letter.clone().without("content-type");
        for letter in [plain, unsaid] {
            assert_eq!(letter.post(&world).await, refused(415, UNEXPECTED), "{sender:?}");
        }
        assert_eq!(effects(&world), before, "{sender:?}");
    }
    for sender in EVERYBODY {
        let content = format!("{}; charset=UTF-8", sender.content_type());
        let letter = sender.letter(&world, text(sender, &world));
        let answer = letter.with("content-type", &content).post(&world).await;
        assert!(accepted(sender, &answer), "{sender:?}: {answer:?}");
    }
    world.settle().await;
}

#[tokio::test]
async fn a_signed_body_that_cannot_be_read_is_refused_and_does_no_harm() {
    let world = World::new().await;
    let before = effects(&world);
    for sender in CARRIERS {
        for body in malformed(sender) {
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            let answer = sender.letter(&world, body).post(&world).await;
            assert_eq!(answer, refused(400, UNREADABLE), "{sender:?}: {shown}");
        }
        assert_eq!(effects(&world), before, "{sender:?}");
    }
    for sender in CARRIERS {
        let answer = sender.letter(&world, text(sender, &world)).post(&world).await;
        assert!(accepted(sender, &answer), "{sender:?}: {answer:?}");
    }
    world.settle().await;
}

fn malformed(sender: Sender) -> Vec<Vec<u8>> {
    if sender == Sender::Twilio {
        let us = account_sid();
        return vec![
            form(&[("AccountSid", &us), ("SmsStatus", "received")]),
            form(&[("AccountSid", &us), ("SmsStatus", "received"), ("From", ANNA), ("To", ANNA)]),
            form(&[("AccountSid", &us), ("MessageStatus", "delivered")]),
            form(&[("AccountSid", &us), ("MessageStatus", "sent"), ("MessageSid", "a b")]),
        ];
    }
    let mut bodies = not_objects();
    bodies.extend([
        bytes(&json!({ "data": { "id": "1" }, "eventId": "1" })),
        bytes(&json!({
            "data": { "id": "1", "event_type": "message.received", "payload": {} },
            "eventType": "message.received",
        })),
        bytes(&json!({
            "data": { "id": [], "event_type": {}, "payload": 7 },
            "eventType": "message.delivered", "messageId": [],
        })),
    ]);
    bodies
}

fn not_objects() -> Vec<Vec<u8>> {
    let texts = ["", " ", "{", "}{", "null", "7", "[]", "\"text\"", "{\"data\":{}} and more"];
    let mut bodies: Vec<_> = texts.iter().map(|it| it.as_bytes().to_vec()).collect();
    bodies.push(vec![0xff, 0xfe, 0x00]);
    bodies.push("[".repeat(200_000).into_bytes());
    bodies.push("{\"data\":".repeat(20_000).into_bytes());
    bodies
}

/// GoHighLevel repeats whatever is not a success, and stops calling who refuses too often.
#[tokio::test]
async fn what_ghl_signs_and_is_not_for_us_is_dropped_with_success() {
    let world = World::new().await;
    let before = effects(&world);
    let text: Value = serde_json::from_slice(&text(Sender::Ghl, &world)).unwrap();
    let but = |name: &str, value: Value| {
        let mut text = text.clone();
        text[name] = value;
        bytes(&text)
    };
    let mut deliveries: Vec<_> =
        not_objects().into_iter().map(|body| (body, "unreadable")).collect();
    deliveries.extend([
        (but("messageId", Value::Null), "unreadable"),
        (but("locationId", json!(["a"])), "unreadable"),
        (but("attachments", json!({ "not": "a list" })), "unreadable"),
        (but("type", json!("Email")), "not a text"),
        (but("type", json!("InternalComment")), "not a text"),
        (but("type", json!("WhatsApp")), "not a text"),
        (but("locationId", json!("somebodyElses0000000")), "unknown location"),
        (text_of(Sender::Ghl, &world, BODY_LIMIT + 1), "too large"),
    ]);

    for (body, reason) in deliveries {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let answer = Sender::Ghl.letter(&world, body).post(&world).await;
        assert_eq!(answer.status, 200, "{shown}");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body, json!({ "accepted": false, "reason": reason }), "{shown}");
    }
    assert_eq!(effects(&world), before);
    world.settle().await;
}

#[tokio::test]
async fn a_repetition_is_answered_like_the_first_and_has_no_second_effect() {
    let world = World::new().await;
    for sender in EVERYBODY {
        let letter = sender.letter(&world, text(sender, &world));
        let first = letter.post(&world).await;
        assert!(accepted(sender, &first));
        assert_eq!(letter.post(&world).await, first, "{sender:?}");
        world.settle().await;
        assert_eq!(letter_again(sender, &world).post(&world).await, first, "{sender:?}, later");
        world.settle().await;
    }
    assert_eq!(world.heard_in_ghl(ANNA).len(), CARRIERS.len());
    let sent = world.twilio.sent().len() + world.telnyx.sent().len() + world.texting.sent().len();
    assert_eq!(sent, 1);
}

/// Signed anew, as a carrier does on its next attempt.
fn letter_again(sender: Sender, world: &World) -> Letter {
    sender.letter(world, text(sender, world))
}

#[tokio::test]
async fn while_the_table_is_down_everybody_is_asked_to_come_again() {
    let world = World::new().await;
    let down: [(&str, &[&str]); 3] = [
        ("everything", &[]),
        ("reading", &["GetItem", "Query"]),
        ("writing", &["PutItem", "TransactWriteItems"]),
    ];
    for (what, operations) in down {
        if operations.is_empty() {
            world.dynamo.gate().fail(Fault { times: u32::MAX, ..Fault::default() });
        }
        for operation in operations {
            world.dynamo.gate().fail_next(operation, u32::MAX, When::Before);
        }
        for sender in EVERYBODY {
            let answer = sender.letter(&world, text(sender, &world)).post(&world).await;
            assert_eq!(answer, later(sender), "{sender:?}, {what}");
        }
        world.dynamo.gate().heal();
    }

    for sender in EVERYBODY {
        let answer = sender.letter(&world, text(sender, &world)).post(&world).await;
        assert!(accepted(sender, &answer), "{sender:?}: {answer:?}");
    }
    world.settle().await;
    assert_eq!(world.heard_in_ghl(ANNA).len(), CARRIERS.len());
}

/// Nobody can tell whether the caller is who it should be, so it is not told that it is not.
#[tokio::test]
async fn while_its_secrets_cannot_be_opened_a_carrier_is_asked_to_come_again() {
    let world = World::new().await;
    let before = effects(&world);
    // The functions' own vaults have opened nothing yet.
    world.gate.fail_next("Decrypt", u32::MAX, When::Before);
    for sender in CARRIERS {
        let answer = sender.letter(&world, text(sender, &world)).post(&world).await;
        assert_eq!(answer, later(sender), "{sender:?}");
    }
    assert_eq!(effects(&world), before);

    world.gate.heal();
    let without_secret = connect(&world, "acme-bare", json!({})).await;
    let address = format!("/webhooks/texting/{without_secret}");
    let sender = Sender::Texting;
    let letter = sender.letter_to(&world, address, text(sender, &world));
    assert_eq!(letter.post(&world).await, later(sender), "its secret is not set yet");
}

fn later(sender: Sender) -> Answer {
    let status = if sender == Sender::Ghl { 429 } else { 503 };
    Answer { retry_after: Some("5".to_owned()), ..refused(status, LATER) }
}

#[tokio::test]
async fn twilios_reports_are_answered_with_nothing() {
    let world = World::new().await;
    let report = form(&[
        ("AccountSid", &account_sid()),
        ("MessageSid", "SM1"),
        ("MessageStatus", "delivered"),
    ]);
    let nothing =
        Answer { status: 204, content_type: String::new(), retry_after: None, body: String::new() };

    let letter = Sender::Twilio.letter(&world, report);
    assert_eq!(letter.post(&world).await, nothing);
    assert_eq!(letter.post(&world).await, nothing, "repeated");
    world.settle().await;
}

fn text(sender: Sender, world: &World) -> Vec<u8> {
    sender.text(world, ANNA, "SM1", "hello")
}

/// One more Texting integration of acme's, without secrets.
async fn connect(world: &World, id: &str, settings: Value) -> IntegrationId {
    let id = IntegrationId::parse(id).unwrap();
    let new = Integration::new(id.clone(), "another", Provider::Texting, settings, NOON);
    let integration = Integration { status: Status::Active, ..new };
    world.scope().add_integration(&integration).await.unwrap();
    id
}
