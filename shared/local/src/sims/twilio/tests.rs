//! Claims about the simulated Twilio.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Options, TwilioSim, sign::sign};
use crate::sims::{
    carrier::{
        Behaviour, InboundText, OptOut,
        hook::{Hook, at_noon, http},
    },
    fault::{Fault, Planned},
    posting::Posted,
};

const OURS: &str = "+14155550100";
const HANDSET: &str = "+12125550123";

async fn twilio() -> TwilioSim {
    TwilioSim::start(Options::new(at_noon())).await.unwrap()
}

async fn post(sim: &TwilioSim, form: &[(&str, &str)]) -> (StatusCode, Value) {
    let options = Options::new(at_noon());
    let url =
        format!("{}/2010-04-01/Accounts/{}/Messages.json", sim.base_url(), options.account_sid);
    let request = http().post(url).basic_auth(options.account_sid, Some(options.auth_token));
    let response = request.form(form).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

async fn send(sim: &TwilioSim, callback: &str) -> (StatusCode, Value) {
    post(sim, &[("To", HANDSET), ("From", OURS), ("Body", "hello"), ("StatusCallback", callback)])
        .await
}

fn statuses(hook: &Hook) -> Vec<String> {
    hook.posts().iter().map(|it| it.form()["MessageStatus"].clone()).collect()
}

#[tokio::test]
async fn a_send_without_authentication_is_refused() {
    let sim = twilio().await;
    let url = format!("{}/2010-04-01/Accounts/AC1/Messages.json", sim.base_url());

    let answer = http().post(url).body("To=%2B12125550123").send().await.unwrap();

    assert_eq!(answer.status(), 401);
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], 20003);
    assert_eq!((sim.sent().len(), sim.calls("send")), (0, 1));
}

#[tokio::test]
async fn an_accepted_text_is_queued_and_left() {
    let sim = twilio().await;

    let (status, message) = send(&sim, "https://example.com/status").await;

    assert_eq!((status.as_u16(), &message["status"]), (201, &json!("queued")));
    assert_eq!(message["num_segments"], "1");
    assert_eq!(message["date_created"], "Thu, 01 Jan 2026 12:00:00 +0000");
    let sent = sim.sent();
    assert_eq!((sent[0].to.as_str(), sent[0].body.as_str()), (HANDSET, "hello"));
    assert_eq!(message["sid"], sent[0].id.as_str());
}

#[tokio::test]
async fn what_twilio_would_refuse_is_refused() {
    let sim = twilio().await;
    let long = "a".repeat(1601);
    for (changed, value, code) in [
        ("To", "", 21604),
        ("To", "2125550123", 21211),
        ("From", "", 21603),
        ("Body", "", 21602),
        ("Body", &long, 21617),
        ("StatusCallback", "/status", 21609),
        ("ValidityPeriod", "36001", 21624),
    ] {
        let mut form =
            vec![("To", HANDSET), ("From", OURS), ("Body", "hello"), ("StatusCallback", "")];
        form.retain(|(name, _)| *name != changed);
        form.push((changed, value));

        let (status, error) = post(&sim, &form).await;

        assert_eq!((status.as_u16(), &error["code"]), (400, &json!(code)), "{changed}");
    }
    assert_eq!(sim.sent(), []);
}

#[tokio::test]
async fn callbacks_are_signed_and_come_in_order() {
    let (sim, hook) = (twilio().await, Hook::start().await);
    send(&sim, &format!("{}?tenant=acme#rp=all", hook.url())).await;

    let answers = sim.deliver_callbacks().await;

    assert!(answers.iter().all(Posted::is_accepted));
    assert_eq!(statuses(&hook), ["sent", "delivered"]);
    let post = &hook.posts()[0];
    let form: Vec<_> = post.form().into_iter().collect();
    let token = Options::new(at_noon()).auth_token;
    let signature = sign(&token, &format!("{}?tenant=acme", hook.url()), &form);
    assert_eq!(post.header("x-twilio-signature"), signature);
}

#[tokio::test]
async fn callbacks_can_be_lost_repeated_reversed_and_held() {
    let (sim, hook) = (twilio().await, Hook::start().await);
    send(&sim, &hook.url()).await;
    sim.hold_callbacks().await;
    sim.deliver_callbacks().await;
    assert_eq!(statuses(&hook), [""; 0]);

    sim.reverse_callbacks().await;
    sim.deliver_callbacks().await;
    assert_eq!(statuses(&hook), ["delivered", "sent"]);

    sim.repeat_callbacks().await;
    send(&sim, &hook.url()).await;
    sim.deliver_callbacks().await;
    assert_eq!(statuses(&hook)[2..], ["sent", "sent", "delivered", "delivered"]);

    sim.lose_callbacks().await;
    send(&sim, &hook.url()).await;
    sim.release_callbacks().await;
    assert_eq!(sim.deliver_callbacks().await, []);
}

#[tokio::test]
async fn only_overrides_make_twilio_retry_a_server_error() {
    let (sim, hook) = (twilio().await, Hook::start().await);

    hook.answer_next(&[500, 500]);
    sim.set_webhook_url(hook.url());
    let once = sim.receives_text(HANDSET, OURS, "hi", &[]).await;
    sim.set_webhook_url(format!("{}#rp=5xx&rc=2", hook.url()));
    let twice = sim.receives_text(HANDSET, OURS, "hi", &[]).await;

    assert_eq!((once.answer.status, once.answer.attempt), (Some(500), 1));
    assert_eq!((twice.answer.status, twice.answer.attempt), (Some(200), 2));
    let tokens: Vec<_> = hook.posts();
    let token = |at: usize| tokens[at].header("i-twilio-idempotency-token").to_owned();
    assert_eq!(token(1), token(2));
    assert_ne!(token(0), token(1));
}

