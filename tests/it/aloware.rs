//! Aloware: who may tell us of its events, texts that go out through it, and contacts that are
//! copied to it.

use aws::Asked;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    contact_copy::ContactCopy,
    conversation::Route,
    delivery::Delivery,
    event::{Outcome, Stage, WebhookEvent},
    failure::Reason,
    heard::Heard,
    ids::{CrmMessageId, EventId, IntegrationId, MessageId, TenantId},
    message::Message,
    sync_log::{LogResult, Operation},
    tenant::Tenant,
};
use jiff::SignedDuration;
use local::{
    seed::{self, ALOWARE_WEBHOOK_SECRET, Accounts, Numbers, Planted},
    sims::{
        fault::{Fault, Planned},
        ghl::{AgentMessage, Location},
    },
};
use serde_json::{Value, json};

use crate::{
    api::Key,
    letters::{Letter, accounts, effects},
    tables::Tables,
    world::{ANNA, BEN, NOON, World, answer_lost, unavailable},
};

/// The number that a tenant's texts leave from at Aloware.
const OURS: &str = "+14155554004";

const EVENT: &str = r#"{"event":"OutboundPhoneCall-Disposed","body":{"id":1}}"#;

fn numbers() -> Numbers {
    let number = |it: &str| it.parse().unwrap();
    Numbers {
        twilio: number("+14155554001"),
        telnyx: number("+14155554002"),
        texting: number("+14155554003"),
    }
}

/// A tenant whose Aloware has these settings, and this to show to our webhook.
pub(crate) async fn plant(world: &World, settings: Value, secret: &str) -> Planted {
    let location = Location::new("locDials000000000000", "token-dials", "provider-dials");
    world.ghl.add_location(location.clone());
    let accounts = Accounts {
        aloware_settings: settings,
        aloware_webhook_secret: secret.into(),
        ..accounts(world, &location)
    };
    let vault = &world.functions.vault;
    let planted = seed::plant(&world.store, vault, "dials", &accounts, &numbers(), NOON).await;
    let planted = planted.unwrap();
    world.texting.set_webhook_url(format!("{}/webhooks/texting/{}", world.origin, planted.texting));
    planted
}

/// A tenant who sends through Aloware, and says that its contacts are to be copied there. What the
/// integration itself says may differ.
async fn tenant(world: &World) {
    let id = |it: &str| IntegrationId::parse(it).unwrap();
    let tenant = Tenant {
        crm: Some(id("dials-ghl")),
        default_route: Some(Route { channel: id("dials-aloware"), number: OURS.parse().unwrap() }),
        contact_copies_to: Some(id("dials-aloware")),
        ..Tenant::new(
            TenantId::parse("dials").unwrap(),
            "Dials".to_owned(),
            "help@example.com".to_owned(),
            NOON,
        )
    };
    world.store.of(&tenant.id).add_tenant(&tenant).await.unwrap();
}

async fn set_secret(world: &World, name: &str, secret: &str) {
    let (vault, scope, id) = (&world.functions.vault, world.scope(), &world.acme.aloware);
    let sealed = vault.seal(scope, id, name, &secret.into(), NOON).await.unwrap();
    scope.set_credential(id, name, sealed).await.unwrap();
}

pub(crate) fn letter(
    integration: &IntegrationId,
    authorization: Option<&str>,
    body: &str,
) -> Letter {
    let address = format!("/webhooks/aloware/{integration}");
    let letter = Letter { address, headers: Vec::new(), body: body.into() };
    match authorization {
        Some(shown) => letter.with("authorization", shown),
        None => letter,
    }
}

async fn post(world: &World, integration: &IntegrationId, authorization: Option<&str>) -> u16 {
    letter(integration, authorization, EVENT).post(world).await.status
}

fn bearer(secret: &str) -> String {
    format!("Bearer {secret}")
}

fn basic(secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(secret))
}

/// The events of Aloware's that are stored.
async fn events(world: &World) -> Vec<WebhookEvent> {
    let mut events = Vec::new();
    for (_, item) in Tables::of(world).items().await {
        if item["kind"]["S"] == "webhook event" {
            let id = EventId::parse(item["id"]["S"].as_str().unwrap()).unwrap();
            events.push(world.scope().event(&id).await.unwrap().unwrap().body);
        }
    }
    events
}

