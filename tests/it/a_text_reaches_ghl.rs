//! Somebody texts a number of ours, and the agents see it: once, whoever carries it.

use aws::{Asked, ForeignId};
use domain::{
    delivery::Delivery,
    ids::{CrmMessageId, MessageId, ProviderMessageId},
    sync_log::{LogResult, Operation},
};
use local::sims::carrier::{InboundText, Received};

use crate::world::{ANNA, BEN, NOON, World, unavailable};

#[tokio::test]
async fn a_text_through_any_carrier_reaches_the_conversation() {
    let world = World::new().await;
    let numbers = world.acme.numbers.clone();

    let texting = world.texting.receives_text(ANNA, numbers.texting.as_str(), "one", &[]).await;
    let telnyx = world.telnyx.receives_text(ANNA, numbers.telnyx.as_str(), "two", &[]).await;
    let twilio = world.twilio.receives_text(ANNA, numbers.twilio.as_str(), "three", &[]).await;
    for received in [texting, telnyx, twilio] {
        assert!(received.answer.is_accepted(), "{:?}", received.answer);
    }
    world.settle().await;

    let mut heard = world.heard_in_ghl(ANNA);
    heard.sort();
    assert_eq!(heard, ["one", "three", "two"]);
}

#[tokio::test]
async fn a_text_keeps_its_time_its_pictures_and_our_id() {
    let world = World::new().await;
    let to = world.acme.numbers.telnyx.clone();
    let picture = "https://media.example/cat.png";

    let received = world.telnyx.receives_text(ANNA, to.as_str(), "look", &[picture]).await;
    world.advance(90);
    world.settle().await;

    let thread = world.thread(ANNA);
    assert_eq!(thread.len(), 1);
    assert_eq!(thread[0].attachments, [picture]);
    assert!((thread[0].date.as_second() - NOON.as_second()).abs() <= 1, "{}", thread[0].date);
    let ours = message_of(&world, &received.id).await;
    assert_eq!(thread[0].alt_id.as_deref(), Some(ours.as_str()));
}

/// By any foreign id.
#[tokio::test]
async fn a_text_is_found_by_every_name_it_has() {
    let world = World::new().await;
    let to = world.acme.numbers.texting.clone();

    let received = world.texting.receives_text(ANNA, to.as_str(), "hello", &[]).await;
    world.settle().await;

    let ours = message_of(&world, &received.id).await;
    let theirs = CrmMessageId::parse(&world.thread(ANNA)[0].id).unwrap();
    let found = world.scope().message_called(ForeignId::CrmMessage(&theirs)).await.unwrap();
    assert_eq!(found, Some(ours.clone()));
    let message = world.scope().message(&ours).await.unwrap().unwrap().body;
    assert_eq!(message.delivery, Delivery::Received { at: NOON });
    let owner = world.scope().owner_of(&ANNA.parse().unwrap()).await.unwrap().unwrap();
    let contact = world.scope().contact_called(&owner.crm_contact).await.unwrap().unwrap();
    assert_eq!(contact.id, owner.contact);
}

#[tokio::test]
async fn a_known_phone_is_not_looked_up_again() {
    let world = World::new().await;
    let to = world.acme.numbers.texting.clone();

    for text in ["one", "two", "three"] {
        world.texting.receives_text(ANNA, to.as_str(), text, &[]).await;
        world.settle().await;
    }

    assert_eq!(world.ghl.statuses_of("upsert_contact").len(), 1);
    assert_eq!(world.heard_in_ghl(ANNA), ["one", "two", "three"]);
}

#[tokio::test]
async fn texts_of_one_person_arrive_in_the_order_they_were_sent() {
    let world = World::new().await;
    let to = world.acme.numbers.texting.clone();
    let texts: Vec<_> = (0..12).map(|n| format!("text {n}")).collect();

    for text in &texts {
        world.texting.receives_text(ANNA, to.as_str(), text, &[]).await;
        world.texting.receives_text(BEN, to.as_str(), text, &[]).await;
    }
    world.settle().await;

    assert_eq!(world.heard_in_ghl(ANNA), texts);
    assert_eq!(world.heard_in_ghl(BEN), texts);
}

