//! Whom an event is about, when it happened, and whether it is one.

use jiff::{SignedDuration, Timestamp};

use super::{super::What, read, sample};

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
        read(body).unwrap().dedupe_key(body, noon + SignedDuration::from_mins(minute))
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
