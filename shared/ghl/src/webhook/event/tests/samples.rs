//! The samples, of which each is read as what it is.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use super::{TYPES, bytes, event, index, path, read, sample};

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
