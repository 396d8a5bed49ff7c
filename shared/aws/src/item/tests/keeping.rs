//! What is kept, and what is forgotten by itself.

use domain::{
    consent::{ConsentEntry, OptOut},
    contact_copy::ContactCopy,
    crm_status::Telling,
    delivery::Delivery,
    event::WebhookEvent,
    message::Message,
    sync_log::{LogEntry, LogResult, Operation},
};
use serde_json::json;

use super::{
    NOON, NOON_TEXT, acme,
    events::{event, stored_event},
    messages::{message, stored_message},
    stored,
};
use crate::{
    item::{Item, Table},
    keys::Key,
};

/// Events and log lines may be forgotten; what is true now may not.
#[test]
fn only_the_journal_forgets() {
    let state = [
        (Message::TABLE, message().expires_at()),
        (OptOut::TABLE, None),
        (ConsentEntry::TABLE, None),
        (Telling::TABLE, None),
        (ContactCopy::TABLE, None),
    ];
    assert!(state.iter().all(|it| *it == (Table::State, None)));
    assert_eq!((WebhookEvent::TABLE, LogEntry::TABLE), (Table::Journal, Table::Journal));
}

#[test]
fn what_was_erased_waits_for_nobody() {
    let doubt = Message { delivery: Delivery::InDoubt { since: NOON }, ..message() };
    let erased = stored_message(&doubt.erased(NOON));
    assert_eq!((erased.get("parked_pk"), erased.get("due_pk")), (None, None));

    let erased = stored_event(&event().quarantined("why", NOON).erased(NOON));
    assert_eq!((erased.get("parked_pk"), erased.get("recent_pk")), (None, None));
    assert!(erased.get("expires_at").is_some());
}

#[test]
fn a_line_of_the_sync_log_is_forgotten_after_90_days() {
    let why = "busy".to_owned();
    let entry = LogEntry::new(NOON, Operation::Send, &"msg_1", LogResult::Deferred { why });

    assert_eq!(
        stored(&Key::log(&acme(), NOON, &entry.subject, "send"), &entry),
        json!({
            "pk": "T#acme#LOG#2026-01-01",
            "sk": "2026-01-01T12:00:00.000000000Z#msg_1#send",
            "kind": "sync log entry",
            "version": 1,
            "expires_at": 1_767_268_800 + 90 * 24 * 3600,
            "at": NOON_TEXT,
            "operation": "send",
            "subject": "msg_1",
            "result": "deferred",
            "why": "busy",
        })
    );
}
