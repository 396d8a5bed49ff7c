//! Aloware: who may tell us of its events, texts that go out through it, and contacts that are
//! copied to it.

mod copies;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    conversation::Route,
    delivery::Delivery,
    event::{Outcome, Stage, WebhookEvent},
    failure::Reason,
    heard::Heard,
    ids::{CrmMessageId, EventId, IntegrationId, MessageId, TenantId},
    message::Message,
    tenant::Tenant,
};
use local::{
    seed::{self, ALOWARE_WEBHOOK_SECRET, Accounts, Numbers, Planted},
    sims::ghl::{AgentMessage, Location},
};
use serde_json::{Value, json};

use crate::{
    letters::{Letter, accounts, effects},
    tables::Tables,
    world::{ANNA, NOON, World, answer_lost},
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