#[tokio::test]
async fn a_delivery_a_hundred_times_in_parallel_has_one_effect() {
    let world = World::new().await;
    let numbers = world.acme.numbers.clone();
    let text = |to: &str| InboundText::new(ANNA, to, "only once");

    for received in [
        world.texting.receives_at_once(text(numbers.texting.as_str()), 100).await,
        world.telnyx.receives_at_once(text(numbers.telnyx.as_str()), 100).await,
        world.twilio.receives_at_once(text(numbers.twilio.as_str()), 100).await,
    ] {
        assert_eq!(received.len(), 100);
        // On a busy machine some are not answered in the few seconds that a carrier waits.
        let is_in_time = |it: &Received| it.answer.is_accepted() || it.answer.status.is_none();
        assert!(received.iter().all(is_in_time));
        assert!(received.iter().any(|it| it.answer.is_accepted()));
    }
    world.settle().await;

    assert_eq!(world.heard_in_ghl(ANNA).len(), 3);
}

#[tokio::test]
async fn a_delivery_that_is_repeated_days_later_has_no_effect() {
    let world = World::new().await;
    let to = world.acme.numbers.twilio.clone();
    let first = world.twilio.receives_text(ANNA, to.as_str(), "once", &[]).await;
    world.settle().await;

    world.advance(5 * 24 * 3600);
    let again = world.twilio.receives_again(&first.id).await.unwrap();
    world.settle().await;

    assert!(again.answer.is_accepted());
    assert_eq!(world.heard_in_ghl(ANNA), ["once"]);
}

#[tokio::test]
async fn a_contact_that_was_deleted_in_ghl_gets_a_new_one() {
    let world = World::new().await;
    let to = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, to.as_str(), "before", &[]).await;
    world.settle().await;

    let not_found =
        local::sims::fault::Fault::Status { status: 404, body: None, retry_after: None };
    let planned =
        local::sims::fault::Planned { on: "add_inbound".into(), times: 1, fault: not_found };
    world.ghl.faults().add(planned);
    world.texting.receives_text(ANNA, to.as_str(), "after", &[]).await;
    world.settle().await;

    assert_eq!(world.heard_in_ghl(ANNA), ["before", "after"]);
    assert_eq!(world.ghl.statuses_of("upsert_contact").len(), 2);
}

#[tokio::test]
async fn the_additional_kind_of_provider_is_served_too() {
    let world = World::with(|options| {
        let location = options.locations.remove(0).with_additional_channel();
        options.locations.push(location);
    })
    .await;
    let to = world.acme.numbers.texting.clone();

    world.texting.receives_text(ANNA, to.as_str(), "hello", &[]).await;
    world.settle().await;

    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
}

/// features.md F5: "success" is in the log because the effect is in GoHighLevel, and only then.
#[tokio::test]
async fn the_sync_log_says_what_happened() {
    let world = World::new().await;
    let to = world.acme.numbers.texting.clone();
    world.ghl.faults().add(unavailable("add_inbound", 1));

    world.texting.receives_text(ANNA, to.as_str(), "hello", &[]).await;
    world.settle().await;

    let log = world.scope().log_of_day(NOON, Asked::oldest(1000)).await.unwrap().items;
    let added: Vec<_> =
        log.into_iter().filter(|it| it.operation == Operation::AddInbound).collect();
    assert!(matches!(added[0].result, LogResult::Deferred { .. }), "{added:?}");
    assert_eq!(added.last().unwrap().result, LogResult::Success);
}

/// Twilio gives no phone number for a short code, and GoHighLevel has no contact without one.
#[tokio::test]
async fn a_text_from_no_phone_waits_for_a_person() {
    let world = World::new().await;
    let to = world.acme.numbers.twilio.clone();

    let received = world.twilio.receives_text("24273", to.as_str(), "Your code is 1", &[]).await;
    world.settle().await;

    assert!(received.answer.is_accepted());
    assert_eq!(world.store.count_parked(&world.acme.tenant).await.unwrap(), 1);
}

async fn message_of(world: &World, provider_message: &str) -> MessageId {
    let theirs = ProviderMessageId::parse(provider_message).unwrap();
    for channel in [&world.acme.texting, &world.acme.telnyx, &world.acme.twilio] {
        let id = ForeignId::Provider(channel, &theirs);
        if let Some(message) = world.scope().message_called(id).await.unwrap() {
            return message;
        }
    }
    panic!("no message is called {provider_message}");
}
