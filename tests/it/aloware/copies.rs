//! Contacts that are copied to Aloware.

use aws::Asked;
use domain::{
    contact_copy::ContactCopy,
    sync_log::{LogResult, Operation},
};
use jiff::SignedDuration;
use local::{
    seed::Planted,
    sims::fault::{Fault, Planned},
};
use serde_json::{Value, json};

use super::{plant, tenant, texts};
use crate::{
    api::Key,
    world::{ANNA, BEN, NOON, World, unavailable},
};

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