#[tokio::test]
async fn who_does_not_show_the_secret_is_refused_and_leaves_no_trace() {
    let world = World::new().await;
    let before = effects(&world);
    let wrong = [bearer("guessed"), bearer(""), basic(ALOWARE_WEBHOOK_SECRET), "Bearer".to_owned()];
    for shown in wrong.iter().map(|it| Some(it.as_str())).chain([None]) {
        assert_eq!(post(&world, &world.acme.aloware, shown).await, 401, "{shown:?}");
    }
    // Nobody unknown learns that it cannot be read.
    let unreadable = letter(&world.acme.aloware, None, "}{").post(&world).await;
    assert_eq!(unreadable.status, 401);
    // The right secret at another's door.
    let known = bearer(ALOWARE_WEBHOOK_SECRET);
    for other in [&world.acme.texting, &IntegrationId::parse("nobody").unwrap()] {
        assert_eq!(post(&world, other, Some(&known)).await, 404, "{other}");
    }
    assert_eq!(effects(&world), before);
}

#[tokio::test]
async fn an_event_is_stored_once_and_nothing_is_done_about_it() {
    let world = World::new().await;
    let known = bearer(ALOWARE_WEBHOOK_SECRET);
    for _ in 0..2 {
        assert_eq!(post(&world, &world.acme.aloware, Some(&known)).await, 200);
    }
    let unreadable = letter(&world.acme.aloware, Some(&known), "}{").post(&world).await;
    assert_eq!(unreadable.status, 400);
    world.settle().await;

    let events = events(&world).await;
    assert_eq!(events.len(), 1);
    let what = "OutboundPhoneCall-Disposed".to_owned();
    assert_eq!(events[0].heard, Heard::Ignored { what });
    assert_eq!(events[0].stage, Stage::Done { at: NOON, outcome: Outcome::Ignored });
    assert_eq!(events[0].raw.as_str(), EVENT);
}

#[tokio::test]
async fn while_the_secret_is_rotated_both_are_accepted_and_no_other() {
    let world = World::new().await;
    set_secret(&world, "webhook_secret_previous", "the one before").await;
    for (secret, status) in
        [(ALOWARE_WEBHOOK_SECRET, 200), ("the one before", 200), ("neither", 401)]
    {
        let shown = bearer(secret);
        assert_eq!(post(&world, &world.acme.aloware, Some(&shown)).await, status);
    }
    world.settle().await;
}

#[tokio::test]
async fn a_user_and_a_password_will_do_where_that_is_agreed() {
    let world = World::new().await;
    let dials = plant(&world, json!({ "webhook_auth": "basic" }), "user:password").await;
    for (shown, status) in [
        (basic("user:password"), 200),
        (basic("user:Password"), 401),
        (bearer("user:password"), 401),
    ] {
        assert_eq!(post(&world, &dials.aloware, Some(&shown)).await, status, "{shown}");
    }
    world.settle().await;
}

/// We could not tell who calls. The settings have to be mended first.
#[tokio::test]
async fn nobody_is_let_in_without_anything_to_show() {
    let world = World::new().await;
    let dials = plant(&world, json!({ "webhook_auth": "none" }), "secret").await;
    let before = effects(&world);
    for shown in [None, Some("Bearer secret")] {
        assert_eq!(post(&world, &dials.aloware, shown).await, 503);
    }
    assert_eq!(effects(&world), before);
}

/// What became of the only message that an agent of the tenant's wrote.
async fn agent_sends(world: &World, dials: &Planted, text: &str) -> Message {
    let message = AgentMessage::new(dials.location.as_str(), ANNA, text);
    let sent = world.ghl.agent_sends(message).await.unwrap();
    world.settle().await;
    let theirs = CrmMessageId::parse(&sent.message_id).unwrap();
    let id = MessageId::from_crm(&dials.tenant, &theirs);
    world.store.of(&dials.tenant).message(&id).await.unwrap().unwrap().body
}

fn code(message: &Message) -> Option<(Reason, &str)> {
    match &message.delivery {
        Delivery::Failed { failure, .. } => Some((failure.reason, &failure.code)),
        _ => None,
    }
}

#[tokio::test]
async fn a_reply_goes_out_through_aloware_once() {
    let world = World::new().await;
    tenant(&world).await;
    let dials = plant(&world, json!({ "send": true }), "secret").await;
    let message = agent_sends(&world, &dials, "see you at noon").await;

    assert!(matches!(message.delivery, Delivery::Accepted { .. }), "{:?}", message.delivery);
    let theirs = message.provider_message.unwrap();
    assert_eq!(theirs.as_str(), format!("aloware:{}", message.id));
    let sent = world.aloware.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].from.as_str(), sent[0].to.as_str()), (Some(OURS), ANNA));
    assert_eq!(sent[0].message, "see you at noon");
}

