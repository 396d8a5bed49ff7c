//! STOP is heard before anything else, and nothing goes out after it.

use aws::Asked;
use domain::consent::{Act, Source};
use jiff::SignedDuration;
use local::sims::carrier::{InboundText, OptOut};

use crate::world::{ANNA, BEN, NOON, World};

pub(crate) const STOP_ANSWER: &str =
    "acme: you are unsubscribed and will receive no more messages. Reply START to resubscribe.";

#[tokio::test]
async fn stop_reaches_the_registry_the_switch_the_tags_and_the_thread() {
    let world = World::new().await;

    says(&world, ANNA, "Stop.").await;

    let standing = world.scope().opt_out(&ANNA.parse().unwrap()).await.unwrap().unwrap().body;
    assert!(standing.active);
    assert_eq!(standing.source, Source::Texting);
    assert!(!world.ghl_may_text(ANNA));
    assert_eq!(world.tags(ANNA), ["DNC-SMS", "SMS Opted Out"]);
    assert_eq!(world.heard_in_ghl(ANNA), ["Stop."]);
    let sent = world.texting.sent();
    assert_eq!(sent.len(), 1, "one confirmation");
    assert_eq!((sent[0].to.as_str(), sent[0].body.as_str()), (ANNA, STOP_ANSWER));
}

#[tokio::test]
async fn every_send_after_stop_is_refused_and_the_agent_is_told() {
    let world = World::new().await;
    says(&world, ANNA, "STOP").await;

    let asked = world.agent_sends(ANNA, "one more thing").await;
    world.settle().await;

    let shown = world.ghl.message(&asked.message_id).unwrap();
    assert_eq!(shown.status, "failed");
    let error = shown.error.unwrap();
    assert_eq!(error["code"], "opted_out");
    assert!(error["message"].as_str().unwrap().contains("until they want it again"), "{error}");
    assert_eq!(world.texting.sent().len(), 1, "only the confirmation");
}

/// The STOP arrives between the plan and the send.
#[tokio::test]
async fn a_message_that_was_queued_before_stop_is_not_sent_after_it() {
    let world = World::new().await;
    says(&world, ANNA, "hello").await;
    let asked = world.agent_sends(ANNA, "written before").await;
    let jobs = world.lose_jobs("Outbound").await;
    assert_eq!(jobs, 1, "the message waits in its queue");

    says(&world, ANNA, "STOP").await;
    world.settle().await;

    assert_eq!(world.ghl.message(&asked.message_id).unwrap().status, "failed");
    assert!(world.texting.sent().iter().all(|it| it.body == STOP_ANSWER));
}

#[tokio::test]
async fn a_confirmation_that_is_five_minutes_late_is_not_sent() {
    let world = World::new().await;
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "STOP", &[]).await;

    world.advance(5 * 60);
    world.settle().await;

    assert!(world.texting.sent().is_empty());
    let phone = ANNA.parse().unwrap();
    assert!(world.scope().opt_out(&phone).await.unwrap().unwrap().body.active);
}

#[tokio::test]
async fn stop_is_confirmed_once_however_often_it_is_said_or_delivered() {
    let world = World::new().await;
    let number = world.acme.numbers.texting.clone();
    let stop = InboundText::new(ANNA, number.as_str(), "STOP");
    world.texting.receives_at_once(stop, 20).await;
    world.settle().await;

    says(&world, ANNA, "stop").await;
    says(&world, ANNA, "unsubscribe").await;

    assert_eq!(world.texting.sent().len(), 1);
    let ledger = world
        .scope()
        .consent_history(&ANNA.parse().unwrap(), Asked::oldest(100))
        .await
        .unwrap()
        .items;
    assert_eq!(ledger.len(), 3, "each was said, and each is in the ledger: {ledger:?}");
    assert!(ledger.iter().all(|it| it.act == Act::Revoked));
}

/// Nobody may be answered twice: Twilio and Telnyx answer their keywords themselves and say so.
#[tokio::test]
async fn what_the_carrier_has_answered_is_not_answered_again() {
    let world = World::new().await;
    let numbers = world.acme.numbers.clone();

    let twilio = InboundText::new(ANNA, numbers.twilio.as_str(), "STOP").with_opt_out(OptOut::Stop);
    world.twilio.receives(twilio).await;
    let telnyx = InboundText::new(BEN, numbers.telnyx.as_str(), "STOP").with_opt_out(OptOut::Stop);
    world.telnyx.receives(telnyx).await;
    world.settle().await;

    for phone in [ANNA, BEN] {
        let standing = world.scope().opt_out(&phone.parse().unwrap()).await.unwrap().unwrap();
        assert!(standing.body.active);
        assert!(!world.ghl_may_text(phone));
        assert_eq!(world.heard_in_ghl(phone), ["STOP"]);
    }
    assert_eq!(world.twilio.calls("send") + world.telnyx.calls("send"), 0);
}

/// Without Advanced Opt-Out Twilio does not say that it answered, and it does.
#[tokio::test]
async fn twilios_default_keywords_are_left_to_twilio_and_the_others_are_answered() {
    let world = World::new().await;
    let number = world.acme.numbers.telnyx.clone();

    world.twilio.receives_text(ANNA, world.acme.numbers.twilio.as_str(), "STOP", &[]).await;
    world.settle().await;
    assert_eq!(world.twilio.calls("send"), 0);

    world.telnyx.receives_text(BEN, number.as_str(), "revoke", &[]).await;
    world.settle().await;
    assert_eq!(world.telnyx.sent().len(), 1, "Telnyx does not know REVOKE");
}

