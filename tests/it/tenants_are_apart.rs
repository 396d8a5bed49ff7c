//! Nothing of one tenant's is reached through another, although both text the same person.

mod acme;
mod answers;

use std::{collections::BTreeSet, fs, path::Path};

use aws::{Added, Commit, Condition, ForeignId};
use domain::{
    consent::{OptOut, Source},
    delivery::Delivery,
    ids::{CrmMessageId, MessageId},
};
use local::{seed::Planted, sims::ghl::AgentMessage};
use serde_json::{Value, json};

use self::{acme::live, answers::ask};
use crate::{
    letters::{Sender, account_sid, form},
    tables::Tables,
    world::{ANNA, NOON, World},
};

/// Methods of a scope that write, and what does not touch the table.
const NOT_ASKED: [&str; 24] = [
    "add_event",
    "add_integration",
    "add_location",
    "add_message",
    "add_telling",
    "add_tenant",
    "begin_once",
    "change_allowance",
    "change_breaker",
    "count_call",
    "finish_once",
    "forget_belongings",
    "give_back_once",
    "note_person",
    "replace_contact_copy",
    "replace_conversation",
    "replace_event",
    "replace_message",
    "replace_opt_out",
    "replace_resumption",
    "replace_telling",
    "replace_tokens",
    "set_credential",
    "tenant_id",
];

#[tokio::test]
async fn what_one_tenant_has_no_other_finds() {
    let world = World::new().await;
    let everything = live(&world).await;
    let zenith = world.another_tenant().await;

    let found = ask(world.scope(), &everything).await;
    assert!(found.iter().all(|(_, is_found)| *is_found), "acme has it all: {found:?}");
    let found = ask(world.store.of(&zenith.tenant), &everything).await;
    assert!(found.iter().all(|(_, is_found)| !*is_found), "zenith has none of it: {found:?}");
    assert_eq!(world.store.count_parked(&world.acme.tenant).await.unwrap(), 1);
    assert_eq!(world.store.count_parked(&zenith.tenant).await.unwrap(), 0);

    let asked: BTreeSet<_> = found.iter().map(|(name, _)| (*name).to_owned()).collect();
    let other = NOT_ASKED.into_iter().chain(["transaction"]).map(str::to_owned);
    assert_eq!(methods(), asked.into_iter().chain(other).collect(), "is it tried above?");
}

/// The public methods that the sources give a scope.
fn methods() -> BTreeSet<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("shared/aws/src");
    let mut methods = BTreeSet::new();
    for file in fs::read_dir(sources).unwrap().map(|it| it.unwrap().path()) {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let mut is_scope = false;
        for line in text.lines() {
            if line.starts_with("impl") {
                is_scope = line.contains("Scope<");
            }
            let method = line
                .trim()
                .strip_prefix("pub async fn ")
                .or_else(|| line.trim().strip_prefix("pub fn "));
            if let Some(method) = method.filter(|_| is_scope && line.starts_with("    pub")) {
                methods.insert(method.split(['(', '<']).next().unwrap().to_owned());
            }
        }
    }
    methods
}

#[tokio::test]
async fn what_one_tenant_writes_touches_nothing_of_anothers() {
    let world = World::new().await;
    let acme = live(&world).await;
    let zenith = world.another_tenant().await;
    let before = items_of(&world, "acme").await;

    let scope = world.store.of(&zenith.tenant);
    assert_eq!(scope.add_message(&acme.message.body).await.unwrap(), Added::New);
    assert_eq!(scope.add_event(&acme.event.body).await.unwrap(), Added::New);
    assert_eq!(scope.add_telling(&acme.telling.body).await.unwrap(), Added::New);
    let (message, event) = (&acme.message, acme.event.clone());
    let acmes = scope.add_tenant(&world.scope().tenant().await.unwrap()).await;
    assert_eq!(acmes.unwrap(), Added::AlreadyThere, "a scope knows one tenant, its own");
    let standing = OptOut::new(acme.phone.clone(), false, Source::Manual, NOON);
    let secrets = world.scope().credentials(&acme.integration.id).await.unwrap();
    for (name, sealed) in secrets {
        scope.set_credential(&acme.integration.id, &name, sealed).await.unwrap();
    }
    let provider = ForeignId::Provider(&acme.integration.id, &acme.provider_message);
    let transaction = scope
        .transaction()
        .set_opt_out(None, &standing)
        .set_contact_copy(None, &acme.copy)
        .know_contact(&acme.contact, &acme.phone)
        .map_message(provider, &MessageId::parse("msg_zeniths").unwrap());
    assert_eq!(transaction.commit().await.unwrap(), Commit::Done);
    assert_eq!(items_of(&world, "acme").await, before);

    // What zenith has now are items of its own, of other versions than acme's.
    scope.replace_event(event, acme.event.body.clone()).await.unwrap_err();
    scope.replace_message(message, &acme.message.body).await.unwrap_err();
    scope.replace_telling(&acme.telling, &acme.telling.body).await.unwrap_err();
    scope.replace_opt_out(&acme.opt_out, &standing).await.unwrap_err();
    assert_eq!(items_of(&world, "acme").await, before);
}

