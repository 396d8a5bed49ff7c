//! What is read of contacts, messages, deals and appointments.

use domain::phone::PhoneNumber;
use serde_json::{Value, json};

use super::{
    super::{
        AppointmentAction, ContactSnapshot, Direction, Hidden, MessageKind, MessageSeen, SmsDnd,
        Source, What,
    },
    bytes, event, sample,
};

fn contact(name: &str) -> ContactSnapshot {
    match sample(name).what {
        What::Contact(it) => it.contact,
        other => panic!("{name} is {other:?}"),
    }
}

fn message(name: &str) -> MessageSeen {
    match sample(name).what {
        What::Message(it) => *it,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn a_contact_is_read_whole() {
    let contact = contact("ContactCreate.json");

    assert_eq!(contact.id.unwrap().as_str(), "nmFmQEsNgz6AVpgLVUJ0");
    assert_eq!(contact.phone.unwrap().as_str(), "+919509597501");
    assert_eq!(contact.odd_phone, None);
    assert_eq!(contact.first_name.unwrap().as_str(), "John");
    assert_eq!(contact.tags.len(), 2);
    assert_eq!(contact.custom_fields[0].value, json!("XYZ Corp"));
    assert!(contact.dnd);
}

#[test]
fn do_not_disturb_that_is_not_told_is_off() {
    assert!(!contact("observed/ContactCreate.json").dnd);
}

#[test]
fn the_settings_say_whether_a_person_may_be_texted() {
    let on = SmsDnd::On { code: None, permanent: false };
    let off = SmsDnd::Off;
    for (file, dnd) in [
        ("ContactDndUpdate.json", off),
        ("observed/ContactDndUpdate.partial.json", on),
        ("observed/ContactDelete.json", SmsDnd::Unknown),
        ("observed/ContactCreate.json", SmsDnd::Unknown),
    ] {
        assert_eq!(contact(file).sms_dnd(), dnd, "{file}");
    }
    let settings = contact("ContactDndUpdate.json").dnd_settings;
    assert_eq!(settings.0["Email"].code.as_deref(), Some("101"));
}

#[test]
fn a_phone_that_cannot_be_texted_is_kept_as_it_was_written() {
    for (written, phone, odd) in [
        ("+1 (202) 555-0123", Some("+12025550123"), None),
        ("555 0123 ask for Ann", None, Some("555 0123 ask for Ann")),
    ] {
        let body = json!({ "type": "ContactUpdate", "id": "c1", "phone": written });
        let What::Contact(change) = event(&body).what else { panic!("not a contact") };
        assert_eq!(change.contact.phone.as_ref().map(PhoneNumber::as_str), phone);
        assert_eq!(change.contact.odd_phone.as_ref().map(Hidden::as_str), odd);
    }
}

#[test]
fn a_text_is_told_from_what_is_not_for_a_phone() {
    for (file, kind, source) in [
        ("InboundMessage.sms.json", MessageKind::Sms, None),
        ("InboundMessage.email.json", MessageKind::Email, None),
        ("InboundMessage.call.json", MessageKind::Call, None),
        ("InboundMessage.voicemail.json", MessageKind::Call, None),
        ("OutboundMessage.sms.json", MessageKind::Sms, Some(Source::App)),
        ("OutboundMessage.voicemail.json", MessageKind::Call, None),
        ("OutboundMessage.internal-comment.json", MessageKind::InternalComment, Some(Source::App)),
        (
            "observed/OutboundMessage.custom-provider.reconstructed.json",
            MessageKind::Custom,
            Some(Source::Api),
        ),
    ] {
        let message = message(file);
        assert_eq!((&message.kind, &message.source), (&kind, &source), "{file}");
        assert_eq!(message.kind.is_text(), file.contains("sms") || kind == MessageKind::Custom);
    }
}

#[test]
fn the_type_says_which_way_a_message_went() {
    // The documentation prints `inbound` in this one.
    let message = message("OutboundMessage.sms.repo-version.json");
    assert_eq!(message.direction, Direction::Outbound);
    assert_eq!(message.body.as_str(), "This is a test message");
}

#[test]
fn an_email_may_be_to_one_or_to_many() {
    let mailed = message("InboundMessage.email.json");
    assert_eq!(mailed.to[0].as_str(), "user@example.com");
    assert_eq!(mailed.body.as_str(), "<div>Testing Email Notification</div>");

    let body = json!({ "type": "InboundMessage", "to": ["a@example.com", "b@example.com"] });
    let What::Message(message) = event(&body).what else { panic!("not a message") };
    assert_eq!(message.to.len(), 2);
}

#[test]
fn a_deal_is_read_whole() {
    let What::Opportunity(deal) = sample("OpportunityStageUpdate.json").what else {
        panic!("not a deal")
    };
    assert_eq!(deal.id.unwrap().as_str(), "wWhVuzqpRuOA1ZVWi4FC");
    assert_eq!(deal.stage.as_deref(), Some("e93ba61a-53b3-45e7-985a-c7732dbcdb69"));
    assert_eq!((deal.status.as_deref(), deal.value), (Some("open"), Some(40.into())));
}

#[test]
fn an_appointment_is_read_whole_and_its_type_is_believed() {
    let mut body: Value = serde_json::from_slice(&bytes("AppointmentDelete.json")).unwrap();
    body["type"] = json!("AppointmentDelete");
    let What::Appointment(it) = event(&body).what else { panic!("not an appointment") };

    assert_eq!(it.action, AppointmentAction::Deleted);
    assert_eq!(it.starts_at, Some("2023-09-25T10:30:00Z".parse().unwrap()));
    assert_eq!((it.status.as_deref(), it.users.len()), (Some("confirmed"), 2));
}