#[tokio::test]
async fn start_lifts_a_stop_everywhere() {
    let world = World::new().await;
    says(&world, ANNA, "STOP").await;

    says(&world, ANNA, "start").await;
    let asked = world.agent_sends(ANNA, "welcome back").await;
    world.settle().await;
    world.texting.deliver_callbacks().await;
    world.settle().await;

    assert!(world.ghl_may_text(ANNA));
    assert!(world.tags(ANNA).is_empty());
    assert_eq!(world.ghl.message(&asked.message_id).unwrap().status, "delivered");
    let bodies: Vec<_> = world.texting.sent().into_iter().map(|it| it.body).collect();
    assert_eq!(bodies.len(), 3, "{bodies:?}");
    assert_eq!(bodies[2], "welcome back");
}

#[tokio::test]
async fn help_is_answered_and_changes_nothing() {
    let world = World::new().await;

    says(&world, ANNA, "HELP").await;

    let sent = world.texting.sent();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].body.starts_with("acme: for help contact"), "{}", sent[0].body);
    assert!(world.scope().opt_out(&ANNA.parse().unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn help_is_answered_after_a_stop_too() {
    let world = World::new().await;
    says(&world, ANNA, "STOP").await;

    says(&world, ANNA, "help").await;

    assert_eq!(world.texting.sent().len(), 2);
}

/// What a public middleware of this kind got wrong: it looked for the letters anywhere.
#[tokio::test]
async fn words_that_only_contain_a_keyword_opt_nobody_out() {
    let world = World::new().await;
    let texts = [
        "see you this weekend",
        "I will send it",
        "my friend",
        "stop by at 5",
        "please don't stop",
    ];

    for text in texts {
        says(&world, ANNA, text).await;
    }

    assert!(world.scope().opt_out(&ANNA.parse().unwrap()).await.unwrap().is_none());
    assert_eq!(world.heard_in_ghl(ANNA), texts);
    assert!(world.texting.sent().is_empty());
}

#[tokio::test]
async fn a_tenants_own_keyword_opts_out_like_the_usual_ones() {
    let world = World::new().await;

    says(&world, ANNA, "No more texts!").await;

    assert!(world.scope().opt_out(&ANNA.parse().unwrap()).await.unwrap().unwrap().body.active);
    assert!(!world.ghl_may_text(ANNA));
    assert_eq!(world.texting.sent()[0].body, STOP_ANSWER);
}

#[tokio::test]
async fn one_tenants_stop_is_not_anothers() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    says(&world, ANNA, "STOP").await;

    let message = local::sims::ghl::AgentMessage::new(zenith.location.as_str(), ANNA, "hello");
    world.ghl.agent_sends(message).await.unwrap();
    world.settle().await;

    let sent = world.twilio.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].from, zenith.numbers.twilio.as_str());
}

#[tokio::test]
async fn the_ledger_keeps_the_words_and_the_time() {
    let world = World::new().await;
    says(&world, ANNA, "Opt-Out").await;

    let ledger = world
        .scope()
        .consent_history(&ANNA.parse().unwrap(), Asked::oldest(100))
        .await
        .unwrap()
        .items;

    assert_eq!(ledger.len(), 1);
    assert_eq!(ledger[0].wording, "Opt-Out");
    assert_eq!(ledger[0].at, NOON + SignedDuration::from_millis(1));
    assert!(ledger[0].event.is_some());
}

/// A provider of the Texting contract may tell of one text in two events.
#[tokio::test]
async fn a_stop_told_as_text_and_as_opt_out_is_one_stop() {
    let world = World::new().await;
    let number = world.acme.numbers.texting.clone();
    let stop = InboundText::new(ANNA, number.as_str(), "arrêt").with_opt_out(OptOut::Stop);

    world.texting.receives_text(ANNA, number.as_str(), "arrêt", &[]).await;
    world.settle().await;
    world.texting.receives(stop).await;
    world.settle().await;

    assert!(world.scope().opt_out(&ANNA.parse().unwrap()).await.unwrap().unwrap().body.active);
    assert!(!world.ghl_may_text(ANNA));
}

/// A carrier keeps trying for hours unless it is told not to.
#[tokio::test]
async fn a_confirmation_expires_at_the_carrier_too() {
    let world = World::new().await;
    world.twilio.receives_text(ANNA, world.acme.numbers.twilio.as_str(), "opt-out", &[]).await;
    world.settle().await;

    let sent = world.twilio.sent();
    assert_eq!(sent.len(), 1);
    let validity = sent[0].particulars["validity"].as_str();
    let seconds: i64 = validity.unwrap().parse().unwrap();
    assert!((1..=4 * 60).contains(&seconds), "{seconds}");
}

/// `phone` texts acme's number at the Texting provider, and everything comes to rest.
pub(crate) async fn says(world: &World, phone: &str, text: &str) {
    world.clock.advance(SignedDuration::from_millis(1));
    let number = world.acme.numbers.texting.clone();
    let received = world.texting.receives_text(phone, number.as_str(), text, &[]).await;
    assert!(received.answer.is_accepted());
    world.settle().await;
}