#[tokio::test]
async fn the_way_from_outside_to_a_tenant_cannot_be_taken_over() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    let acmes = world.scope().integration(&world.acme.texting).await.unwrap().unwrap();

    let scope = world.store.of(&zenith.tenant);
    assert_eq!(scope.add_integration(&acmes).await.unwrap(), Added::AlreadyThere);
    let location = &world.acme.location;
    assert_eq!(scope.add_location(location, &acmes.id).await.unwrap(), Added::AlreadyThere);

    assert_eq!(scope.integration(&acmes.id).await.unwrap(), None, "none of it was written");
    for transaction in [
        scope.transaction().claim_location(location, &zenith.texting),
        scope.transaction().delete_location(location, &acmes.id),
    ] {
        let refused = Commit::Refused(vec![Condition::Ours("route")]);
        assert_eq!(transaction.commit().await.unwrap(), refused);
    }
    let route = world.store.route_of_integration(&acmes.id).await.unwrap().unwrap();
    assert_eq!(route.tenant, world.acme.tenant);
    let route = world.store.route_of_location(location).await.unwrap().unwrap();
    assert_eq!(route.tenant, world.acme.tenant);
}

/// Whoever takes an integration away has seen what it is now, or its new secrets would outlive it.
#[tokio::test]
async fn an_integration_that_has_changed_is_not_taken_away() {
    let world = World::new().await;
    let scope = world.scope();
    let row = scope.integration_row(&world.acme.texting).await.unwrap().unwrap();
    let changed = scope.transaction().replace_integration(&row, &row.body).commit().await;
    assert_eq!(changed.unwrap(), Commit::Done);
    let refused = scope.transaction().delete_integration(&row).commit().await.unwrap();
    assert_eq!(refused, Commit::Refused(vec![Condition::Unchanged("integration")]));
    assert!(world.store.route_of_integration(&world.acme.texting).await.unwrap().is_some());
}

/// Only a route is found without knowing whose it is.
#[tokio::test]
async fn every_key_but_a_routes_names_its_tenant() {
    let world = World::new().await;
    live(&world).await;
    let zenith = world.another_tenant().await;
    world.texting.set_webhook_url(format!("{}/webhooks/texting/{}", world.origin, zenith.texting));
    world.texting.receives_text(ANNA, zenith.numbers.texting.as_str(), "STOP", &[]).await;
    world.settle().await;

    let mut kinds = BTreeSet::new();
    for (_, item) in Tables::of(&world).items().await {
        let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
        let (pk, kind) = (text("pk"), text("kind"));
        let owner = pk.strip_prefix("T#").and_then(|it| it.split('#').next());
        match kind.as_str() {
            "route" => assert!(pk.starts_with("ROUTE#"), "{kind}"),
            "API key" => {
                assert!(pk.starts_with("ROUTE#"), "{kind}");
                assert_eq!(text("recent_pk"), "T#acme#KEYS", "a list has its tenant's name");
            }
            // Where the app is installed is the operators' until it is said whose it is.
            "install" | "data key" if owner == Some("_platform") => {}
            _ => assert!(matches!(owner, Some("acme" | "zenith")), "a {kind} of nobody's"),
        }
        if let Some(owner) = owner {
            let is_theirs = |index: &str| index.is_empty() || index.contains(owner);
            // The operators' list of tenants, and of tokens to renew, are of all of them.
            let is_of_all = matches!(kind.as_str(), "tenant" | "token pair");
            let is_listed = is_of_all || is_theirs(&text("recent_pk"));
            assert!(is_listed && is_theirs(&text("wake")), "{kind}");
            assert!(is_theirs(&text("parked_pk")), "{kind}");
        }
        kinds.insert(kind);
    }
    assert!(kinds.len() >= 14, "the story made one of each: {kinds:?}");
}

#[tokio::test]
async fn a_report_cannot_name_another_tenants_message() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    world.agent_sends(ANNA, "of acme").await;
    let theirs = zenith_sends(&world, &zenith, "of zenith").await;
    world.drain().await;
    let scope = world.store.of(&zenith.tenant);
    let before = scope.message(&theirs).await.unwrap().unwrap().body;
    assert!(matches!(before.delivery, Delivery::Accepted { .. }), "{:?}", before.delivery);
    let sid = before.provider_message.clone().unwrap();

    // Signed for acme, of the same account even, and it names zenith's message twice.
    let report = form(&[
        ("AccountSid", &account_sid()),
        ("MessageSid", sid.as_str()),
        ("MessageStatus", "undelivered"),
        ("ErrorCode", "21610"),
    ]);
    let address = format!("{}?message={theirs}", Sender::Twilio.address(&world));
    let answer = Sender::Twilio.letter_to(&world, address, report).post(&world).await;
    assert_eq!(answer.status, 204);
    world.settle().await;

    let after = scope.message(&theirs).await.unwrap().unwrap().body;
    assert_eq!(after.delivery, before.delivery, "zenith's message is untouched");
    let phone = ANNA.parse().unwrap();
    assert_eq!(scope.opt_out(&phone).await.unwrap().map(|it| it.body.active), None);
    assert_eq!(world.scope().opt_out(&phone).await.unwrap().map(|it| it.body.active), None);
    let event = event_of(&world, "acme").await;
    assert_eq!(event["stage"]["M"]["outcome"]["S"], "unmatched", "{event}");
}

