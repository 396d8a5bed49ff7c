//! Messages to people.

use domain::{
    conversation::Route,
    delivery::Delivery,
    ids::{CrmMessageId, IntegrationId, MessageId},
    message::{Message, Purpose},
    text::MessageText,
};
use serde_json::{Value, json};

use super::{NOON, NOON_MILLIS, NOON_TEXT, acme, stored};
use crate::keys::Key;

pub(super) fn message() -> Message {
    let phone = "+12125550123".parse().unwrap();
    let id = MessageId::parse("msg_1").unwrap();
    Message::outgoing(id, &acme(), Purpose::Reply, phone, MessageText::new("hi"), NOON)
}

pub(super) fn stored_message(message: &Message) -> Value {
    stored(&Key::message(&acme(), &message.id), message)
}

#[test]
fn a_queued_message_is_due_and_names_its_job() {
    let message = Message {
        send_by: Some(NOON),
        crm_message: Some(CrmMessageId::parse("crm1").unwrap()),
        ..message()
    };

    assert_eq!(
        stored_message(&message),
        json!({
            "pk": "T#acme#M#msg_1",
            "sk": "MSG",
            "kind": "message",
            "version": 1,
            "due_pk": "due#2",
            "due_at": NOON_MILLIS,
            "wake": r#"{"queue":"outbound","job":{"tenant":"acme","message":"msg_1","conversation":"cnv_6fb6347599d7a28d78cf5f09896244d7","answers":false}}"#,
            "recent_pk": "T#acme#V#cnv_6fb6347599d7a28d78cf5f09896244d7#MSG",
            "recent_at": NOON_MILLIS,
            "id": "msg_1",
            "conversation": "cnv_6fb6347599d7a28d78cf5f09896244d7",
            "purpose": "reply",
            "phone": "+12125550123",
            "text": "hi",
            "segments": 1,
            "delivery": { "state": "queued", "deferrals": 0 },
            "created_at": NOON_TEXT,
            "send_by": NOON_TEXT,
            "crm_message": "crm1",
            "due": NOON_TEXT,
        })
    );
}

/// Nothing resends it: it is listed for a person, and has no job.
#[test]
fn a_message_in_doubt_is_parked() {
    let route = Route {
        channel: IntegrationId::parse("acme-twilio").unwrap(),
        number: "+14155551001".parse().unwrap(),
    };
    let message = Message {
        delivery: Delivery::InDoubt { since: NOON },
        route: Some(route),
        due: None,
        ..message()
    };

    assert_eq!(
        stored_message(&message),
        json!({
            "pk": "T#acme#M#msg_1",
            "sk": "MSG",
            "kind": "message",
            "version": 1,
            "parked_pk": "T#acme#PARKED",
            "parked_at": NOON_MILLIS,
            "recent_pk": "T#acme#V#cnv_6fb6347599d7a28d78cf5f09896244d7#MSG",
            "recent_at": NOON_MILLIS,
            "id": "msg_1",
            "conversation": "cnv_6fb6347599d7a28d78cf5f09896244d7",
            "purpose": "reply",
            "phone": "+12125550123",
            "route": { "channel": "acme-twilio", "number": "+14155551001" },
            "text": "hi",
            "segments": 1,
            "delivery": { "state": "in_doubt", "since": NOON_TEXT },
            "created_at": NOON_TEXT,
        })
    );
}

#[test]
fn a_settled_message_is_due_no_more_and_stays_in_its_thread() {
    let delivery = Delivery::Delivered { at: NOON };
    let settled = stored_message(&Message { delivery, due: None, ..message() });

    for index in ["due_pk", "due_at", "wake", "expires_at"] {
        assert_eq!(settled.get(index), None);
    }
    assert_eq!(settled["recent_pk"], "T#acme#V#cnv_6fb6347599d7a28d78cf5f09896244d7#MSG");
    assert_eq!(settled["delivery"], json!({ "state": "delivered", "at": NOON_TEXT }));
}
