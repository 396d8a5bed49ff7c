//! How the app comes into a location, and out of it.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    super::*,
    support::{CLIENT_ID, COMPANY, Fixture, PHONE, of_agency, of_location},
};

fn types(events: &[Value]) -> Vec<(&str, Option<&str>)> {
    events.iter().map(|it| (it["type"].as_str().unwrap(), it["locationId"].as_str())).collect()
}

#[tokio::test]
async fn a_person_chooses_a_location_and_is_sent_back() {
    let fixture = Fixture::with(|options| options.locations[0].name = "A & <B>".to_owned()).await;
    let callback = fixture.ghl.consent_url(of_location(), None).unwrap();
    let callback = callback.split('?').next().unwrap();
    let query = [
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", callback),
        ("scope", "contacts.readonly contacts.write"),
        ("state", "a+b&c"),
    ];

    let older = fixture.request(Method::GET, "/oauth/chooselocation").query(&query);
    let older = older.send().await.unwrap();
    assert_eq!(older.status(), 303);
    let page = fixture.request(Method::GET, older.headers()["location"].to_str().unwrap());
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("A &amp; &lt;B&gt;") && page.contains("Zwei"), "{page}");
    assert_eq!(page.matches("<a href").count(), 4);
    let link = page.split('"').find(|it| it.contains("choice=loc1")).unwrap();
    let sent = fixture.request(Method::GET, &link.replace("&amp;", "&")).send().await.unwrap();

    let back = url::Url::parse(sent.headers()["location"].to_str().unwrap()).unwrap();
    let pairs: std::collections::HashMap<_, _> = back.query_pairs().into_owned().collect();
    assert_eq!(pairs["state"], "a+b&c");
    let form = [("grant_type", "authorization_code"), ("code", pairs["code"].as_str())];
    let (_, granted) = fixture.token(&form).await;
    assert_eq!(granted["scope"], "contacts.readonly contacts.write");
}

#[tokio::test]
async fn a_link_with_another_address_is_refused() {
    let fixture = Fixture::new().await;
    let query = [("client_id", CLIENT_ID), ("redirect_uri", "https://example.com")];

    let page = fixture.request(Method::GET, "/v2/oauth/chooselocation").query(&query);

    assert_eq!(page.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn the_event_comes_before_the_callback_or_after_it() {
    let fixture = Fixture::new().await;

    let seen = fixture.ghl.install(of_location(), None, InstallEvent::BeforeCallback).await;
    assert_eq!(seen, Delivered::Answered(200));
    let link = Some("our link");
    fixture.ghl.install(of_location(), link, InstallEvent::AfterCallback).await;

    let installed = ("INSTALL", Some("loc1"));
    assert_eq!(types(&fixture.ours.heard()), [installed, installed]);
    let first = &fixture.ours.heard()[0];
    assert_eq!((&first["companyId"], &first["installType"]), (&json!(COMPANY), &json!("Location")));
    assert_eq!(first["appId"], "5f00000000000000000000aa");
    let callbacks = fixture.ours.callbacks.lock().unwrap().clone();
    assert!(!callbacks[0].contains("state="));
    assert!(callbacks[1].ends_with("&state=our+link"), "{callbacks:?}");
}

#[tokio::test]
async fn an_agencys_future_locations_have_the_app_by_themselves() {
    let fixture = Fixture::new().await;
    let agency = fixture.exchange(of_agency(true)).await;
    fixture.ghl.add_location(Location::new("loc3", "unused", "provider3"));
    fixture.ghl.deliver_events().await;

    let heard = fixture.ours.heard();
    assert_eq!(
        types(&heard),
        [("INSTALL", None), ("INSTALL", Some("loc1")), ("INSTALL", Some("loc3"))]
    );
    assert_eq!((&heard[2]["userId"], &heard[2]["companyId"]), (&Value::Null, &Value::Null));
    let path = format!(
        "/oauth/installedLocations?companyId={COMPANY}&appId=5f00000000000000000000aa&isInstalled=true"
    );
    assert_eq!(fixture.get(&path, &agency["access_token"]).await.1["count"], 2);
}

#[tokio::test]
async fn uninstalling_ends_tokens_provider_and_events() {
    let fixture = Fixture::new().await;
    let granted = fixture.exchange(of_location()).await;
    fixture.ghl.uninstall("loc1");
    fixture.contact_is_refused().await;

    let sent = fixture.ghl.agent_sends(AgentMessage::new("loc1", PHONE, "hi")).await.unwrap();

    assert_eq!(sent.answer, Delivered::Nowhere);
    assert_eq!(fixture.ghl.message(&sent.message_id).unwrap().provider_id, None);
    assert_eq!(fixture.get("/locations/loc1", &granted["access_token"]).await.0, 401);
    assert_eq!(fixture.refresh(&granted["refresh_token"]).await.0, 400);
    fixture.ghl.deliver_events().await;
    let heard = fixture.ours.heard();
    assert_eq!(types(&heard), [("INSTALL", Some("loc1")), ("UNINSTALL", Some("loc1"))]);
    assert_eq!(heard[1].get("companyId"), None);
}

/// Whoever installs again has to choose the provider again as well.
#[tokio::test]
async fn installing_again_does_not_choose_the_provider() {
    let fixture = Fixture::new().await;
    fixture.ghl.set_delivery_url(&fixture.hook());
    fixture.ghl.uninstall("loc1");
    fixture.exchange(of_location()).await;
    let message = AgentMessage::new("loc1", PHONE, "hi");
    let sent = fixture.ghl.agent_sends(message.clone()).await.unwrap();
    assert_eq!(sent.answer, Delivered::Nowhere);

    fixture.ghl.select_provider("loc1", true);
    let sent = fixture.ghl.agent_sends(message).await.unwrap();
    assert_eq!(sent.answer, Delivered::Answered(200));
}

#[tokio::test]
async fn an_agency_uninstalls_everywhere() {
    let fixture = Fixture::new().await;
    let agency = fixture.exchange(of_agency(true)).await;
    fixture.ghl.uninstall(COMPANY);

    assert_eq!(fixture.refresh(&agency["refresh_token"]).await.0, 400);
    let told = fixture.ghl.events();
    let last = told.last().unwrap();
    assert_eq!((&last["type"], &last["companyId"]), (&json!("UNINSTALL"), &json!(COMPANY)));
    fixture.ghl.add_location(Location::new("loc3", "unused", "provider3"));
    assert_eq!(fixture.ghl.events().len(), told.len());
}

impl Fixture {
    async fn contact_is_refused(&self) {
        let body = json!({ "locationId": "loc1", "phone": PHONE });
        let (status, _) = self.call(Method::POST, "/contacts/upsert", "token1", body).await;
        assert_eq!(status, 401);
    }
}
