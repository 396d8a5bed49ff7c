use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use domain::phone::PhoneNumber;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(body: &[u8]) -> Result<MarketplaceEvent, Unreadable> {
    MarketplaceEvent::read(&Signed::unchecked(body))
}

fn event(body: &Value) -> MarketplaceEvent {
    read(body.to_string().as_bytes()).unwrap()
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/webhook-samples").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn sample(name: &str) -> MarketplaceEvent {
    read(&bytes(name)).unwrap()
}

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

/// The samples by file and type, as the index has them.
fn index() -> Vec<(String, Option<String>)> {
    let index: Vec<Value> = serde_json::from_slice(&bytes("index.json")).unwrap();
    index
        .iter()
        .map(|it| (it["file"].as_str().unwrap().to_owned(), it["type"].as_str().map(str::to_owned)))
        .collect()
}

/// The types of the samples, and what each of them is: the stored tag, and the action within.
const TYPES: &[(&str, &str, Option<&str>)] = &[
    ("INSTALL", "install", None),
    ("UNINSTALL", "uninstall", None),
    ("PLAN_CHANGE", "plan_change", None),
    ("EXTERNAL_AUTH_CONNECTED", "other", None),
    ("ContactCreate", "contact", Some("created")),
    ("ContactUpdate", "contact", Some("updated")),
    ("ContactDelete", "contact", Some("deleted")),
    ("ContactTagUpdate", "contact", Some("tagged")),
    ("ContactDndUpdate", "contact", Some("dnd_changed")),
    ("InboundMessage", "message", Some("inbound")),
    ("OutboundMessage", "message", Some("outbound")),
    ("ConversationUnreadUpdate", "conversation_unread", None),
    ("OpportunityCreate", "opportunity", Some("created")),
    ("OpportunityUpdate", "opportunity", Some("updated")),
    ("OpportunityDelete", "opportunity", Some("deleted")),
    ("OpportunityStageUpdate", "opportunity", Some("stage_changed")),
    ("OpportunityStatusUpdate", "opportunity", Some("status_changed")),
    ("OpportunityMonetaryValueUpdate", "opportunity", Some("value_changed")),
    ("OpportunityAssignedToUpdate", "opportunity", Some("reassigned")),
    ("AppointmentCreate", "appointment", Some("created")),
    ("LocationCreate", "location", Some("created")),
    ("LocationUpdate", "location", Some("updated")),
    ("UserCreate", "user", Some("created")),
    ("CampaignStatusUpdate", "other", None),
    ("LCEmailStats", "other", None),
    ("NoteCreate", "other", None),
    ("NoteUpdate", "other", None),
    ("NoteDelete", "other", None),
    ("TaskCreate", "other", None),
    ("TaskComplete", "other", None),
    ("TaskDelete", "other", None),
    // What is posted to the provider's own address is not an event.
    ("SMS", "other", None),
    ("Email", "other", None),
];

#[test]
fn every_sample_is_read_as_what_it_is() {
    for (file, kind) in index() {
        let Some(kind) = kind else {
            let error = read(&bytes(&file)).unwrap_err();
            assert_eq!(error.path, "type", "{file}");
            continue;
        };
        let event = sample(&file);
        let (_, tag, action) =
            TYPES.iter().find(|it| it.0 == kind).unwrap_or_else(|| panic!("{kind} is new"));
        let stored = serde_json::to_value(&event).unwrap();
        let what = &stored["what"];

        assert_eq!(event.kind, kind, "{file}");
        assert_eq!(what["event"], *tag, "{file}");
        let within = what.get("action").or(what.get("direction")).and_then(Value::as_str);
        assert_eq!(within, *action, "{file}");
        assert!(event.location.is_some() || event.company.is_some(), "{file}");
    }
}

#[test]
fn the_index_has_every_sample() {
    let listed: BTreeSet<_> = index().into_iter().map(|(file, _)| file).collect();
    let mut found = BTreeSet::new();
    for folder in ["", "observed/"] {
        for entry in fs::read_dir(path(folder)).unwrap() {
            let name = format!("{folder}{}", entry.unwrap().file_name().display());
            let is_json = Path::new(&name).extension().is_some_and(|it| it == "json");
            if is_json && name != "index.json" {
                found.insert(name);
            }
        }
    }
    assert_eq!(listed, found);
}

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

#[test]
fn the_envelope_of_a_real_delivery_is_read() {
    let event = sample("observed/INSTALL.location.json");

    assert_eq!(event.webhook_id.as_deref(), Some("00000000-0000-4000-8000-000000000001"));
    assert_eq!(event.at, Some("2026-08-17T09:06:59.366Z".parse().unwrap()));
    assert_eq!(event.app.as_deref(), Some("000000000000000000000001"));
    assert_eq!(event.location.unwrap().as_str(), "locAAAAAAAAAAAAAAAAA");
    assert_eq!(event.company.unwrap().as_str(), "compAAAAAAAAAAAAAAAA");
    let What::Install(install) = event.what else { panic!("not an installation") };
    assert_eq!(install.install_type.as_deref(), Some("Location"));
    assert_eq!(install.trial, None);
}

#[test]
fn an_agencys_installation_names_no_location() {
    let event = sample("AppInstall.agency.json");
    assert_eq!((event.location, event.company.is_some()), (None, true));
    let What::Install(install) = event.what else { panic!("not an installation") };
    assert_eq!(install.trial.unwrap().days, Some(10));
}

