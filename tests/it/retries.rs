//! Whatever fails, nothing accepted is lost and nothing is done twice.

use local::{
    emulator::gate::{Fault as AwsFault, When},
    sims::fault::{Fault, Planned},
};

use crate::world::{ANNA, World, answer_lost, unavailable};

#[tokio::test]
async fn a_webhook_is_accepted_although_the_queue_is_down() {
    let world = World::new().await;
    world.gate.fail_next("SendMessage", u32::MAX, When::Before);

    let to = world.acme.numbers.texting.clone();
    let received = world.texting.receives_text(ANNA, to.as_str(), "hello", &[]).await;
    assert!(received.answer.is_accepted(), "{:?}", received.answer);
    world.agent_sends(ANNA, "hi").await;
    assert!(!world.drain().await, "nothing is queued");

    world.gate.heal();
    world.settle().await;
    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
    assert_eq!(world.texting.sent().len() + world.twilio.sent().len(), 1);
}

#[tokio::test]
async fn a_webhook_that_cannot_be_stored_is_refused_so_that_it_comes_again() {
    let world = World::new().await;
    world.dynamo.gate().fail_next("PutItem", u32::MAX, When::Before);
    world.dynamo.gate().fail_next("TransactWriteItems", u32::MAX, When::Before);

    let to = world.acme.numbers.telnyx.clone();
    let received = world.telnyx.receives_text(ANNA, to.as_str(), "hello", &[]).await;
    assert_eq!(received.answer.status, Some(503));
    let sent = world.agent_sends(ANNA, "hi").await;
    assert_eq!(sent.answer, local::sims::ghl::Delivered::Answered(429));

    world.dynamo.gate().heal();
    world.telnyx.receives_again(&received.id).await.unwrap();
    assert!(world.ghl.redeliver(&sent.message_id).await.is_accepted());
    world.settle().await;
    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
    assert_eq!(world.twilio.sent().len() + world.telnyx.sent().len(), 1);
}

#[tokio::test]
async fn jobs_that_a_queue_lost_are_put_back() {
    let world = World::new().await;
    let to = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, to.as_str(), "hello", &[]).await;
    world.agent_sends(ANNA, "hi").await;
    assert_eq!(world.lose_jobs("Inbound").await, 1);
    assert_eq!(world.lose_jobs("Outbound").await, 1);

    world.settle().await;

    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
    assert_eq!(world.twilio.sent().len() + world.texting.sent().len(), 1);
}

#[tokio::test]
async fn the_sweeper_leaves_alone_what_is_not_overdue() {
    let world = World::new().await;
    let to = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, to.as_str(), "hello", &[]).await;

    assert_eq!(world.sweep().await, sweeper::Swept::default());
    world.advance(31);
    assert_eq!(world.sweep().await.queued, 1);
    assert_eq!(world.sweep().await.queued, 0, "it was put off");
    world.settle().await;

    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
}

/// The consumer dies after GoHighLevel took the text and before we wrote that down.
#[tokio::test]
async fn a_text_is_not_doubled_in_ghl_when_our_own_record_of_it_fails() {
    for when in [When::Before, When::After] {
        let world = World::new().await;
        let to = world.acme.numbers.texting.clone();
        world.texting.receives_text(ANNA, to.as_str(), "first", &[]).await;
        world.settle().await;

        world.texting.receives_text(ANNA, to.as_str(), "only once", &[]).await;
        world.dynamo.gate().fail_next("TransactWriteItems", 1, when);
        world.settle().await;

        assert_eq!(world.heard_in_ghl(ANNA), ["first", "only once"], "{when:?}");
        assert_eq!(posted(&world), 2, "{when:?}");
    }
}

#[tokio::test]
async fn a_text_is_not_doubled_in_ghl_when_its_answer_is_lost() {
    let world = World::new().await;
    let to = world.acme.numbers.texting.clone();
    world.ghl.faults().add(answer_lost("add_inbound", 1));

    world.texting.receives_text(ANNA, to.as_str(), "only once", &[]).await;
    world.settle().await;

    assert_eq!(world.heard_in_ghl(ANNA), ["only once"]);
}

#[tokio::test]
async fn a_text_that_ghl_never_got_is_added_after_looking() {
    let world = World::new().await;
    let to = world.acme.numbers.texting.clone();
    let lost = Planned { on: "add_inbound".into(), times: 1, fault: Fault::HangBefore };
    world.ghl.faults().add(lost);

    world.texting.receives_text(ANNA, to.as_str(), "hello", &[]).await;
    world.settle().await;

    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
}

