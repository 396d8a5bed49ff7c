//! An agent writes in GoHighLevel; the phone gets it once, and GoHighLevel is told what became of
//! it.

use domain::{delivery::Delivery, failure::Reason, ids::CrmMessageId, ids::MessageId};
use local::sims::{
    carrier::Behaviour,
    fault::{Fault, Planned},
    ghl::AgentMessage,
};

use crate::world::{ANNA, NOON, World, answer_lost, unavailable};

#[tokio::test]
async fn a_reply_goes_out_once_from_the_number_that_was_texted() {
    let world = World::new().await;
    let to = world.acme.numbers.telnyx.clone();
    world.telnyx.receives_text(ANNA, to.as_str(), "are you open?", &[]).await;
    world.settle().await;

    world.agent_sends(ANNA, "until six").await;
    world.settle().await;

    let sent = world.telnyx.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].from.as_str(), sent[0].to.as_str()), (to.as_str(), ANNA));
    assert_eq!(sent[0].body, "until six");
    assert!(world.twilio.sent().is_empty() && world.texting.sent().is_empty());
}

#[tokio::test]
async fn a_first_message_goes_out_from_the_tenants_usual_number() {
    let world = World::new().await;

    world.agent_sends(ANNA, "welcome").await;
    world.settle().await;

    let sent = world.twilio.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].from, world.acme.numbers.twilio.as_str());
}

#[tokio::test]
async fn every_carriers_delivery_report_is_shown_in_ghl() {
    let world = World::new().await;
    for (number, text) in [
        (world.acme.numbers.texting.clone(), "by texting"),
        (world.acme.numbers.telnyx.clone(), "by telnyx"),
        (world.acme.numbers.twilio.clone(), "by twilio"),
    ] {
        let from = number.as_str();
        let _ = match text {
            "by texting" => world.texting.receives_text(ANNA, from, "hi", &[]).await,
            "by telnyx" => world.telnyx.receives_text(ANNA, from, "hi", &[]).await,
            _ => world.twilio.receives_text(ANNA, from, "hi", &[]).await,
        };
        world.settle().await;

        let asked = world.agent_sends(ANNA, text).await;
        world.settle().await;
        world.texting.deliver_callbacks().await;
        world.telnyx.deliver_callbacks().await;
        world.twilio.deliver_callbacks().await;
        world.settle().await;

        let shown = world.ghl.message(&asked.message_id).unwrap();
        assert_eq!(shown.status, "delivered", "{text}");
    }
}

/// highlevel-api-docs#4: GoHighLevel refuses updates of a message for its first seconds.
#[tokio::test]
async fn a_status_that_comes_too_early_for_ghl_is_told_later() {
    let world =
        World::with(|options| options.status_race = std::time::Duration::from_secs(20)).await;

    let asked = world.agent_sends(ANNA, "hello").await;
    world.drain().await;
    world.twilio.deliver_callbacks().await;
    world.settle().await;

    assert_eq!(world.ghl.message(&asked.message_id).unwrap().status, "delivered");
    assert!(world.ghl.statuses_of("update_status").contains(&Some(403)));
}

#[tokio::test]
async fn a_message_that_cannot_be_delivered_is_shown_as_failed_with_the_reason() {
    let world = World::new().await;
    world.twilio.set_behaviour(ANNA, Behaviour::Undelivered { code: None });

    let asked = world.agent_sends(ANNA, "hello").await;
    world.settle().await;
    world.twilio.deliver_callbacks().await;
    world.settle().await;

    let shown = world.ghl.message(&asked.message_id).unwrap();
    assert_eq!(shown.status, "failed");
    let error = shown.error.unwrap();
    assert_eq!(error["code"], "30003");
    assert!(error["message"].as_str().unwrap().contains("could not be reached"), "{error}");
}

#[tokio::test]
async fn a_number_that_no_carrier_takes_is_failed_at_once() {
    let world = World::new().await;
    world.twilio.set_behaviour(ANNA, Behaviour::InvalidNumber);

    let asked = world.agent_sends(ANNA, "hello").await;
    world.settle().await;

    assert_eq!(world.ghl.message(&asked.message_id).unwrap().status, "failed");
    assert_eq!(world.twilio.calls("send"), 1);
}

#[tokio::test]
async fn a_delivery_repeated_by_ghl_is_sent_once() {
    let world = World::new().await;
    let asked = world.agent_sends(ANNA, "hello").await;

    let answers = world.ghl.redeliver_copies(&asked.message_id, 50).await;
    assert!(answers.iter().all(local::sims::ghl::Delivered::is_accepted), "{answers:?}");
    world.settle().await;
    world.ghl.redeliver(&asked.message_id).await;
    world.settle().await;

    assert_eq!(world.twilio.calls("send"), 1);
}