#[test]
fn an_event_about_a_location_calls_it_id() {
    let event = sample("LocationUpdate.json");
    assert_eq!(event.location.unwrap().as_str(), "ve9EPM428h8vShlRW1KT");
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

#[test]
fn types_without_a_sample_are_known_too() {
    for (kind, tag) in [
        ("AppUpdate", "app_update"),
        ("AppointmentUpdate", "appointment"),
        ("AppointmentDelete", "appointment"),
        ("UserUpdate", "user"),
        ("UserDelete", "user"),
        ("SomethingNew", "other"),
        ("", "other"),
    ] {
        let stored = serde_json::to_value(event(&json!({ "type": kind }))).unwrap();
        assert_eq!(stored["what"]["event"], tag, "{kind}");
    }
}

#[test]
fn strange_values_are_taken_for_missing() {
    let strange = json!({ "a": [7, null] });
    for (kind, _, _) in TYPES {
        let plain = event(&json!({ "type": kind }));
        let body = json!({
            "type": kind, "locationId": strange, "companyId": 7, "webhookId": "a b",
            "timestamp": "yesterday", "id": "", "contactId": null, "dnd": "maybe",
            "dndSettings": [], "tags": [7], "appointment": "none", "body": 7, "to": [strange],
            "monetaryValue": "lots", "customFields": { "id": 7 }, "trial": true,
            "unreadCount": -1, "phone": 7, "users": strange, "messageTypeId": 1.5,
        });
        assert_eq!(event(&body), plain, "{kind}");
    }
}

#[test]
fn only_what_is_no_object_with_a_type_is_unreadable() {
    for (body, at) in [
        ("", "."),
        ("[]", "."),
        ("\"INSTALL\"", "."),
        ("{\"type\":\"INSTALL\"} x", "."),
        ("{}", "type"),
        ("{\"type\":7}", "type"),
        ("{\"type\":null}", "type"),
    ] {
        assert_eq!(read(body.as_bytes()).unwrap_err().path, at, "{body}");
    }
}

#[test]
fn a_repeated_delivery_is_known_by_its_id_or_by_its_bytes() {
    let noon: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    let key_at = |body: &[u8], minute: i64| {
        read(body).unwrap().dedupe_key(body, noon + jiff::SignedDuration::from_mins(minute))
    };
    let key = |body: &[u8]| key_at(body, 0);

    assert_eq!(key(br#"{"type":"INSTALL","webhookId":"w1"}"#), "w1");
    let (one, same, other) =
        (key(br#"{"type":"A"}"#), key(br#"{"type":"A"}"#), key(br#"{"type":"B"}"#));
    assert!(one == same && one != other && one.starts_with("sha256:A:"), "{one}");

    // Said again later, it is meant: a switch is on, off, and on.
    assert_ne!(one, key_at(br#"{"type":"A"}"#, 30));
    let dated = br#"{"type":"A","timestamp":"2026-01-01T12:00:00Z"}"#;
    assert_eq!(key(dated), key_at(dated, 30));
}

#[test]
fn debug_shows_nobody() {
    for (file, _) in index().into_iter().filter(|(_, kind)| kind.is_some()) {
        let shown = format!("{:?}", sample(&file));
        for secret in [
            "John",
            "9509597501",
            "5551234567",
            "5559876543",
            "2025550123",
            "@example",
            "test mess",
            "Testing",
            "XYZ",
            "xyz form",
            "Some message",
            "Duis",
            "follow up",
            "Hello",
            "Test User",
            "dummy note",
            "Loram",
            "recording",
            "452001",
        ] {
            assert!(!shown.contains(secret), "{file}: {shown}");
        }
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|it| Value::from(f64::from(it) / 8.0)),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,8}", inner, 0..4)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

/// The names of all fields that any sample has.
fn names() -> Vec<String> {
    let mut names = BTreeSet::new();
    for (file, _) in index() {
        let body: Value = serde_json::from_slice(&bytes(&file)).unwrap();
        names.extend(body.as_object().unwrap().keys().cloned());
    }
    names.into_iter().collect()
}

/// Puts a field into an object and into every object within it that is not a map of names.
fn add(body: &mut Value, name: &str, value: &Value) {
    let Value::Object(fields) = body else { return };
    for (within, it) in fields.iter_mut() {
        if within == "dndSettings" {
            it.as_object_mut().unwrap().values_mut().for_each(|it| add(it, name, value));
        } else {
            add(it, name, value);
        }
    }
    fields.insert(name.to_owned(), value.clone());
}

proptest! {
    #[test]
    fn no_bytes_can_break_the_reading(body: Vec<u8>) {
        let _ = read(&body);
    }

    #[test]
    fn no_json_can_break_the_reading_or_the_storing(
        kind in prop::sample::select(TYPES),
        fields in prop::collection::btree_map(prop::sample::select(names()), json(), 0..12),
    ) {
        let mut body: serde_json::Map<String, Value> = fields.into_iter().collect();
        body.insert("type".to_owned(), json!(kind.0));
        let event = event(&Value::Object(body));

        let stored = serde_json::to_string(&event).unwrap();
        prop_assert_eq!(serde_json::from_str::<MarketplaceEvent>(&stored).unwrap(), event);
    }

    #[test]
    fn a_field_that_we_do_not_know_changes_nothing(
        (file, _) in prop::sample::select(index()).prop_filter("typed", |it| it.1.is_some()),
        name in "zz\\PC{0,8}",
        value in json(),
    ) {
        let mut body: Value = serde_json::from_slice(&bytes(&file)).unwrap();
        add(&mut body, &name, &value);
        prop_assert_eq!(event(&body), sample(&file));
    }
}
