//! The stored form, which is read as it was.

use serde_json::json;

use super::{super::MarketplaceEvent, index, sample};

#[test]
fn what_was_stored_is_read_as_it_was() {
    for (file, _) in index().into_iter().filter(|(_, kind)| kind.is_some()) {
        let event = sample(&file);
        let stored = serde_json::to_string(&event).unwrap();
        let read: MarketplaceEvent = serde_json::from_str(&stored).unwrap();
        assert_eq!(read, event, "{file}");
    }
}

/// The stored form is a contract with yesterday's items.
#[test]
fn the_stored_form_is_stable() {
    let unread = sample("ConversationUnreadWebhook.json");
    assert_eq!(
        serde_json::to_value(unread).unwrap(),
        json!({
            "webhook_id": null,
            "at": null,
            "app": null,
            "location": "ADVlSQnPsdq3hinusd6C3",
            "company": null,
            "kind": "ConversationUnreadUpdate",
            "what": {
                "event": "conversation_unread",
                "conversation": "MzKIpg0rEIH2ZUGKf6BS",
                "contact": "zsYhPBOUsEHtrK508Wm9",
                "unread": 0,
                "is_deleted": false,
            },
        })
    );
}

#[test]
fn the_stored_form_of_a_message_is_stable() {
    let stored = serde_json::to_value(sample("InboundMessage.sms.json").what).unwrap();
    assert_eq!(
        stored,
        json!({
            "event": "message",
            "direction": "inbound",
            "kind": "SMS",
            "message": null,
            "conversation": "fcanlLgpbQgQhderivVs",
            "contact": "cI08i1Bls3iTB9bKgFJh",
            "body": "This is a test message",
            "plain_text": null,
            "subject": null,
            "attachments": [],
            "from": "+15551234567",
            "to": ["+15559876543"],
            "status": "delivered",
            "source": null,
            "user": null,
            "conversation_provider": "cI08i1Bls3iTB9bKgF01",
            "original": null,
            "at": "2021-04-21T11:31:45.75Z",
        })
    );
}

#[test]
fn the_stored_form_of_a_contact_is_stable() {
    let stored = serde_json::to_value(sample("observed/ContactDelete.json").what).unwrap();
    let told =
        ["phone", "tags", "dnd", "dnd_settings", "added_at"].map(|it| &stored["contact"][it]);
    let setting = json!({
        "status": "active",
        "message": "Updated by 'Test User' at 2026-03-26T13:15:09.433Z",
        "code": "103",
    });
    let expected = [
        json!("+12025550123"),
        json!([]),
        json!(false),
        json!({ "Email": setting }),
        json!("2026-03-26T13:15:09.387Z"),
    ];
    assert_eq!(told, expected.each_ref());
    assert_eq!((&stored["event"], &stored["action"]), (&json!("contact"), &json!("deleted")));
}
