//! Claims about the simulated TP/1 provider.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Options, TextingSim};
use crate::sims::{
    carrier::{
        Behaviour, InboundText, OptOut,
        hook::{Hook, at_noon, http},
    },
    fault::{Fault, Planned},
    outbox::Delivery,
};

const OURS: &str = "+14155550100";
const HANDSET: &str = "+12125550123";

async fn texting() -> TextingSim {
    TextingSim::start(Options::new(at_noon())).await.unwrap()
}

async fn send(sim: &TextingSim, key: &str, changes: &Value) -> (u16, bool, Value) {
    let mut body = json!({"to": HANDSET, "from": OURS, "body": "hello", "correlationId": "msg_1"});
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    let request = http()
        .post(format!("{}/v1/messages", sim.base_url()))
        .bearer_auth("texting-demo-key")
        .header("Idempotency-Key", key);
    let response = request.json(&body).send().await.unwrap();
    let is_replay = response.headers().contains_key("idempotent-replay");
    (response.status().as_u16(), is_replay, response.json().await.unwrap())
}

async fn get(sim: &TextingSim, path: &str) -> Value {
    let request = http().get(format!("{}{path}", sim.base_url())).bearer_auth("texting-demo-key");
    request.send().await.unwrap().json().await.unwrap()
}

async fn control(sim: &TextingSim, path: &str, body: &Value) -> u16 {
    let url = format!("{}/_control/{path}", sim.base_url());
    http().post(url).json(body).send().await.unwrap().status().as_u16()
}

fn events(hook: &Hook) -> Vec<Value> {
    hook.posts().iter().map(|it| it.json()["eventType"].clone()).collect()
}

#[tokio::test]
async fn a_send_without_authentication_is_refused() {
    let sim = texting().await;

    let answer = http().post(format!("{}/v1/messages", sim.base_url())).send().await.unwrap();

    assert_eq!(answer.status(), 401);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"]["code"], "unauthenticated");
    assert_eq!((sim.sent().len(), sim.calls("send")), (0, 1));
}

#[tokio::test]
async fn what_the_contract_forbids_is_refused() {
    let sim = texting().await;
    for (changes, code) in [
        (json!({"to": null}), "invalid_request"),
        (json!({"to": "2125550123"}), "invalid_number"),
        (json!({"body": ""}), "invalid_request"),
        (json!({"body": "a".repeat(1601)}), "body_too_long"),
        (json!({"callbackUrl": "/hook"}), "invalid_request"),
    ] {
        let (status, _, error) = send(&sim, "key", &changes).await;
        assert_eq!((status, &error["error"]["code"]), (400, &json!(code)));
    }
    let (status, _, error) = send(&sim, &"k".repeat(65), &json!({})).await;
    assert_eq!((status, &error["error"]["field"]), (400, &json!("Idempotency-Key")));
}

#[tokio::test]
async fn a_repeated_request_is_answered_as_the_first_was() {
    let sim = texting().await;
    let fault = Fault::StatusAfter { status: 503 };
    sim.plan_fault(Planned { on: "send".into(), times: 1, fault });

    let (hidden, _, error) = send(&sim, "key", &json!({})).await;
    let (status, is_replay, accepted) = send(&sim, "key", &json!({})).await;
    let (mismatch, _, other) = send(&sim, "key", &json!({"body": "other"})).await;

    assert_eq!((hidden, &error["error"]["retryable"]), (503, &json!(true)));
    assert_eq!((status, is_replay, sim.sent().len()), (202, true, 1));
    assert_eq!(accepted["messageId"], sim.sent()[0].id.as_str());
    assert_eq!((mismatch, &other["error"]["code"]), (422, &json!("idempotency_mismatch")));
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let setting = at_noon();
    let clock = setting.clock.clone();
    let sim = TextingSim::start(Options::new(setting)).await.unwrap();

    send(&sim, "key", &json!({})).await;
    clock.advance(SignedDuration::from_hours(24));
    let (_, is_replay, _) = send(&sim, "key", &json!({})).await;

    assert_eq!((is_replay, sim.sent().len()), (false, 2));
}

