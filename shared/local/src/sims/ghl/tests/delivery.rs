//! What the provider is told.

use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::super::*;
use crate::sims::clock::Clock;

const PHONE: &str = "+12025550123";

/// A provider that keeps every delivery, and answers each as it was told to.
#[derive(Clone)]
struct Provider {
    deliveries: Arc<Mutex<Vec<(String, Bytes)>>>,
    answer: StatusCode,
}

impl Provider {
    async fn start(answer: StatusCode) -> (Self, Server) {
        let provider = Self { deliveries: Arc::default(), answer };
        let router = Router::new().route("/", post(keep)).with_state(provider.clone());
        (provider, Server::start(0, router).await.unwrap())
    }

    fn deliveries(&self) -> Vec<(String, Bytes)> {
        self.deliveries.lock().unwrap().clone()
    }
}

async fn keep(State(provider): State<Provider>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers["x-ghl-signature"].to_str().unwrap().to_owned();
    provider.deliveries.lock().unwrap().push((signature, body));
    provider.answer
}

async fn ghl(server: &Server) -> GhlSim {
    let clock = Clock::set_to("2026-01-01T12:00:00Z".parse().unwrap());
    let options = Options::new(clock).location(Location::new("loc1", "token1", "provider1"));
    let ghl = GhlSim::start(options).await.unwrap();
    ghl.set_delivery_url(&server.base_url());
    ghl
}

#[tokio::test]
async fn an_agents_message_is_delivered_as_documented() {
    let (provider, server) = Provider::start(StatusCode::OK).await;
    let ghl = ghl(&server).await;

    let message = AgentMessage::new("loc1", PHONE, "hi").attached("https://example.com/a.png");
    let sent = ghl.agent_sends(message).await.unwrap();

    assert_eq!(sent.answer, Delivered::Answered(200));
    let delivered: Value = serde_json::from_slice(&provider.deliveries()[0].1).unwrap();
    let contact = ghl.contact_by_phone("loc1", PHONE).unwrap();
    assert_eq!(
        delivered,
        json!({
            "contactId": contact.id(),
            "locationId": "loc1",
            "messageId": sent.message_id,
            "type": "SMS",
            "phone": PHONE,
            "message": "hi",
            "attachments": ["https://example.com/a.png"],
            "userId": "userSimulated0000001",
        })
    );
}

#[tokio::test]
async fn a_signature_verifies_with_the_published_key() {
    let (provider, server) = Provider::start(StatusCode::OK).await;
    let ghl = ghl(&server).await;

    ghl.agent_sends(AgentMessage::new("loc1", PHONE, "hi")).await.unwrap();

    let (signature, body) = provider.deliveries().remove(0);
    let signature = BASE64_STANDARD.decode(signature).unwrap();
    let pem = ghl.public_key().pem();
    let spki = BASE64_STANDARD.decode(pem.lines().nth(1).unwrap()).unwrap();
    let key = UnparsedPublicKey::new(&ED25519, &spki[12..]);
    key.verify(&body, &signature).unwrap();
    assert!(key.verify(b"another body", &signature).is_err());
}

#[tokio::test]
async fn copies_of_a_delivery_are_the_same_to_the_byte() {
    let (provider, server) = Provider::start(StatusCode::SERVICE_UNAVAILABLE).await;
    let ghl = ghl(&server).await;

    let sent = ghl.agent_sends(AgentMessage::new("loc1", PHONE, "hi")).await.unwrap();
    let again = ghl.redeliver_copies(&sent.message_id, 3).await;

    assert!(again.iter().all(|it| !it.is_accepted()));
    let deliveries = provider.deliveries();
    assert_eq!(deliveries.len(), 4);
    assert!(deliveries.iter().all(|it| *it == deliveries[0]));
}

#[tokio::test]
async fn a_refused_delivery_is_tried_again_as_often_as_configured() {
    let (provider, server) = Provider::start(StatusCode::BAD_REQUEST).await;
    let clock = Clock::set_to("2026-01-01T12:00:00Z".parse().unwrap());
    let mut options = Options::new(clock).location(Location::new("loc1", "token1", "provider1"));
    let first_wait = std::time::Duration::from_millis(1);
    options.redelivery = Redelivery::Automatic { retries: 2, first_wait };
    options.delivery_url = Some(server.base_url());
    let ghl = GhlSim::start(options).await.unwrap();

    ghl.agent_sends(AgentMessage::new("loc1", PHONE, "hi")).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;

    assert_eq!(provider.deliveries().len(), 3);
}