#[tokio::test]
async fn a_text_that_arrives_again_carries_the_same_token() {
    let (sim, hook) = (twilio().await, Hook::start().await);
    sim.set_webhook_url(hook.url());

    let media = ["https://example.com/a.png"];
    let received = sim.receives_text(HANDSET, OURS, "hi", &media).await;
    sim.receives_again(&received.id).await.unwrap();
    sim.receives_at_once(InboundText::new(HANDSET, OURS, "ho"), 3).await;

    let posts = hook.posts();
    assert_eq!(posts.len(), 5);
    assert_eq!(posts[0].body, posts[1].body);
    let token = |at: usize| posts[at].header("i-twilio-idempotency-token").to_owned();
    assert_eq!(token(0), token(1));
    assert_eq!((token(2), token(3)), (token(3), token(4)));
    let form = posts[0].form();
    assert_eq!((form["NumMedia"].as_str(), form["MediaContentType0"].as_str()), ("1", "image/png"));
    assert!(form["MessageSid"].starts_with("MM") && form["MessageSid"].len() == 34);
}

#[tokio::test]
async fn stop_blocks_the_handset_until_start() {
    let sim = twilio().await;

    sim.receives_text(HANDSET, OURS, "Stop", &[]).await;
    let (status, error) = send(&sim, "").await;
    assert_eq!((status.as_u16(), &error["code"]), (400, &json!(21610)));

    sim.receives_text(HANDSET, OURS, "START", &[]).await;
    assert_eq!(send(&sim, "").await.0, 201);
}

#[tokio::test]
async fn advanced_opt_out_says_what_it_heard() {
    let (sim, hook) = (twilio().await, Hook::start().await);
    sim.set_webhook_url(hook.url());

    sim.receives(InboundText::new(HANDSET, OURS, "arrêt").with_opt_out(OptOut::Stop)).await;

    assert_eq!(hook.posts()[0].form()["OptOutType"], "STOP");
    assert!(sim.is_blocked(OURS, HANDSET));
}

#[tokio::test]
async fn numbers_behave_as_told() {
    let (sim, hook) = (twilio().await, Hook::start().await);

    sim.set_behaviour(HANDSET, Behaviour::Undelivered { code: None });
    send(&sim, &hook.url()).await;
    sim.deliver_callbacks().await;
    assert_eq!(statuses(&hook), ["sent", "undelivered"]);
    assert_eq!(hook.posts()[1].form()["ErrorCode"], "30003");

    for (behaviour, status, code) in [
        (Behaviour::OptedOut, 400, 21610),
        (Behaviour::InvalidNumber, 400, 21211),
        (Behaviour::RateLimited { retry_after: Some(3) }, 429, 20429),
    ] {
        sim.set_behaviour(HANDSET, behaviour);
        let (given, error) = send(&sim, "").await;
        assert_eq!((given.as_u16(), &error["code"]), (status, &json!(code)));
    }
}

#[tokio::test]
async fn a_status_after_fault_hides_a_text_that_left() {
    let sim = twilio().await;
    let plan = |fault| sim.plan_fault(Planned { on: "send".into(), times: 1, fault });

    plan(Fault::Status { status: 503, body: None, retry_after: None });
    let (status, error) = send(&sim, "").await;
    assert_eq!((status.as_u16(), &error["code"]), (503, &json!(20503)));
    assert_eq!(sim.sent(), []);

    plan(Fault::StatusAfter { status: 500 });
    assert_eq!(send(&sim, "").await.0, 500);
    assert_eq!((sim.sent().len(), sim.calls("send")), (1, 2));
}

#[tokio::test]
async fn a_hanging_call_may_have_sent_the_text() {
    for (fault, sent) in [(Fault::HangBefore, 0), (Fault::HangAfter, 1)] {
        let sim = twilio().await;
        sim.plan_fault(Planned { on: "send".into(), times: 1, fault });

        let answer = tokio::time::timeout(Duration::from_millis(300), send(&sim, "")).await;

        assert!(answer.is_err());
        assert_eq!((sim.sent().len(), sim.calls("send")), (sent, 1));
    }
}

#[tokio::test]
async fn texts_can_be_looked_up_newest_first() {
    let sim = twilio().await;
    let (_, first) = send(&sim, "").await;
    let (_, second) = send(&sim, "").await;
    let options = Options::new(at_noon());
    let account = format!("{}/2010-04-01/Accounts/{}", sim.base_url(), options.account_sid);
    let get = async |path: &str| -> Value {
        let request = http()
            .get(format!("{account}/{path}"))
            .basic_auth(&options.account_sid, Some(&options.auth_token));
        request.send().await.unwrap().json().await.unwrap()
    };

    let page = get("Messages.json?To=%2B12125550123&From=%2B14155550100&PageSize=1").await;
    let one = get(&format!("Messages/{}.json", first["sid"].as_str().unwrap())).await;

    assert_eq!(page["messages"].as_array().unwrap().len(), 1);
    assert_eq!(page["messages"][0]["sid"], second["sid"]);
    assert!(page["next_page_uri"].is_string());
    assert_eq!(one["status"], "delivered");
    assert_eq!(get("Messages.json?To=%2B15550000000").await["messages"], json!([]));
}