#[tokio::test]
async fn a_report_that_is_refused_comes_again_with_the_next_delivery() {
    let (sim, hook) = (texting().await, Hook::start().await);
    sim.set_webhook_url(hook.url());
    hook.answer_next(&[503]);
    send(&sim, "key", &json!({})).await;

    sim.deliver_callbacks().await;
    assert_eq!(events(&hook), ["message.sent", "message.delivered"]);
    assert_eq!(sim.deliver_callbacks().await.len(), 1);

    let (first, again) = (hook.posts()[0].json(), hook.posts()[2].json());
    assert_eq!(first["eventId"], again["eventId"]);
    assert_eq!((&first["attempt"], &again["attempt"]), (&json!(1), &json!(2)));
    assert_eq!(again["correlationId"], "msg_1");
    assert_eq!(hook.posts()[0].header("x-texting-secret"), "texting-demo-secret");
    assert!(hook.posts()[0].header("x-texting-signature").starts_with("t=1767268800,v1="));
    assert_eq!(sim.pending_callbacks(), []);
}

#[tokio::test]
async fn a_marked_text_arrives_as_an_opt_out() {
    let (sim, hook) = (texting().await, Hook::start().await);
    sim.set_webhook_url(hook.url());

    sim.receives_text(HANDSET, OURS, "hi", &["https://example.com/a.png"]).await;
    sim.receives(InboundText::new(HANDSET, OURS, "STOP").with_opt_out(OptOut::Stop)).await;

    assert_eq!(events(&hook), ["message.received", "optout.stop"]);
    assert_eq!(hook.posts()[0].json()["media"][0]["contentType"], "image/png");
    assert_eq!(hook.posts()[1].json()["keyword"], "STOP");
    let (status, _, error) = send(&sim, "key", &json!({})).await;
    assert_eq!((status, &error["error"]["code"]), (409, &json!("recipient_opted_out")));
}

#[tokio::test]
async fn a_text_is_found_by_our_own_id() {
    let sim = texting().await;
    sim.set_behaviour(HANDSET, Behaviour::Undelivered { code: None });
    let (_, _, accepted) = send(&sim, "key", &json!({})).await;

    let found = get(&sim, "/v1/messages?correlationId=msg_1").await;
    let one = get(&sim, &format!("/v1/messages/{}", sim.sent()[0].id)).await;

    assert_eq!(found["messages"][0], one);
    assert_eq!(one["messageId"], accepted["messageId"]);
    assert_eq!((&one["status"], &one["errorCode"]), (&json!("failed"), &json!("unreachable")));
    assert_eq!(get(&sim, "/v1/messages/tpm_0").await["error"]["code"], "not_found");
}

#[tokio::test]
async fn the_running_world_is_controlled_over_http() {
    let (sim, hook) = (texting().await, Hook::start().await);

    control(&sim, "webhook", &json!({"url": hook.url()})).await;
    let text = json!({"from": HANDSET, "to": OURS, "body": "hi", "optOut": "help"});
    assert_eq!(control(&sim, "receive", &text).await, 200);
    control(&sim, "faults", &json!({"on": "send", "fault": "status", "status": 500})).await;
    let number = json!({"behaviour": "rate_limited", "retry_after": 9});
    control(&sim, &format!("numbers/{HANDSET}"), &number).await;
    control(&sim, "callbacks", &json!({"action": "hold"})).await;

    assert_eq!(events(&hook), ["optout.help"]);
    assert_eq!(send(&sim, "key", &json!({})).await.0, 500);
    assert_eq!(send(&sim, "key", &json!({})).await.0, 429);
    let state = get(&sim, "/_control/state").await;
    assert_eq!((&state["calls"]["send"], &state["sent"]), (&json!(2), &json!([])));
    assert_eq!(state["callbacks"], json!({"treatment": "hold", "pending": []}));
}

#[tokio::test]
async fn automatic_callbacks_leave_by_themselves_and_come_again() {
    let hook = Hook::start().await;
    let (sent_after, finished_after) = (Duration::from_millis(10), Duration::from_millis(30));
    // Ten seconds of the contract become ten milliseconds.
    let delivery = Delivery::Automatic { sent_after, finished_after, retry_scale: 0.001 };
    let setting = crate::sims::carrier::Setting { delivery, ..at_noon() };
    let sim = TextingSim::start(Options::new(setting)).await.unwrap();
    sim.set_webhook_url(hook.url());
    hook.answer_next(&[500]);

    sim.hold_callbacks().await;
    send(&sim, "key", &json!({})).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(events(&hook).len(), 0);

    sim.release_callbacks().await;
    for _ in 0..100 {
        if hook.posts().len() == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(events(&hook), ["message.sent", "message.delivered", "message.sent"]);
}
