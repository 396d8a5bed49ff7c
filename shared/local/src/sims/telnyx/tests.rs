//! Claims about the simulated Telnyx.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Options, TelnyxSim};
use crate::sims::{
    carrier::{
        Behaviour, InboundText, OptOut,
        hook::{Hook, Post, at_noon, http},
    },
    fault::{Fault, Planned},
};

const OURS: &str = "+14155550100";
const HANDSET: &str = "+12125550123";

async fn telnyx() -> TelnyxSim {
    TelnyxSim::start(Options::new(at_noon())).await.unwrap()
}

async fn post(sim: &TelnyxSim, key: &str, body: &Value) -> (StatusCode, Value) {
    let request = http().post(format!("{}/v2/messages", sim.base_url())).bearer_auth(key);
    let response = request.json(body).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

async fn send(sim: &TelnyxSim, changes: &Value) -> (StatusCode, Value) {
    let mut body = json!({"to": HANDSET, "from": OURS, "text": "hello"});
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    post(sim, "KEYtelnyx-demo", &body).await
}

fn is_signed(sim: &TelnyxSim, post: &Post) -> bool {
    let key = STANDARD.decode(sim.public_key()).unwrap();
    let signature = STANDARD.decode(post.header("telnyx-signature-ed25519")).unwrap();
    let signed = [post.header("telnyx-timestamp").as_bytes(), b"|", &post.body].concat();
    UnparsedPublicKey::new(&ED25519, key).verify(&signed, &signature).is_ok()
}

#[tokio::test]
async fn a_send_with_a_wrong_key_is_refused() {
    let sim = telnyx().await;

    let (status, error) = post(&sim, "wrong", &json!({})).await;

    assert_eq!((status.as_u16(), &error["errors"][0]["code"]), (401, &json!("10009")));
    assert_eq!((sim.sent().len(), sim.calls("send")), (0, 1));
}

#[tokio::test]
async fn what_telnyx_would_refuse_is_refused() {
    let sim = telnyx().await;
    for (changes, code) in [
        (json!({"to": null}), "10004"),
        (json!({"to": "2125550123"}), "40310"),
        (json!({"from": null}), "10004"),
        (json!({"text": ""}), "10004"),
        (json!({"text": "a".repeat(1601)}), "40009"),
        (json!({"webhook_url": "/hook"}), "10003"),
        (json!({"text": 7}), "10015"),
    ] {
        let (status, error) = send(&sim, &changes).await;
        assert_eq!((status.as_u16(), &error["errors"][0]["code"]), (400, &json!(code)));
    }
    assert_eq!(sim.sent(), []);
}

#[tokio::test]
async fn reports_are_signed_and_go_to_the_messages_own_url() {
    let (sim, hook) = (telnyx().await, Hook::start().await);
    let (status, accepted) = send(&sim, &json!({"webhook_url": hook.url()})).await;

    sim.deliver_callbacks().await;

    assert_eq!(status, 200);
    assert_eq!(accepted["data"]["to"][0]["status"], "queued");
    let posts = hook.posts();
    assert!(posts.iter().all(|it| is_signed(&sim, it)));
    assert_eq!(posts[0].header("telnyx-timestamp"), "1767268800");
    let (sent, finalized) = (posts[0].json(), posts[1].json());
    assert_eq!(sent["data"]["event_type"], "message.sent");
    assert_eq!(finalized["data"]["event_type"], "message.finalized");
    assert_eq!(finalized["data"]["payload"]["to"][0]["status"], "delivered");
    assert_eq!(finalized["data"]["payload"]["id"], accepted["data"]["id"]);
    assert_eq!(finalized["meta"], json!({"attempt": 1, "delivered_to": hook.url()}));
}

#[tokio::test]
async fn a_refused_event_comes_three_times_and_then_to_the_failover() {
    let (sim, hook, failover) = (telnyx().await, Hook::start().await, Hook::start().await);
    sim.set_behaviour(HANDSET, Behaviour::SentOnly);
    hook.answer_next(&[500, 302, 500]);
    send(&sim, &json!({"webhook_url": hook.url(), "webhook_failover_url": failover.url()})).await;

    for _ in 0..5 {
        sim.deliver_callbacks().await;
    }

    let attempts: Vec<_> =
        hook.posts().iter().map(|it| it.json()["meta"]["attempt"].clone()).collect();
    assert_eq!(attempts, [1, 2, 3]);
    let last = failover.posts()[0].json();
    assert_eq!(last["meta"]["attempt"], 4);
    assert_eq!(last["data"], hook.posts()[0].json()["data"]);
    assert_eq!(failover.posts().len(), 1);
}

#[tokio::test]
async fn a_text_arrives_as_an_event() {
    let (sim, hook) = (telnyx().await, Hook::start().await);
    sim.set_webhook_url(hook.url());

    let text = InboundText::new(HANDSET, OURS, "stop").with_opt_out(OptOut::Stop);
    let received = sim.receives(text).await;
    sim.receives_again(&received.id).await.unwrap();

    let posts = hook.posts();
    assert!(posts.iter().all(|it| is_signed(&sim, it)));
    let event = posts[0].json();
    assert_eq!(event["data"]["event_type"], "message.received");
    assert_eq!(event["data"]["payload"]["from"]["phone_number"], HANDSET);
    assert_eq!(event["data"]["payload"]["autoresponse_type"], "STOP");
    assert_eq!(event["data"], posts[1].json()["data"]);
    // An opt-out is heard by the whole profile.
    let (_, error) = send(&sim, &json!({"from": "+14155550101"})).await;
    assert_eq!(error["errors"][0]["title"], "Blocked due to STOP message");
}

#[tokio::test]
async fn numbers_behave_as_told() {
    let (sim, hook) = (telnyx().await, Hook::start().await);
    sim.set_behaviour(HANDSET, Behaviour::Fails { code: Some("40318".into()) });
    send(&sim, &json!({"webhook_url": hook.url()})).await;
    sim.deliver_callbacks().await;
    let payload = hook.posts()[0].json()["data"]["payload"].clone();
    assert_eq!(payload["to"][0]["status"], "sending_failed");
    assert_eq!(payload["errors"][0]["code"], "40318");

    for (behaviour, status, code) in [
        (Behaviour::OptedOut, 400, "40300"),
        (Behaviour::InvalidNumber, 400, "40310"),
        (Behaviour::RateLimited { retry_after: None }, 429, "10011"),
    ] {
        sim.set_behaviour(HANDSET, behaviour);
        let (given, error) = send(&sim, &json!({})).await;
        assert_eq!((given.as_u16(), &error["errors"][0]["code"]), (status, &json!(code)));
    }
}

#[tokio::test]
async fn a_hidden_text_can_be_fetched() {
    let sim = telnyx().await;
    let fault = Fault::StatusAfter { status: 502 };
    sim.plan_fault(Planned { on: "send".into(), times: 1, fault });

    let (status, _) = send(&sim, &json!({})).await;

    assert_eq!((status.as_u16(), sim.sent().len()), (502, 1));
    let url = format!("{}/v2/messages/{}", sim.base_url(), sim.sent()[0].id);
    let response = http().get(url).bearer_auth("KEYtelnyx-demo").send().await.unwrap();
    let found: Value = response.json().await.unwrap();
    assert_eq!(found["data"]["to"][0]["status"], "delivered");
}