#[tokio::test]
async fn a_text_whose_answer_was_lost_is_never_sent_again() {
    let world = World::new().await;
    tenant(&world).await;
    let dials = plant(&world, json!({ "send": true }), "secret").await;
    world.aloware.plan_fault(answer_lost("send", 1));
    let message = agent_sends(&world, &dials, "only once").await;

    world.advance(24 * 60 * 60);
    world.sweep().await;
    world.settle().await;
    assert!(matches!(message.delivery, Delivery::InDoubt { .. }), "{:?}", message.delivery);
    assert_eq!((world.aloware.sent().len(), world.aloware.calls("send")), (1, 1));
}

#[tokio::test]
async fn a_text_that_is_too_long_fails_without_aloware_being_asked() {
    let world = World::new().await;
    tenant(&world).await;
    let dials = plant(&world, json!({ "send": true }), "secret").await;
    let message = agent_sends(&world, &dials, &"x".repeat(161)).await;

    assert_eq!(code(&message), Some((Reason::InvalidMessage, "longer_than_160_characters")));
    assert_eq!(world.aloware.calls("send"), 0);
}

#[tokio::test]
async fn nothing_is_sent_through_an_integration_that_is_not_for_sending() {
    let world = World::new().await;
    tenant(&world).await;
    let dials = plant(&world, json!({ "sync_contacts": true }), "secret").await;
    let message = agent_sends(&world, &dials, "hello").await;

    assert_eq!(code(&message), Some((Reason::Misconfigured, "integration_not_usable")));
    assert_eq!(world.aloware.calls("send"), 0);
}

pub(crate) async fn texts(world: &World, dials: &Planted, from: &str, text: &str) {
    world.texting.receives_text(from, dials.numbers.texting.as_str(), text, &[]).await;
}

async fn copy(world: &World, dials: &Planted) -> ContactCopy {
    let scope = world.store.of(&dials.tenant);
    let phone = ANNA.parse().unwrap();
    scope.contact_copy(&dials.aloware, &phone).await.unwrap().unwrap().body
}

/// What the sync log says of copying, in order.
async fn copying(world: &World, dials: &Planted) -> Vec<LogResult> {
    let log =
        world.store.of(&dials.tenant).log_of_day(NOON, Asked::oldest(1000)).await.unwrap().items;
    let copying = log.into_iter().filter(|it| it.operation == Operation::CopyContact);
    copying.map(|it| it.result).collect()
}

fn heard(world: &World, dials: &Planted) -> usize {
    let thread = world.ghl.messages(dials.location.as_str(), ANNA);
    thread.iter().filter(|it| it.direction == "inbound").count()
}

#[tokio::test]
async fn with_the_switch_on_each_contact_is_copied_once() {
    let world = World::new().await;
    let dials = plant(&world, json!({ "sync_contacts": true }), "secret").await;
    for (from, text) in [(ANNA, "hello"), (ANNA, "again"), (BEN, "hello")] {
        texts(&world, &dials, from, text).await;
        world.settle().await;
    }

    assert_eq!((world.aloware.contacts(), world.aloware.calls("upsert_contact")), (2, 2));
    assert_eq!(
        Value::from(world.aloware.contact(ANNA).unwrap()),
        json!({ "phone_number": ANNA, "lead_source": "Duplex" })
    );
    assert!(copy(&world, &dials).await.copied_at.is_some());
    assert_eq!(copying(&world, &dials).await, [LogResult::Success, LogResult::Success]);
}

#[tokio::test]
async fn with_the_switch_off_no_contact_is_copied() {
    let world = World::new().await;
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    world.settle().await;

    let phone = ANNA.parse().unwrap();
    let copy = world.scope().contact_copy(&world.acme.aloware, &phone).await.unwrap();
    assert_eq!(world.aloware.calls("upsert_contact"), 0);
    assert!(copy.is_none());
}