/// Of the same tenant even: one channel's carrier has no say in another's messages.
#[tokio::test]
async fn a_report_cannot_name_another_channels_message() {
    let world = World::new().await;
    let asked = world.agent_sends(ANNA, "through Twilio").await;
    world.drain().await;
    let id = CrmMessageId::parse(&asked.message_id).unwrap();
    let id = MessageId::from_crm(&world.acme.tenant, &id);
    let before = world.scope().message(&id).await.unwrap().unwrap().body.delivery;
    assert!(matches!(before, Delivery::Accepted { .. }), "{before:?}");

    let report = json!({
        "eventType": "message.failed", "eventId": "1", "messageId": "tpm_1", "correlationId": id,
        "errorCode": "recipient_opted_out",
    });
    let letter = Sender::Texting.letter(&world, report.to_string());
    assert_eq!(letter.post(&world).await.status, 200);
    world.settle().await;

    let after = world.scope().message(&id).await.unwrap().unwrap().body.delivery;
    assert_eq!(after, before);
    assert!(world.scope().opt_out(&ANNA.parse().unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_message_written_in_one_location_leaves_by_its_own_tenants_number() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    let (ours, theirs) = (world.acme.numbers.clone(), zenith.numbers.clone());
    // The person texted zenith last, and zenith knows a way to reach them.
    world.texting.set_webhook_url(format!("{}/webhooks/texting/{}", world.origin, zenith.texting));
    world.texting.receives_text(ANNA, theirs.texting.as_str(), "hello zenith", &[]).await;
    world.settle().await;

    world.agent_sends(ANNA, "from acme").await;
    let id = zenith_sends(&world, &zenith, "from zenith").await;
    world.settle().await;

    let sent = world.twilio.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].from.as_str(), sent[0].body.as_str()), (ours.twilio.as_str(), "from acme"));
    let sent = world.texting.sent();
    assert_eq!(sent.len(), 1);
    let sent = (sent[0].from.as_str(), sent[0].body.as_str());
    assert_eq!(sent, (theirs.texting.as_str(), "from zenith"));
    assert!(world.scope().message(&id).await.unwrap().is_none());
    assert!(world.heard_in_ghl(ANNA).is_empty(), "acme's location heard nothing of it");
}

#[tokio::test]
async fn a_stop_is_said_to_one_tenant() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    world.texting.receives_text(ANNA, world.acme.numbers.texting.as_str(), "STOP", &[]).await;
    world.settle().await;

    world.agent_sends(ANNA, "from acme").await;
    zenith_sends(&world, &zenith, "from zenith").await;
    world.settle().await;

    let sent = world.twilio.sent();
    assert_eq!(sent.len(), 1, "acme may not text her");
    assert_eq!(sent[0].body, "from zenith");
}

/// Both tenants' carriers use the same id for a message, which they may.
#[tokio::test]
async fn the_same_ids_at_two_tenants_are_two_texts() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    let sender = Sender::Texting;
    for texting in [&world.acme.texting, &zenith.texting] {
        let address = format!("/webhooks/texting/{texting}");
        let body = sender.text(&world, ANNA, "SM1", "hello");
        assert_eq!(sender.letter_to(&world, address, body).post(&world).await.status, 200);
    }
    world.settle().await;

    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
    assert_eq!(world.ghl.messages(zenith.location.as_str(), ANNA).len(), 1);
}

/// An agent of zenith's writes to Anna. Gives our message.
async fn zenith_sends(world: &World, zenith: &Planted, text: &str) -> MessageId {
    let message = AgentMessage::new(zenith.location.as_str(), ANNA, text);
    let sent = world.ghl.agent_sends(message.despite_do_not_disturb()).await.unwrap();
    assert!(sent.answer.is_accepted());
    let crm_message = CrmMessageId::parse(&sent.message_id).unwrap();
    MessageId::from_crm(&zenith.tenant, &crm_message)
}

/// The last event of a tenant's that is a text or a report, as it is stored.
async fn event_of(world: &World, tenant: &str) -> Value {
    let events = items_of(world, tenant).await.into_iter().filter(|it| {
        let heard = it["heard"]["M"]["heard"]["S"].as_str();
        it["kind"]["S"] == "webhook event" && matches!(heard, Some("text" | "report"))
    });
    events.max_by_key(|it| it["received_at"]["S"].to_string()).unwrap()
}

async fn items_of(world: &World, tenant: &str) -> Vec<Value> {
    let is_theirs = |item: &Value| {
        let pk = item["pk"]["S"].as_str().unwrap_or_default();
        pk.split('#').nth(1) == Some(tenant) || item["tenant"]["S"] == tenant
    };
    let items = Tables::of(world).items().await.into_iter().map(|(_, item)| item);
    items.filter(is_theirs).collect()
}
