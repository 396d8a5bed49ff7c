//! What the API answers and refuses.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use super::super::*;
use crate::sims::{
    clock::Clock,
    fault::{Fault, Planned},
};

const CONTACTS: &str = "2021-07-28";
const CONVERSATIONS: &str = "2021-04-15";
const PHONE: &str = "+12025550123";

/// A simulator with one location, and a client that has its token.
struct Fixture {
    ghl: GhlSim,
    clock: Clock,
    client: reqwest::Client,
}

impl Fixture {
    async fn new() -> Self {
        Self::with(Location::new("loc1", "token1", "provider1"), |options| options).await
    }

    async fn with(location: Location, change: impl FnOnce(Options) -> Options) -> Self {
        let clock = Clock::set_to("2026-01-01T12:00:00Z".parse().unwrap());
        let options = Options::new(clock.clone()).location(location);
        let ghl = GhlSim::start(change(options)).await.unwrap();
        let client = server::client(std::time::Duration::from_secs(5)).unwrap();
        Self { ghl, clock, client }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.ghl.base_url()))
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let version = if path.starts_with("/contacts") { CONTACTS } else { CONVERSATIONS };
        let request =
            self.request(method, path).bearer_auth("token1").header("version", version).json(&body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, body).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, Value::Null).await
    }

    async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::PUT, path, body).await
    }

    async fn contact(&self) -> String {
        let body = json!({ "locationId": "loc1", "phone": PHONE });
        let (status, body) = self.post("/contacts/upsert", body).await;
        assert_eq!(status, 200, "{body}");
        body["contact"]["id"].as_str().unwrap().to_owned()
    }

    async fn add_inbound(&self, body: Value) -> (u16, Value) {
        self.post("/conversations/messages/inbound", body).await
    }
}

#[tokio::test]
async fn an_unknown_token_is_refused() {
    let fixture = Fixture::new().await;
    fixture.ghl.replace_token("loc1", "token2");

    let (status, body) = fixture.get("/contacts/any").await;

    assert_eq!((status, &body["message"]), (401, &json!("Invalid JWT")));
}

