//! The stored form of everything. Items of these forms lie in people's tables: what fails here
//! would make them unreadable, or would lose sight of them.

use domain::{
    consent::{Act, ConsentEntry, OptOut, Source},
    contact_copy::ContactCopy,
    conversation::Route,
    crm_status::{CrmStatus, Telling},
    delivery::Delivery,
    event::{Outcome, RawBody, Stage, WebhookEvent},
    failure::{Failure, Reason},
    heard::{Heard, InboundText},
    ids::{CrmMessageId, EventId, IntegrationId, MessageId, ProviderMessageId},
    keyword::Keyword,
    message::{Message, Purpose},
    parked::{Parked, Until},
    sync_log::{LogEntry, LogResult, Operation},
    text::MessageText,
    work::GivenUp,
};
use serde_json::{Value, json};

use super::*;

const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);
const NOON_MILLIS: i64 = 1_767_268_800_000;
const NOON_TEXT: &str = "2026-01-01T12:00:00Z";

fn acme() -> TenantId {
    TenantId::parse("acme").unwrap()
}

/// The item as it is stored. It can be read again, and says the same.
fn stored<T: Item + PartialEq + fmt::Debug>(key: &Key, body: &T) -> Value {
    let item = encode(&acme(), key, 1, body).unwrap();
    assert_eq!(decode::<T>(item.clone()).unwrap().body, *body);
    serde_dynamo::from_item(item).unwrap()
}

fn message() -> Message {
    let phone = "+12125550123".parse().unwrap();
    let id = MessageId::parse("msg_1").unwrap();
    Message::outgoing(id, &acme(), Purpose::Reply, phone, MessageText::new("hi"), NOON)
}

fn stored_message(message: &Message) -> Value {
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
fn what_was_erased_waits_for_nobody() {
    let doubt = Message { delivery: Delivery::InDoubt { since: NOON }, ..message() };
    let erased = stored_message(&doubt.erased(NOON));
    assert_eq!((erased.get("parked_pk"), erased.get("due_pk")), (None, None));

    let erased = stored_event(&event().quarantined("why", NOON).erased(NOON));
    assert_eq!((erased.get("parked_pk"), erased.get("recent_pk")), (None, None));
    assert!(erased.get("expires_at").is_some());
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

fn event() -> WebhookEvent {
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

fn stored_event(event: &WebhookEvent) -> Value {
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

#[test]
fn a_telling_is_due_until_it_is_told_and_parked_when_given_up() {
    let failure = Failure::new(Reason::OptedOut, "21610");
    let wanted = CrmStatus::Failed { failure };
    let telling = Telling::new(CrmMessageId::parse("crm#1").unwrap(), wanted.clone(), NOON);
    let key = Key::telling(&acme(), &telling.crm_message);

    assert_eq!(
        stored(&key, &telling),
        json!({
            "pk": "T#acme#TELL#crm%231",
            "sk": "TELL",
            "kind": "telling",
            "version": 1,
            "due_pk": "due#0",
            "due_at": NOON_MILLIS,
            "wake": r#"{"queue":"reports","job":{"do":"tell","tenant":"acme","crm_message":"crm#1"}}"#,
            "crm_message": "crm#1",
            "wanted": {
                "status": "failed",
                "failure": { "reason": "opted_out", "code": "21610" },
            },
            "not_before": NOON_TEXT,
            "tries": 0,
            "due": NOON_TEXT,
        })
    );

    let told = stored(&key, &telling.clone().was_told(wanted, NOON));
    assert_eq!((told.get("due_pk"), told.get("wake"), told.get("due")), (None, None, None));

    let given_up = Some(GivenUp { at: NOON, why: "gone".to_owned() });
    let given_up = stored(&key, &Telling { given_up, due: None, ..telling });
    assert_eq!(given_up["parked_pk"], "T#acme#PARKED");
    assert_eq!(given_up.get("wake"), None);
    assert_eq!(given_up["given_up"], json!({ "at": NOON_TEXT, "why": "gone" }));
}

#[test]
fn a_contact_copy_is_due_until_it_is_made_or_given_up() {
    let integration = IntegrationId::parse("acme-aloware").unwrap();
    let copy = ContactCopy::wanted(integration, "+12125550123".parse().unwrap(), NOON);
    let key = Key::contact_copy(&acme(), &copy.phone, &copy.integration);

    assert_eq!(
        stored(&key, &copy),
        json!({
            "pk": "T#acme#P#+12125550123",
            "sk": "COPY#acme-aloware",
            "kind": "contact copy",
            "version": 1,
            "due_pk": "due#3",
            "due_at": NOON_MILLIS,
            "wake": r#"{"queue":"reports","job":{"do":"copy_contact","tenant":"acme","integration":"acme-aloware","phone":"+12125550123"}}"#,
            "integration": "acme-aloware",
            "phone": "+12125550123",
            "tries": 0,
            "due": NOON_TEXT,
        })
    );

    let copied = stored(&key, &copy.clone().copied(NOON));
    assert_eq!((copied.get("due_pk"), copied.get("wake"), copied.get("due")), (None, None, None));
    assert_eq!(copied["copied_at"], NOON_TEXT);

    let parked = stored(&key, &copy.clone().parked(Parked::new(Until::TenantActive, NOON)));
    assert_eq!((parked.get("due_pk"), &parked["parked_pk"]), (None, &json!("T#acme#PARKED")));

    let given_up = stored(&key, &copy.given_up("refused".to_owned(), NOON));
    assert_eq!(given_up.get("parked_pk"), None, "nobody has to look at it");
    assert_eq!(given_up.get("due_pk"), None);
    assert_eq!(given_up.get("wake"), None);
    assert_eq!(given_up["given_up"], json!({ "at": NOON_TEXT, "why": "refused" }));
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

/// Rows and their keys may be printed, telephone numbers may not.
#[test]
fn a_row_is_printed_without_its_key() {
    let phone = "+12125550123".parse().unwrap();
    let standing = OptOut::new(phone, true, Source::Texting, NOON);
    let key = Key::opt_out(&acme(), &standing.phone);
    let row: Row<OptOut> = decode(encode(&acme(), &key, 1, &standing).unwrap()).unwrap();

    assert!(!format!("{row:?}").contains("2125550123"));
}