/// People do say the same thing twice. What looks like the lost text is another one.
#[tokio::test]
async fn the_same_words_said_twice_are_two_texts() {
    let world = World::new().await;
    let to = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, to.as_str(), "ok", &[]).await;
    world.settle().await;

    let lost = Planned { on: "add_inbound".into(), times: 1, fault: Fault::HangBefore };
    world.ghl.faults().add(lost);
    world.texting.receives_text(ANNA, to.as_str(), "ok", &[]).await;
    world.settle().await;

    assert_eq!(world.heard_in_ghl(ANNA), ["ok", "ok"]);
}

#[tokio::test]
async fn texts_wait_out_an_outage_of_ghl_and_arrive_in_order() {
    let world = World::new().await;
    let to = world.acme.numbers.texting.clone();
    world.ghl.faults().add(unavailable("upsert_contact", 8));
    world.ghl.faults().add(unavailable("add_inbound", 5));

    for text in ["one", "two", "three"] {
        world.texting.receives_text(ANNA, to.as_str(), text, &[]).await;
    }
    world.settle().await;

    assert_eq!(world.heard_in_ghl(ANNA), ["one", "two", "three"]);
}

/// Work is an item in the table, so a text survives every failure of the table at every point of
/// its way, and is added once.
#[tokio::test]
async fn a_text_survives_the_table_failing_at_every_call() {
    every_call_fails_once(async |world| {
        let to = world.acme.numbers.texting.clone();
        let received = world.texting.receives_text(ANNA, to.as_str(), "hello", &[]).await;
        if !received.answer.is_accepted() {
            world.texting.receives_again(&received.id).await.unwrap();
        }
        world.settle().await;
        assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
    })
    .await;
}

#[tokio::test]
async fn a_stop_survives_the_table_failing_at_every_call() {
    every_call_fails_once(async |world| {
        let to = world.acme.numbers.texting.clone();
        let received = world.texting.receives_text(ANNA, to.as_str(), "STOP", &[]).await;
        if !received.answer.is_accepted() {
            world.texting.receives_again(&received.id).await.unwrap();
        }
        world.settle().await;
        assert_eq!(world.heard_in_ghl(ANNA), ["STOP"]);
        assert!(!world.ghl_may_text(ANNA));
        assert!(world.texting.sent().len() <= 1, "confirmed once");
        world.agent_sends(ANNA, "still there?").await;
        world.settle().await;
        assert!(world.twilio.sent().is_empty() && world.texting.sent().len() <= 1);
    })
    .await;
}

/// The one thing that must not happen is a second send. A send whose outcome could not be written
/// down is in doubt until its report comes.
#[tokio::test]
async fn a_reply_survives_the_table_failing_at_every_call() {
    every_call_fails_once(async |world| {
        let sent = world.agent_sends(ANNA, "hello").await;
        if !sent.answer.is_accepted() {
            world.ghl.redeliver(&sent.message_id).await;
        }
        world.settle().await;
        world.twilio.deliver_callbacks().await;
        while !world.twilio.pending_callbacks().is_empty() {
            world.twilio.deliver_callbacks().await;
        }
        world.settle().await;
        assert_eq!(world.twilio.sent().len(), 1);
    })
    .await;
}

/// Whatever it is, working on it kills whoever works on it. A person must look.
#[tokio::test]
async fn an_event_that_was_claimed_five_times_without_an_outcome_is_quarantined() {
    let world = World::new().await;
    let to = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, to.as_str(), "hello", &[]).await;
    for _ in 0..domain::work::CLAIM_LIMIT {
        // Dies: the claim is written, and nothing after it, not even that it failed.
        world.dynamo.gate().fail(AwsFault { skip: 2, times: u32::MAX, ..AwsFault::default() });
        world.drain_once("Inbound").await;
        world.dynamo.gate().heal();
        world.lose_jobs("Inbound").await;
        world.advance(200);
        world.sweep().await;
    }

    world.settle().await;

    assert_eq!(world.store.count_parked(&world.acme.tenant).await.unwrap(), 1);
    assert!(world.heard_in_ghl(ANNA).is_empty());
}

/// Plays a story over and over: with the first call to the table failing, then the second, and so
/// on until it has no more calls; before the call has its effect, and after it.
pub(crate) async fn every_call_fails_once(story: impl AsyncFn(&World)) {
    for when in [When::Before, When::After] {
        for call in 0.. {
            let world = World::new().await;
            let before = world.dynamo.gate().meter().total().calls;
            let fault = AwsFault { skip: call, times: 1, when, ..AwsFault::default() };
            world.dynamo.gate().fail(fault);
            story(&world).await;
            let calls = world.dynamo.gate().meter().total().calls - before;
            if calls <= u64::from(call) {
                assert!(call > 5, "the story has hardly any calls: {call}");
                break;
            }
            world.dynamo.gate().heal();
        }
    }
}

/// How many calls that add a text GoHighLevel took.
fn posted(world: &World) -> usize {
    world.ghl.statuses_of("add_inbound").iter().filter(|it| **it == Some(201)).count()
}