/// The tenant may still say so when the integration does not any more.
#[tokio::test]
async fn a_copy_that_is_not_wanted_when_its_turn_comes_is_let_go() {
    let world = World::new().await;
    tenant(&world).await;
    let dials = plant(&world, json!({ "sync_contacts": false }), "secret").await;
    texts(&world, &dials, ANNA, "hello").await;
    world.settle().await;

    assert_eq!(world.aloware.calls("upsert_contact"), 0);
    let copy = copy(&world, &dials).await;
    assert_eq!((copy.due, copy.copied_at, copy.given_up), (None, None, None));
    assert_eq!(world.store.count_parked(&dials.tenant).await.unwrap(), 0);
    let refused = |it: &LogResult| matches!(it, LogResult::Refused { .. });
    assert!(copying(&world, &dials).await.iter().all(refused));

    texts(&world, &dials, ANNA, "again").await;
    world.settle().await;
    assert_eq!(copying(&world, &dials).await.len(), 2, "a text asks again");
}

#[tokio::test]
async fn while_aloware_is_down_texts_go_on_and_copies_wait() {
    let world = World::new().await;
    let dials = plant(&world, json!({ "sync_contacts": true }), "secret").await;
    world.aloware.plan_fault(unavailable("upsert_contact", 3));
    texts(&world, &dials, ANNA, "hello").await;
    world.drain().await;
    assert_eq!((heard(&world, &dials), world.aloware.contacts()), (1, 0));

    texts(&world, &dials, ANNA, "still there?").await;
    world.drain().await;
    assert_eq!(heard(&world, &dials), 2);

    world.settle().await;
    assert_eq!((world.aloware.contacts(), world.aloware.calls("upsert_contact")), (1, 4));
    let log = copying(&world, &dials).await;
    let deferred = log.iter().filter(|it| matches!(it, LogResult::Deferred { .. })).count();
    assert_eq!((deferred, log.last()), (3, Some(&LogResult::Success)));
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_given_time_to_be_mended() {
    let world = World::new().await;
    let dials = plant(&world, json!({ "sync_contacts": true }), "secret").await;
    let fault = Fault::Status { status: 401, body: None, retry_after: None };
    world.aloware.plan_fault(Planned { on: "upsert_contact".to_owned(), times: 1, fault });
    texts(&world, &dials, ANNA, "hello").await;
    world.settle().await;

    assert!(copy(&world, &dials).await.copied_at.unwrap() >= NOON + SignedDuration::from_mins(15));
    assert_eq!((world.aloware.contacts(), world.aloware.calls("upsert_contact")), (1, 2));
}

#[tokio::test]
async fn a_contact_that_was_refused_is_tried_again_with_the_next_text() {
    let world = World::new().await;
    let dials = plant(&world, json!({ "sync_contacts": true }), "secret").await;
    let fault = Fault::Status { status: 400, body: None, retry_after: None };
    world.aloware.plan_fault(Planned { on: "upsert_contact".to_owned(), times: 1, fault });
    texts(&world, &dials, ANNA, "hello").await;
    world.settle().await;

    assert_eq!((world.aloware.contacts(), world.aloware.calls("upsert_contact")), (0, 1));
    let given_up = copy(&world, &dials).await.given_up.unwrap();
    assert!(given_up.why.contains("http_400"), "{}", given_up.why);
    assert_eq!(world.store.count_parked(&dials.tenant).await.unwrap(), 0, "nobody has to look");

    texts(&world, &dials, ANNA, "again").await;
    world.settle().await;
    assert_eq!((world.aloware.contacts(), world.aloware.calls("upsert_contact")), (1, 2));
    assert_eq!(copy(&world, &dials).await.given_up, None);
    assert_eq!(heard(&world, &dials), 2);
}

#[tokio::test]
async fn a_suspended_tenants_contacts_are_copied_once_it_is_served_again() {
    let world = World::new().await;
    let dials = plant(&world, json!({ "sync_contacts": true }), "secret").await;
    let operator = Key::operator(&world).await;
    world.aloware.plan_fault(unavailable("upsert_contact", 1));
    texts(&world, &dials, ANNA, "hello").await;
    world.drain().await;
    let why = json!({ "reason": "not paid" });
    operator.post("/v1/tenants/dials/suspend", &why).await.expect(200);
    world.advance(61);
    world.settle().await;

    assert_eq!(world.aloware.calls("upsert_contact"), 1, "nobody is called meanwhile");
    assert_eq!(world.store.count_parked(&dials.tenant).await.unwrap(), 1);

    operator.post("/v1/tenants/dials/resume", &why).await.expect(200);
    world.settle().await;
    assert_eq!((world.aloware.contacts(), world.aloware.calls("upsert_contact")), (1, 2));
    assert_eq!(world.store.count_parked(&dials.tenant).await.unwrap(), 0);
}