/// A workflow's or a bot's message looks the same.
#[tokio::test]
async fn a_calls_message_is_delivered_before_its_answer_and_without_a_user() {
    let (provider, server) = Provider::start(StatusCode::OK).await;
    let ghl = ghl(&server).await;
    let sent = ghl.agent_sends(AgentMessage::new("loc1", PHONE, "hi")).await.unwrap();
    let contact = ghl.message(&sent.message_id).unwrap().contact;
    let client = server::client(std::time::Duration::from_secs(5)).unwrap();
    let body = json!({ "type": "SMS", "contactId": contact, "message": "again" });

    let call = client.post(format!("{}/conversations/messages", ghl.base_url()));
    let call = call.bearer_auth("token1").header("version", "2021-07-28").json(&body);
    let answer: Value = call.send().await.unwrap().json().await.unwrap();

    let delivered: Value = serde_json::from_slice(&provider.deliveries()[1].1).unwrap();
    assert_eq!(delivered["messageId"], answer["messageId"]);
    assert!(delivered.get("userId").is_none());
    assert_eq!(ghl.violations(), []);
}

#[tokio::test]
async fn whoever_is_not_to_be_disturbed_is_only_sent_to_by_force() {
    let (provider, server) = Provider::start(StatusCode::OK).await;
    let ghl = ghl(&server).await;
    let message = AgentMessage::new("loc1", PHONE, "hi");
    let sent = ghl.agent_sends(message.clone()).await.unwrap();
    let contact = ghl.message(&sent.message_id).unwrap().contact;
    let client = server::client(std::time::Duration::from_secs(5)).unwrap();
    let call = |method, path: String, version| {
        let url = format!("{}{path}", ghl.base_url());
        client.request(method, url).bearer_auth("token1").header("version", version)
    };
    let stop = json!({ "dndSettings": { "SMS": { "status": "active" } } });
    let stopped = call(reqwest::Method::PUT, format!("/contacts/{contact}"), "2021-07-28");
    assert_eq!(stopped.json(&stop).send().await.unwrap().status(), 200);

    assert!(ghl.agent_sends(message.clone()).await.is_err());
    let sending = call(reqwest::Method::POST, "/conversations/messages".into(), "2021-04-15");
    let body = json!({ "type": "SMS", "contactId": contact, "message": "hi" });
    let refused = sending.json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(refused["canonicalCode"], "CONVERSATIONS_MSG_DND_ACTIVE_SMS");

    ghl.agent_sends(message.despite_do_not_disturb()).await.unwrap();
    assert_eq!(provider.deliveries().len(), 2);
    assert_eq!(ghl.violations(), []);
}

#[tokio::test]
async fn the_running_world_is_controlled_over_http() {
    let (provider, server) = Provider::start(StatusCode::OK).await;
    let ghl = ghl(&server).await;
    let client = server::client(std::time::Duration::from_secs(5)).unwrap();
    let post = |path: &str, body: Value| {
        client.post(format!("{}/_control/{path}", ghl.base_url())).json(&body).send()
    };

    let sent = post("agent", json!({ "location": "loc1", "phone": PHONE, "message": "hi" })).await;
    let sent: Value = sent.unwrap().json().await.unwrap();
    let again = format!("redeliver/{}", sent["messageId"].as_str().unwrap());
    assert_eq!(post(&again, Value::Null).await.unwrap().status(), 200);
    let fault = json!({ "on": "add_inbound", "fault": "hang_before" });
    assert_eq!(post("faults", fault).await.unwrap().status(), 204);

    let state = client.get(format!("{}/_control/state", ghl.base_url())).send().await.unwrap();
    let state: Value = state.json().await.unwrap();
    assert_eq!(state["conversations"][0]["messages"][0]["body"], "hi");
    assert!(!state.to_string().contains("token1"));
    assert_eq!(provider.deliveries().len(), 2);
}
