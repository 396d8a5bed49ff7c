//! What came in from outside.

use domain::{
    event::{Outcome, RawBody, Stage, WebhookEvent},
    heard::{Heard, InboundText},
    ids::{EventId, IntegrationId, ProviderMessageId},
    keyword::Keyword,
    text::MessageText,
};
use serde_json::{Value, json};

use super::{NOON, NOON_MILLIS, NOON_TEXT, acme, stored};
use crate::{item::decode, keys::Key};

pub(super) fn event() -> WebhookEvent {
    WebhookEvent {
        id: EventId::parse("evt_1").unwrap(),
        integration: IntegrationId::parse("acme-texting").unwrap(),
        received_at: NOON,
        heard: Heard::Text(InboundText {
            provider_message: ProviderMessageId::parse("tpm_1").unwrap(),
            from: "+12125550123".parse().unwrap(),
            to: "+14155551003".parse().unwrap(),
            text: MessageText::new("STOP"),
            media: Vec::new(),
            sent_at: NOON,
            answered_by_carrier: None,
        }),
        keyword: Some(Keyword::Stop),
        is_answered: false,
        raw: RawBody::new(b"{}"),
        stage: Stage::Open,
        claims: 0,
        deferrals: 0,
        parked: None,
        due: Some(NOON),
    }
}

pub(super) fn stored_event(event: &WebhookEvent) -> Value {
    stored(&Key::event(&acme(), &event.id), event)
}

#[test]
fn an_open_event_is_due_and_names_its_job() {
    assert_eq!(
        stored_event(&event()),
        json!({
            "pk": "T#acme#E#evt_1",
            "sk": "EVENT",
            "kind": "webhook event",
            "version": 1,
            "due_pk": "due#3",
            "due_at": NOON_MILLIS,
            "wake": r#"{"queue":"inbound","job":{"tenant":"acme","event":"evt_1","conversation":"cnv_6fb6347599d7a28d78cf5f09896244d7","asks":true}}"#,
            "id": "evt_1",
            "recent_pk": "T#acme#INT#acme-texting#EVENT",
            "recent_at": NOON_MILLIS,
            "integration": "acme-texting",
            "received_at": NOON_TEXT,
            "heard": {
                "heard": "text",
                "provider_message": "tpm_1",
                "from": "+12125550123",
                "to": "+14155551003",
                "text": "STOP",
                "sent_at": NOON_TEXT,
            },
            "keyword": "stop",
            "is_answered": false,
            "raw": "{}",
            "stage": { "stage": "open" },
            "claims": 0,
            "deferrals": 0,
            "due": NOON_TEXT,
        })
    );
}

/// It is still to do if nobody says what came of it.
#[test]
fn an_event_under_work_is_due_when_its_lease_ends() {
    let stage = Stage::Posting { since: NOON, in_doubt: 1 };
    let under_work = stored_event(&WebhookEvent { stage, claims: 1, ..event() });

    assert_eq!(under_work["due_at"], NOON_MILLIS);
    assert!(under_work["wake"].is_string());
    assert_eq!(
        under_work["stage"],
        json!({ "stage": "posting", "since": NOON_TEXT, "in_doubt": 1 })
    );
}

#[test]
fn a_finished_event_is_forgotten_after_30_days() {
    let done = stored_event(&event().done(Outcome::Applied, NOON));

    for index in ["due_pk", "due_at", "wake", "due"] {
        assert_eq!(done.get(index), None);
    }
    assert_eq!(done["expires_at"], 1_767_268_800 + 30 * 24 * 3600);
    assert_eq!(done["stage"], json!({ "stage": "done", "at": NOON_TEXT, "outcome": "applied" }));
}

/// Until a person has seen it, it is not forgotten.
#[test]
fn a_quarantined_event_is_parked_and_kept() {
    let quarantined = stored_event(&event().quarantined("no number", NOON));

    assert_eq!(quarantined["parked_pk"], "T#acme#PARKED");
    assert_eq!(quarantined["parked_at"], NOON_MILLIS);
    assert_eq!(quarantined.get("wake"), None);
    assert_eq!(quarantined.get("expires_at"), None);
    assert_eq!(
        quarantined["stage"],
        json!({ "stage": "quarantined", "at": NOON_TEXT, "why": "no number" })
    );
}

/// Yesterday's item, which lacks what today's code added.
#[test]
fn an_item_without_the_optional_fields_is_read() {
    let bare = json!({
        "pk": "T#acme#E#evt_1",
        "sk": "EVENT",
        "kind": "webhook event",
        "version": 3,
        "id": "evt_1",
        "integration": "acme-texting",
        "received_at": NOON_TEXT,
        "heard": { "heard": "ignored", "what": "sent" },
        "raw": "{}",
        "stage": { "stage": "posting", "since": NOON_TEXT },
        "something_newer": [1, 2],
    });
    let row = decode::<WebhookEvent>(serde_dynamo::to_item(bare).unwrap()).unwrap();

    assert_eq!(row.version, 3);
    assert_eq!(row.body.stage, Stage::Posting { since: NOON, in_doubt: 0 });
    assert_eq!((row.body.claims, row.body.deferrals, row.body.due), (0, 0, None));
}
