//! STOP is heard first: whatever else waits or fails, nobody is texted after it.

use local::{
    emulator::gate::When,
    sims::fault::{Fault, Planned},
};

use crate::{
    opting_out::{STOP_ANSWER, says},
    world::{ANNA, World, unavailable},
};

#[tokio::test]
async fn a_message_whose_send_is_put_off_does_not_survive_a_stop() {
    let world = World::new().await;
    says(&world, ANNA, "hello").await;
    let busy = Fault::Status { status: 429, body: None, retry_after: Some(60) };
    world.texting.plan_fault(Planned { on: "send".into(), times: 1, fault: busy });
    let asked = world.agent_sends(ANNA, "put off").await;
    world.drain().await;

    says(&world, ANNA, "STOP").await;

    assert_eq!(world.ghl.message(&asked.message_id).unwrap().status, "failed");
    assert!(world.texting.sent().iter().all(|it| it.body == STOP_ANSWER));
}

#[tokio::test]
async fn stop_is_heard_although_ghl_is_down() {
    let world = World::new().await;
    for operation in ["upsert_contact", "update_contact", "add_tags", "add_inbound"] {
        world.ghl.faults().add(unavailable(operation, 6));
    }

    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "STOP", &[]).await;
    world.drain().await;

    let phone = ANNA.parse().unwrap();
    assert!(world.scope().opt_out(&phone).await.unwrap().unwrap().body.active);
    assert_eq!(world.texting.sent().len(), 1, "the confirmation does not wait for GoHighLevel");
    world.settle().await;
    assert!(!world.ghl_may_text(ANNA));
    assert_eq!(world.heard_in_ghl(ANNA), ["STOP"]);
}

/// A STOP does not wait behind a text that waits for GoHighLevel.
#[tokio::test]
async fn stop_is_heard_although_an_earlier_text_is_held_up() {
    let world = World::new().await;
    let number = world.acme.numbers.texting.clone();
    world.ghl.replace_token(world.acme.location.as_str(), "revoked");
    world.texting.receives_text(ANNA, number.as_str(), "hi", &[]).await;
    world.drain().await;

    world.advance(1);
    world.texting.receives_text(ANNA, number.as_str(), "STOP", &[]).await;
    world.drain().await;

    let phone = ANNA.parse().unwrap();
    assert!(world.scope().opt_out(&phone).await.unwrap().unwrap().body.active);
    world.ghl.replace_token(world.acme.location.as_str(), "token-acme");
    world.settle().await;
    let mut heard = world.heard_in_ghl(ANNA);
    heard.sort();
    assert_eq!(heard, ["STOP", "hi"]);
    assert!(!world.ghl_may_text(ANNA));
}

/// Work that was put off is done again, and must not undo what was said meanwhile.
#[tokio::test]
async fn a_start_that_is_worked_on_again_does_not_lift_a_later_stop() {
    let world = World::new().await;
    let number = world.acme.numbers.texting.clone();
    world.ghl.faults().add(unavailable("upsert_contact", 3));
    world.texting.receives_text(ANNA, number.as_str(), "START", &[]).await;
    world.drain().await;

    world.advance(1);
    world.texting.receives_text(ANNA, number.as_str(), "STOP", &[]).await;
    world.settle().await;

    let phone = ANNA.parse().unwrap();
    assert!(world.scope().opt_out(&phone).await.unwrap().unwrap().body.active);
    assert!(!world.ghl_may_text(ANNA));
    let mut heard = world.heard_in_ghl(ANNA);
    heard.sort();
    assert_eq!(heard, ["START", "STOP"]);
}

/// One moment's trouble with the table must not leave a person opted in.
#[tokio::test]
async fn stop_is_heard_within_seconds_of_a_failure() {
    let world = World::new().await;
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "STOP", &[]).await;
    world.dynamo.gate().fail_next("TransactWriteItems", 1, When::Before);
    world.drain().await;

    world.advance(3);
    world.drain_held().await;

    let phone = ANNA.parse().unwrap();
    assert!(world.scope().opt_out(&phone).await.unwrap().unwrap().body.active);
    world.settle().await;
}

#[tokio::test]
async fn a_confirmation_does_not_wait_behind_a_reply_that_is_put_off() {
    let world = World::new().await;
    says(&world, ANNA, "hello").await;
    let busy = Fault::Status { status: 429, body: None, retry_after: Some(600) };
    world.texting.plan_fault(Planned { on: "send".into(), times: 1, fault: busy });
    world.agent_sends(ANNA, "put off").await;
    world.drain().await;

    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "STOP", &[]).await;
    world.drain().await;

    let sent = world.texting.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].body, STOP_ANSWER);
    world.settle().await;
    assert_eq!(world.texting.sent().len(), 1, "the reply is not sent after the STOP");
}

/// The two events of one text may come at the same moment.
#[tokio::test]
async fn a_text_told_in_two_events_at_once_is_added_once() {
    let world = World::new().await;
    let (to, channel) = (world.acme.numbers.texting.clone(), world.acme.texting.clone());
    for kind in ["message.received", "optout.stop"] {
        let body = serde_json::json!({
            "specVersion": "tp/1", "eventId": format!("evt-{kind}"), "eventType": kind,
            "messageId": "tpm-1", "direction": "inbound", "from": ANNA, "to": to.as_str(),
            "body": "basta", "timestamp": "2026-01-01T12:00:00Z", "status": "received",
        });
        let answer = reqwest::Client::builder()
            .build()
            .unwrap()
            .post(format!("{}/webhooks/texting/{channel}", world.origin))
            .header("X-Texting-Secret", world.texting_secret())
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), 200);
    }

    world.settle().await;

    assert_eq!(world.heard_in_ghl(ANNA), ["basta"]);
    assert!(world.scope().opt_out(&ANNA.parse().unwrap()).await.unwrap().unwrap().body.active);
    assert!(!world.ghl_may_text(ANNA));
}