#[tokio::test]
async fn a_call_must_say_a_published_version() {
    let fixture = Fixture::new().await;

    for (version, message) in
        [(None, "version header was not found."), (Some("2020-01-01"), "version header is invalid")]
    {
        let mut request = fixture.request(Method::GET, "/contacts/any").bearer_auth("token1");
        if let Some(version) = version {
            request = request.header("version", version);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert_eq!(response.json::<Value>().await.unwrap()["message"], message);
    }
    assert_eq!(fixture.ghl.violations().len(), 2);
}

#[tokio::test]
async fn a_token_is_good_for_its_own_location_only() {
    let fixture = Fixture::new().await;
    let body = json!({ "locationId": "loc2", "phone": PHONE });

    assert_eq!(fixture.post("/contacts/upsert", body).await.0, 403);
}

#[tokio::test]
async fn an_unknown_route_is_named_in_its_refusal() {
    let fixture = Fixture::new().await;

    let (status, body) = fixture.post("/contact", json!({})).await;

    assert_eq!((status, &body["message"]), (404, &json!("Cannot POST /contact")));
    assert_eq!(fixture.ghl.violations()[0].operation, "unknown");
}

#[tokio::test]
async fn upserting_twice_makes_one_contact() {
    let fixture = Fixture::new().await;
    let body = json!({ "locationId": "loc1", "phone": PHONE, "firstName": "A", "tags": ["a"] });
    let (_, first) = fixture.post("/contacts/upsert", body).await;
    let body = json!({ "locationId": "loc1", "phone": PHONE, "tags": ["b"] });

    let (status, second) = fixture.post("/contacts/upsert", body).await;

    assert_eq!((status, &first["new"], &second["new"]), (200, &json!(true), &json!(false)));
    assert_eq!(first["contact"]["id"], second["contact"]["id"]);
    assert_eq!(second["contact"]["firstName"], "A");
    assert_eq!(fixture.ghl.contact_by_phone("loc1", PHONE).unwrap().tags(), ["b"]);
    assert_eq!(fixture.ghl.violations(), []);
}

#[tokio::test]
async fn a_duplicate_is_refused_with_the_contact_that_is_there() {
    let fixture = Fixture::new().await;
    let contact = fixture.contact().await;

    let (status, body) =
        fixture.post("/contacts/", json!({ "locationId": "loc1", "phone": PHONE })).await;

    assert_eq!(status, 400);
    assert_eq!(body["meta"], json!({ "contactId": contact, "matchingField": "phone" }));
}

#[tokio::test]
async fn a_contact_is_changed_and_tagged() {
    let fixture = Fixture::new().await;
    let path = format!("/contacts/{}", fixture.contact().await);
    let stop = json!({ "dndSettings": { "SMS": { "status": "active", "message": "STOP" } } });

    let (status, body) = fixture.put(&path, stop).await;
    assert_eq!((status, &body["succeded"]), (200, &json!(true)));
    let tags = format!("{path}/tags");
    assert_eq!(fixture.post(&tags, json!({ "tags": ["a", "b"] })).await.0, 201);
    let (_, left) = fixture.call(Method::DELETE, &tags, json!({ "tags": ["a"] })).await;

    assert_eq!(left["tags"], json!(["b"]));
    let (_, read) = fixture.get(&path).await;
    assert_eq!(read["contact"]["dndSettings"]["SMS"]["status"], "active");
    let found = format!("/contacts/search/duplicate?locationId=loc1&number=%2B{}", &PHONE[1..]);
    assert_eq!(fixture.get(&found).await.1["contact"]["id"], read["contact"]["id"]);
    assert_eq!(fixture.ghl.violations(), []);
}

#[tokio::test]
async fn an_update_names_neither_location_nor_gender() {
    let fixture = Fixture::new().await;
    let path = format!("/contacts/{}", fixture.contact().await);

    for field in ["locationId", "gender"] {
        let (status, body) = fixture.put(&path, json!({ field: "loc1" })).await;
        assert_eq!(status, 422);
        assert_eq!(body["message"], json!([format!("property {field} should not exist")]));
    }
    assert_eq!(fixture.ghl.violations().len(), 2);
}

#[tokio::test]
async fn a_message_type_is_case_sensitive() {
    let fixture = Fixture::new().await;
    let contact = fixture.contact().await;

    let (status, body) = fixture.add_inbound(json!({ "type": "sms", "contactId": contact })).await;

    assert_eq!(status, 422);
    assert_eq!(body["message"], json!(["type must be a valid enum value"]));
    assert_eq!(fixture.ghl.violations()[0].operation, "add_inbound");
    assert_eq!(fixture.ghl.messages("loc1", PHONE), []);
}

#[tokio::test]
async fn the_same_message_added_twice_is_there_twice() {
    let fixture = Fixture::new().await;
    let contact = fixture.contact().await;
    let message = json!({ "type": "SMS", "contactId": contact, "message": "hi", "altId": "SM1",
        "direction": "inbound", "date": "2025-12-31T12:00:00.000Z" });

    let (status, first) = fixture.add_inbound(message.clone()).await;
    let (_, second) = fixture.add_inbound(message).await;

    assert_eq!((status, &first["success"]), (201, &json!(true)));
    assert_eq!(first["conversationId"], second["conversationId"]);
    assert_eq!(first["dateAdded"], "2025-12-31T12:00:00.000Z");
    let thread = fixture.ghl.messages("loc1", PHONE);
    assert_eq!(thread.len(), 2);
    assert_eq!((thread[0].direction.as_str(), thread[0].body.as_str()), ("inbound", "hi"));
    assert_eq!(fixture.ghl.violations(), []);
}

#[tokio::test]
async fn each_kind_of_provider_takes_its_own_type_only() {
    let default = Location::new("loc1", "token1", "provider1");
    let additional = default.clone().with_additional_channel();
    let with_id = |kind: &str| json!({ "type": kind, "conversationProviderId": "provider1" });
    let without_id = |kind: &str| json!({ "type": kind });

    for (location, message, expected) in [
        (&default, without_id("SMS"), 201),
        (&default, with_id("Custom"), 400),
        (&default, without_id("Custom"), 400),
        (&additional, with_id("SMS"), 400),
        (&additional, with_id("Custom"), 201),
    ] {
        let fixture = Fixture::with(location.clone(), |options| options).await;
        let mut message = message;
        message["contactId"] = fixture.contact().await.into();
        let (status, body) = fixture.add_inbound(message.clone()).await;
        assert_eq!(status, expected, "{message}");
        if expected == 400 {
            let code = "CONVERSATIONS_MSG_CONVERSATION_PROVIDER_MISMATCH";
            assert_eq!(body["canonicalCode"], code, "{message}");
        }
    }
}

#[tokio::test]
async fn a_thread_is_read_newest_first_and_page_by_page() {
    let fixture = Fixture::new().await;
    let contact = fixture.contact().await;
    for text in ["one", "two", "three"] {
        let message =
            json!({ "type": "SMS", "contactId": contact, "message": text, "altId": text });
        assert_eq!(fixture.add_inbound(message).await.0, 201);
        fixture.clock.advance(SignedDuration::from_secs(1));
    }
    let search = format!("/conversations/search?locationId=loc1&contactId={contact}");
    let (_, found) = fixture.get(&search).await;
    let path =
        format!("/conversations/{}/messages", found["conversations"][0]["id"].as_str().unwrap());

    let (_, first) = fixture.get(&format!("{path}?limit=2")).await;
    let last = first["messages"]["lastMessageId"].as_str().unwrap();
    let (_, second) = fixture.get(&format!("{path}?limit=2&lastMessageId={last}")).await;

    let bodies = |page: &Value| -> Vec<String> {
        let messages = page["messages"]["messages"].as_array().unwrap().iter();
        messages.map(|it| it["body"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        (bodies(&first), bodies(&second)),
        (vec!["three".into(), "two".into()], vec!["one".into()])
    );
    assert_eq!(first["messages"]["nextPage"], true);
    assert!(first["messages"]["messages"][0].get("altId").is_none());
    assert_eq!(
        fixture.get(&format!("/conversations/messages/{last}")).await.1["message"]["body"],
        "two"
    );
    assert_eq!(fixture.ghl.violations(), []);
}

#[tokio::test]
async fn a_status_is_refused_until_ghl_has_found_the_provider() {
    let fixture = Fixture::new().await;
    let sent = fixture.ghl.agent_sends(AgentMessage::new("loc1", PHONE, "hi")).await.unwrap();
    let path = format!("/conversations/messages/{}/status", sent.message_id);
    let failed = json!({ "status": "failed",
        "error": { "code": "30005", "type": "carrier", "message": "Unknown" } });

    let (status, body) = fixture.put(&path, failed.clone()).await;
    assert_eq!(status, 403);
    assert_eq!(body["canonicalCode"], "CONVERSATIONS_MSG_PROVIDER_NOT_FOUND");
    fixture.clock.advance(SignedDuration::from_secs(5));
    let (status, _) = fixture.put(&path, failed.clone()).await;

    assert_eq!(status, 200);
    let thread = fixture.ghl.messages("loc1", PHONE);
    assert_eq!(thread[0].statuses, ["pending", "failed"]);
    assert_eq!(thread[0].error, Some(failed["error"].clone()));
    assert_eq!(fixture.ghl.statuses_of("update_status"), [Some(403), Some(200)]);
    assert_eq!(fixture.put(&path, json!({ "status": "sent" })).await.0, 422);
}

#[tokio::test]
async fn only_the_app_that_owns_the_provider_reports() {
    let mut location = Location::new("loc1", "owner", "provider1");
    location.foreign_tokens.push("token1".to_owned());
    let fixture = Fixture::with(location, |options| options).await;
    let sent = fixture.ghl.agent_sends(AgentMessage::new("loc1", PHONE, "hi")).await.unwrap();
    fixture.clock.advance(SignedDuration::from_secs(5));

    let path = format!("/conversations/messages/{}/status", sent.message_id);
    let (status, body) = fixture.put(&path, json!({ "status": "delivered" })).await;

    assert_eq!(
        (status, &body["canonicalCode"]),
        (401, &json!("CONVERSATIONS_MSG_PROVIDER_NO_ACCESS"))
    );
}

#[tokio::test]
async fn the_hundred_and_first_call_within_ten_seconds_is_refused() {
    let fixture = Fixture::new().await;
    let contact = format!("/contacts/{}", fixture.contact().await);
    for _ in 0..99 {
        assert_eq!(fixture.get(&contact).await.0, 200);
    }

    assert_eq!(fixture.get(&contact).await.0, 429);
    fixture.clock.advance(SignedDuration::from_secs(10));
    let request = fixture.request(Method::GET, &contact).bearer_auth("token1");
    let response = request.header("version", CONTACTS).send().await.unwrap();

    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-ratelimit-remaining"], "99");
    assert_eq!(response.headers()["x-ratelimit-daily-remaining"], "199898");
}

#[tokio::test]
async fn a_fault_strikes_with_or_without_effect() {
    let fixture = Fixture::new().await;
    let contact = fixture.contact().await;
    let message = json!({ "type": "SMS", "contactId": contact, "message": "hi" });
    let plan = |fault| {
        fixture.ghl.faults().add(Planned { on: "add_inbound".into(), times: 1, fault });
    };

    plan(Fault::Status { status: 503, body: None, retry_after: None });
    assert_eq!(fixture.add_inbound(message.clone()).await.0, 503);
    assert_eq!(fixture.ghl.messages("loc1", PHONE), []);

    plan(Fault::StatusAfter { status: 500 });
    assert_eq!(fixture.add_inbound(message).await.0, 500);
    assert_eq!(fixture.ghl.messages("loc1", PHONE).len(), 1);
}

#[tokio::test]
async fn a_call_that_hangs_is_known_at_once() {
    let fixture = Fixture::new().await;
    let fault = Fault::HangAfter;
    fixture.ghl.faults().add(Planned { on: "upsert_contact".into(), times: 1, fault });

    let body = json!({ "locationId": "loc1", "phone": PHONE });
    let patience = std::time::Duration::from_millis(200);
    let answered = tokio::time::timeout(patience, fixture.post("/contacts/upsert", body)).await;

    assert!(answered.is_err());
    assert_eq!(fixture.ghl.statuses_of("upsert_contact"), [None]);
    assert!(fixture.ghl.contact_by_phone("loc1", PHONE).is_some());
}