#[tokio::test]
async fn pictures_go_with_the_message() {
    let world = World::new().await;
    let picture = "https://media.example/menu.png";
    let message = AgentMessage::new(world.acme.location.as_str(), ANNA, "our menu");

    world.ghl.agent_sends(message.attached(picture)).await.unwrap();
    world.settle().await;

    assert_eq!(world.twilio.sent()[0].media, [picture]);
}

#[tokio::test]
async fn a_carrier_that_is_busy_is_asked_again_later() {
    let world = World::new().await;
    let busy = Fault::Status { status: 429, body: None, retry_after: None };
    world.twilio.plan_fault(Planned { on: "send".into(), times: 3, fault: busy });

    let asked = world.agent_sends(ANNA, "hello").await;
    world.settle().await;
    world.twilio.deliver_callbacks().await;
    world.settle().await;

    assert_eq!(world.twilio.sent().len(), 1);
    assert_eq!(world.ghl.message(&asked.message_id).unwrap().status, "delivered");
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_in_time_is_not_sent_late() {
    let world = World::new().await;
    let busy = Fault::Status { status: 429, body: None, retry_after: None };
    world.twilio.plan_fault(Planned { on: "send".into(), times: 1000, fault: busy });

    let asked = world.agent_sends(ANNA, "hello").await;
    world.settle().await;

    assert_eq!(world.ghl.message(&asked.message_id).unwrap().status, "failed");
    assert!(world.twilio.sent().is_empty());
    let waited = world.now().duration_since(NOON);
    assert!(
        waited <= domain::message::REPLY_KEEPS + jiff::SignedDuration::from_mins(20),
        "{waited}"
    );
}

/// Never a blind resend.
#[tokio::test]
async fn a_send_whose_answer_is_lost_is_not_sent_again() {
    for fault in [Fault::HangAfter, Fault::HangBefore, Fault::StatusAfter { status: 503 }] {
        let world = World::new().await;
        world.twilio.plan_fault(Planned { on: "send".into(), times: 1, fault: fault.clone() });

        let asked = world.agent_sends(ANNA, "hello").await;
        world.settle().await;
        world.advance(24 * 3600);
        world.sweep().await;
        world.settle().await;

        assert_eq!(world.twilio.calls("send"), 1, "{fault:?}");
        let message = message(&world, &asked.message_id).await;
        assert!(matches!(message.delivery, Delivery::InDoubt { .. }), "{:?}", message.delivery);
        assert_eq!(world.store.count_parked(&world.acme.tenant).await.unwrap(), 1);
    }
}

/// The report finds the message by our id in the address it comes to.
#[tokio::test]
async fn a_report_resolves_a_send_whose_answer_was_lost() {
    let world = World::new().await;
    world.twilio.plan_fault(answer_lost("send", 1));
    let asked = world.agent_sends(ANNA, "hello").await;
    world.settle().await;

    world.twilio.deliver_callbacks().await;
    world.settle().await;

    assert_eq!(world.ghl.message(&asked.message_id).unwrap().status, "delivered");
    assert_eq!(world.twilio.sent().len(), 1);
    assert_eq!(world.store.count_parked(&world.acme.tenant).await.unwrap(), 0);
}

#[tokio::test]
async fn reports_may_come_late_twice_and_in_any_order() {
    let world = World::new().await;
    let asked = world.agent_sends(ANNA, "hello").await;
    world.drain().await;
    world.twilio.reverse_callbacks().await;
    world.twilio.deliver_callbacks().await;
    world.settle().await;
    assert_eq!(world.ghl.message(&asked.message_id).unwrap().status, "delivered");

    world.twilio.repeat_callbacks().await;
    world.twilio.deliver_callbacks().await;
    world.settle().await;

    let shown = world.ghl.message(&asked.message_id).unwrap();
    assert_eq!(shown.status, "delivered");
    let backwards =
        shown.statuses.iter().skip_while(|it| *it != "delivered").any(|it| it == "pending");
    assert!(!backwards, "{:?}", shown.statuses);
}

#[tokio::test]
async fn a_report_that_overtakes_the_answer_is_kept() {
    let world = World::new().await;
    world.agent_sends(ANNA, "hello").await;
    world.dynamo.gate().fail(local::emulator::gate::Fault {
        operation: Some("TransactWriteItems".into()),
        skip: 1, // The dispatch passes; writing down the answer does not.
        times: 1,
        ..local::emulator::gate::Fault::default()
    });
    world.drain().await;

    world.twilio.deliver_callbacks().await;
    world.settle().await;

    let id = world.twilio.sent()[0].id.clone();
    let shown = world.thread(ANNA);
    assert_eq!(shown.last().unwrap().status, "delivered");
    assert_eq!(world.twilio.sent().len(), 1, "{id} was sent again");
}

#[tokio::test]
async fn what_is_no_text_is_answered_and_dropped() {
    let world = World::new().await;
    let stranger = local::sims::ghl::Location::new("locNobody", "token-nobody", "provider-nobody");
    world.ghl.add_location(stranger);

    let message = AgentMessage::new("locNobody", ANNA, "for somebody else");
    let sent = world.ghl.agent_sends(message).await.unwrap();
    world.settle().await;

    assert!(sent.answer.is_accepted());
    assert!(world.twilio.sent().is_empty());
}

#[tokio::test]
async fn an_outage_of_ghl_delays_its_news_and_loses_none() {
    let world = World::new().await;
    world.ghl.faults().add(unavailable("update_status", 12));

    let asked = world.agent_sends(ANNA, "hello").await;
    world.settle().await;
    world.twilio.deliver_callbacks().await;
    world.settle().await;

    assert_eq!(world.ghl.message(&asked.message_id).unwrap().status, "delivered");
}

#[tokio::test]
async fn a_message_too_long_for_any_carrier_is_failed_without_asking_one() {
    let world = World::new().await;

    let asked = world.agent_sends(ANNA, &"long ".repeat(400)).await;
    world.settle().await;

    let shown = world.ghl.message(&asked.message_id).unwrap();
    assert_eq!(shown.status, "failed");
    assert_eq!(shown.error.unwrap()["code"], "too_long");
    assert_eq!(world.twilio.calls("send"), 0);
}

#[tokio::test]
async fn an_opt_out_that_only_the_carrier_knows_is_learnt_from_its_refusal() {
    let world = World::new().await;
    world.twilio.set_behaviour(ANNA, Behaviour::OptedOut);

    let asked = world.agent_sends(ANNA, "hello").await;
    world.settle().await;
    world.agent_sends(ANNA, "hello again").await;
    world.settle().await;

    assert_eq!(world.ghl.message(&asked.message_id).unwrap().status, "failed");
    assert_eq!(world.twilio.calls("send"), 1, "a second send would have endangered the account");
    assert!(!world.ghl_may_text(ANNA));
    let failed = message(&world, &asked.message_id).await;
    assert!(
        matches!(&failed.delivery, Delivery::Failed { failure, .. } if failure.reason == Reason::OptedOut)
    );
}

/// Not every provider gives our own id back.
#[tokio::test]
async fn a_report_that_knows_only_the_carriers_id_finds_its_message() {
    let world = World::new().await;
    world.texting.receives_text(ANNA, world.acme.numbers.texting.as_str(), "hi", &[]).await;
    world.settle().await;
    let asked = world.agent_sends(ANNA, "hello").await;
    world.settle().await;

    let theirs = world.texting.sent()[0].id.clone();
    report(&world, &theirs, "message.delivered").await;
    world.settle().await;

    assert_eq!(world.ghl.message(&asked.message_id).unwrap().status, "delivered");
}

#[tokio::test]
async fn a_report_on_a_message_that_is_not_ours_is_let_go_after_an_hour() {
    let world = World::new().await;
    report(&world, "somebody-elses", "message.delivered").await;

    world.settle().await;

    let waited = world.now().duration_since(NOON);
    assert!(waited >= jiff::SignedDuration::from_hours(1), "{waited}");
    assert_eq!(world.store.count_parked(&world.acme.tenant).await.unwrap(), 0);
}

/// The Texting provider reports, as simply as its contract allows.
async fn report(world: &World, message: &str, kind: &str) {
    let body = serde_json::json!({
        "eventType": kind, "messageId": message, "direction": "outbound", "to": ANNA,
        "timestamp": "2026-01-01T12:00:00Z", "status": "delivered",
    });
    let answer = reqwest::Client::builder()
        .build()
        .unwrap()
        .post(format!("{}/webhooks/texting/{}", world.origin, world.acme.texting))
        .header("X-Texting-Secret", world.texting_secret())
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 200);
}

async fn message(world: &World, crm_message: &str) -> domain::message::Message {
    let theirs = CrmMessageId::parse(crm_message).unwrap();
    let id = MessageId::from_crm(&world.acme.tenant, &theirs);
    world.scope().message(&id).await.unwrap().unwrap().body
}
