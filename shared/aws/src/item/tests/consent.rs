//! Who may be texted, and how we know.

use domain::{
    consent::{Act, ConsentEntry, OptOut, Source},
    ids::EventId,
};
use serde_json::json;

use super::{NOON, NOON_MILLIS, NOON_TEXT, acme, stored};
use crate::{
    item::{Row, decode, encode},
    keys::Key,
};

#[test]
fn an_opt_out_is_due_until_the_crm_knows() {
    let phone = "+12125550123".parse().unwrap();
    let standing = OptOut::new(phone, true, Source::Texting, NOON);
    let key = Key::opt_out(&acme(), &standing.phone);

    assert_eq!(
        stored(&key, &standing),
        json!({
            "pk": "T#acme#P#+12125550123",
            "sk": "OPTOUT",
            "kind": "opt-out",
            "version": 1,
            "due_pk": "due#3",
            "due_at": NOON_MILLIS,
            "wake": r#"{"queue":"reports","job":{"do":"tell_standing","tenant":"acme","phone":"+12125550123"}}"#,
            "recent_pk": "T#acme#OPTOUT",
            "recent_at": NOON_MILLIS,
            "phone": "+12125550123",
            "active": true,
            "source": "texting",
            "since": NOON_TEXT,
            "tries": 0,
            "due": NOON_TEXT,
        })
    );
    assert_eq!(
        stored(&key, &standing.told(NOON)),
        json!({
            "pk": "T#acme#P#+12125550123",
            "sk": "OPTOUT",
            "kind": "opt-out",
            "version": 1,
            "recent_pk": "T#acme#OPTOUT",
            "recent_at": NOON_MILLIS,
            "phone": "+12125550123",
            "active": true,
            "source": "texting",
            "since": NOON_TEXT,
            "crm_told": true,
            "crm_told_at": NOON_TEXT,
            "tries": 0,
        })
    );
}

/// The ledger is kept for ever.
#[test]
fn a_line_of_the_consent_ledger_never_expires() {
    let phone = "+12125550123".parse().unwrap();
    let entry = ConsentEntry {
        event: Some(EventId::parse("evt_1").unwrap()),
        ..ConsentEntry::new(phone, Act::Revoked, Source::Texting, "Stop.", NOON)
    };

    assert_eq!(
        stored(&Key::consent(&acme(), &entry.phone, NOON, "evt_1"), &entry),
        json!({
            "pk": "T#acme#P#+12125550123",
            "sk": "CONSENT#2026-01-01T12:00:00.000000000Z#evt_1",
            "kind": "consent entry",
            "version": 1,
            "phone": "+12125550123",
            "at": NOON_TEXT,
            "act": "revoked",
            "source": "texting",
            "wording": "Stop.",
            "event": "evt_1",
            "recent_pk": "T#acme#CONSENT",
            "recent_at": NOON_MILLIS,
        })
    );
}

/// Rows and their keys may be printed, telephone numbers may not.
#[test]
fn a_row_is_printed_without_its_key() {
    let phone = "+12125550123".parse().unwrap();
    let standing = OptOut::new(phone, true, Source::Texting, NOON);
    let key = Key::opt_out(&acme(), &standing.phone);
    let row: Row<OptOut> = decode(encode(&acme(), &key, 1, &standing).unwrap()).unwrap();

    assert!(!format!("{row:?}").contains("2125550123"));
}
