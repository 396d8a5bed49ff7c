//! Locations of GoHighLevel, connected by consent.

use domain::{
    ids::{IntegrationId, LocationId, TenantId},
    install::Told,
    token::Happening,
};
use lambda_http::{
    Body, Request, RequestExt,
    http::{Method, Uri},
};
use local::sims::ghl::{AgentMessage, Consent, Location};
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use super::Key;
use crate::{
    consent::come_back,
    letters,
    world::{ANNA, World, api},
};

const NORTH: &str = "locNorth0000000000nn";

/// Somebody allows the app in the location, by way of the marketplace.
async fn allowed(world: &World, title: &str) {
    let code = world.ghl.consent(Consent::Location(NORTH.to_owned()));
    come_back(world, &code, None).await.says(title);
}

fn north() -> LocationId {
    LocationId::parse(NORTH).unwrap()
}

/// A location that the app is allowed in and that is nobody's yet.
pub(super) async fn nobodys(world: &World) -> String {
    world.ghl.add_location(Location::new(NORTH, "unused", "provider-north"));
    allowed(world, "Almost there").await;
    NORTH.to_owned()
}

/// A tenant without a CRM, and a location that waits for its tenant.
async fn waiting(world: &World) -> Key<'_> {
    let operator = Key::operator(world).await;
    let new = json!({ "id": "north", "brand": "North", "support": "help@north.example" });
    operator.post("/v1/tenants", &new).await.expect(201);
    nobodys(world).await;
    world.settle().await;
    operator
}

fn attach() -> String {
    format!("/v1/crm/installs/{NORTH}/attach")
}

/// The tenant's location is connected. Its admin, and the integration's address in the API.
async fn connected(world: &World) -> (Key<'_>, String) {
    let operator = waiting(world).await;
    operator.post(&attach(), &json!({ "tenant": "north" })).await.expect(202);
    world.settle().await;
    let admin = Key::of(world, "north", "admin").await;
    let found = admin.get("/v1/integrations").await.expect(200);
    let path = format!("/v1/integrations/{}", found["items"][0]["id"].as_str().unwrap());
    (admin, path)
}

/// What the API says of the location.
async fn install(operator: &Key<'_>) -> Value {
    let listed = operator.get("/v1/crm/installs").await.expect(200);
    let items = listed["items"].as_array().unwrap();
    items.iter().find(|it| it["location"] == NORTH).unwrap().clone()
}

/// Something happens to the tokens of the location.
async fn befalls(world: &World, happening: Happening) {
    let tenant = TenantId::parse("north").unwrap();
    let holder = IntegrationId::derived(&["ghl", "north", NORTH]);
    let scope = world.store.of(&tenant);
    let row = scope.tokens(&holder).await.unwrap().unwrap();
    scope.replace_tokens(&row, &row.body.after(happening, world.now())).await.unwrap();
}

#[tokio::test]
async fn a_link_leads_to_gohighlevel_and_back_with_its_tenant_sealed() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    Key::of(&world, "acme", "agent").await.post("/v1/crm/links", &json!({})).await.expect(403);
    let made = admin.post("/v1/crm/links", &json!({})).await.expect(201);
    let url = made["url"].as_str().unwrap();
    let link = url.strip_prefix(&format!("{}/oauth/crm/start?link=", world.origin)).unwrap();
    assert_eq!(made["expires_at"], "2026-01-01T12:30:00Z");
    let log = admin.get("/v1/audit-log?limit=1").await.expect(200);
    assert_eq!(log["items"][0]["action"], "crm_link.create");
    assert!(!log.to_string().contains(link), "{log}");

    let http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let open = async |url: &str| http.get(url).send().await.unwrap();
    let sent = open(url).await;
    assert_eq!(sent.status(), 200);
    let asks = sent.text().await.unwrap();
    assert!(asks.contains("<h1>Connect GoHighLevel with acme</h1>"), "{asks}");
    let to = asks.split_once("href=\"").unwrap().1.split_once('"').unwrap().0;
    let page = format!("{}/v2/oauth/chooselocation?response_type=code", world.ghl.base_url());
    assert!(to.starts_with(&page) && to.ends_with(&format!("&amp;state={link}")), "{to}");
    assert_eq!(open(&url[..url.len() - 4]).await.status(), 400, "a part of it was lost");
    let code = world.ghl.consent(Consent::Location(world.acme.location.to_string()));
    come_back(&world, &code, Some(link)).await.says("Connected");
    let shown = admin.get("/v1/integrations/acme-ghl").await.expect(200);
    assert_eq!(
        (&shown["settings"]["auth"], &shown["token"]["state"]),
        (&json!("oauth"), &json!("good"))
    );
    world.advance(31 * 60);
    let late = open(url).await;
    assert_eq!(late.status(), 400);
    assert!(late.text().await.unwrap().contains("expired"));
    world.settle().await;
}

#[tokio::test]
async fn without_an_app_in_the_marketplace_there_is_no_link() {
    let world = World::new().await;
    let bare = api(&letters::env_without(&world, "ApiFunction", "GHL_CLIENT_ID").await).unwrap();
    let mut context = crate::events::json("api/list-keys")["requestContext"].clone();
    context["authorizer"]["lambda"]["role"] = "admin".into();
    context["authorizer"]["lambda"]["tenant"] = "acme".into();
    let context = serde_json::from_value(context).unwrap();
    let mut request = Request::new(Body::Empty);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_static("https://here.example/v1/crm/links");
    let context = lambda_http::request::RequestContext::ApiGatewayV2(context);
    let answer = bare.handle(request.with_request_context(context), world.now()).await;
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!((answer.status().as_u16(), &body["code"]), (409, &json!("NO_MARKETPLACE_APP")));
}

#[tokio::test]
async fn a_location_that_waits_is_given_to_a_tenant_by_an_operator() {
    let world = World::new().await;
    let operator = waiting(&world).await;
    let found = install(&operator).await;
    assert_eq!(
        (&found["standing"], &found["is_waiting"]),
        (&json!("unattached"), &json!(true)),
        "{found}"
    );
    let wrong = operator.post(&attach(), &json!({ "tenant": "nobody" })).await;
    assert_eq!(wrong.refused(400, "INVALID_REQUEST")["faults"][0]["path"], "/tenant");
    let busy = operator.post(&attach(), &json!({ "tenant": "acme" })).await;
    assert!(busy.refused(409, "INVALID_STATE")["detail"].to_string().contains("acme-ghl"));
    let elsewhere = "/v1/crm/installs/locNobody/attach";
    operator.post(elsewhere, &json!({ "tenant": "north" })).await.refused(404, "NOT_FOUND");

    let north = json!({ "tenant": "north" });
    operator.post(&attach(), &north).await.expect(202);
    world.settle().await;
    let found = install(&operator).await;
    assert_eq!((&found["standing"], &found["tenant"]), (&json!("connected"), &json!("north")));
    assert_eq!(operator.post(&attach(), &north).await.expect(202), found, "and nothing changes");
    let taken = operator.post(&attach(), &json!({ "tenant": "acme" })).await;
    assert!(taken.refused(409, "INVALID_STATE")["detail"].to_string().contains("north"));

    let admin = Key::of(&world, "north", "admin").await;
    let integration = found["integration"].as_str().unwrap();
    let path = format!("/v1/integrations/{integration}");
    let shown = admin.get(&path).await.expect(200);
    assert_eq!((&shown["status"], &shown["settings"]["auth"]), (&json!("active"), &json!("oauth")));
    assert_eq!(shown["token"]["state"], "good");
    assert!(
        shown.get("advice").is_none() && !shown.to_string().contains("access_token"),
        "{shown}"
    );
    let tried = admin.post(&format!("{path}/test"), &json!({})).await.expect(200);
    assert_eq!(tried["ok"], true, "{tried}");
    let log = admin.get("/v1/audit-log").await.expect(200).to_string();
    assert!(log.contains("crm_install.attach") && log.contains("integration.connect"), "{log}");
    world.settle().await;
}

#[tokio::test]
async fn a_location_without_tokens_is_nobodys_to_give() {
    let world = World::new().await;
    let operator = Key::operator(&world).await;
    let told = Told::Announced { at: world.now(), company: None };
    let installing = &world.functions.crm_consumer.installing;
    installing.tell(&north(), told, None, None, world.now()).await.unwrap();
    assert_eq!(install(&operator).await["standing"], "announced");
    world.another_tenant().await;
    let refused = operator.post(&attach(), &json!({ "tenant": "zenith" })).await;
    let refused = refused.refused(409, "INVALID_STATE");
    assert!(refused["detail"].to_string().contains("POST /v1/crm/links"), "{refused}");
    world.settle().await;
}

#[tokio::test]
async fn how_the_token_comes_is_not_for_anybody_to_write() {
    let world = World::new().await;
    let (admin, path) = connected(&world).await;
    let by_hand = admin.patch(&path, &json!({ "settings": { "auth": "token" } })).await;
    let by_hand = by_hand.refused(400, "CONFIG_SCHEMA_INVALID");
    assert_eq!(by_hand["faults"][0]["path"], "/settings/auth");
    let provider = json!({ "kind": "additional", "conversation_provider_id": "61d6d1f9" });
    let changed = admin.patch(&path, &json!({ "settings": { "provider": provider } })).await;
    let changed = changed.expect(200);
    assert_eq!(changed["settings"]["provider"], provider);
    assert_eq!(changed["settings"]["auth"], "oauth");
    let pasted = json!({ "settings": { "access_token": "pasted" } });
    let pasted = admin.post(&format!("{path}/credentials/rotate"), &pasted).await;
    let pasted = pasted.refused(409, "INVALID_STATE");
    assert!(pasted["detail"].to_string().contains("POST /v1/crm/links"), "{pasted}");

    for (settings, place) in
        [(json!({ "auth": "oauth" }), "/settings/auth"), (json!({}), "/settings")]
    {
        let mut new = json!({
            "template": "ghl", "settings": { "location": "loc", "provider": { "kind": "default" } },
        });
        new["settings"].as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let refused = admin.post("/v1/integrations", &new).await;
        let refused = refused.refused(400, "CONFIG_SCHEMA_INVALID");
        assert_eq!(refused["faults"][0]["path"], place, "{refused}");
    }
    world.settle().await;
}

#[tokio::test]
async fn tokens_go_with_their_integration_and_the_installation_stays() {
    let world = World::new().await;
    let (admin, path) = connected(&world).await;
    let kinds = async || {
        let items = crate::tables::Tables::of(&world).items().await;
        let kind = |item: &Value| item["kind"]["S"].as_str().unwrap_or_default().to_owned();
        items.iter().map(|(_, item)| kind(item)).collect::<Vec<_>>()
    };
    assert!(kinds().await.contains(&"token pair".to_owned()));
    admin.delete(&path).await.expect(204);
    assert!(!kinds().await.contains(&"token pair".to_owned()));
    let operator = Key::operator(&world).await;
    let found = install(&operator).await;
    assert_eq!(
        (&found["standing"], &found["is_waiting"], found.get("tenant")),
        (&json!("unattached"), &json!(false), None),
        "{found}"
    );
    let north = json!({ "tenant": "north" });
    operator.post(&attach(), &north).await.refused(409, "INVALID_STATE");

    world.advance(60);
    allowed(&world, "Almost there").await;
    operator.post(&attach(), &north).await.expect(202);
    world.settle().await;
    operator.post("/v1/tenants/north/suspend", &json!({ "reason": "left" })).await.expect(200);
    operator.delete("/v1/tenants/north").await.expect(200);
    assert!(!kinds().await.contains(&"token pair".to_owned()));
    assert_eq!(install(&operator).await["standing"], "unattached");
    world.settle().await;
}

#[tokio::test]
async fn who_looks_at_a_connection_is_told_what_is_left_to_do() {
    let world = World::new().await;
    let (admin, path) = connected(&world).await;
    let health = async || {
        let health = admin.get(&format!("{path}/health")).await.expect(200);
        let shown = admin.get(&path).await.expect(200);
        assert_eq!((&health["token"], &health["advice"]), (&shown["token"], &shown["advice"]));
        let advice = health["advice"].as_str().unwrap_or_default().to_owned();
        (health["token"]["state"].as_str().unwrap().to_owned(), advice)
    };
    assert_eq!(health().await, ("good".to_owned(), String::new()));
    befalls(&world, Happening::Asked).await;
    assert_eq!(health().await, ("being_renewed".to_owned(), String::new()));
    befalls(&world, Happening::NotActive).await;
    let (state, advice) = health().await;
    assert!(state == "suspended" && advice.contains("activated"), "{state}: {advice}");

    let installing = &world.functions.crm_consumer.installing;
    world.advance(60);
    installing.uninstalled(&north(), world.now(), world.now()).await.unwrap();
    let (state, advice) = health().await;
    assert!(state == "lost" && advice.contains("POST /v1/crm/links"), "{state}: {advice}");
    world.advance(60);
    allowed(&world, "Connected").await;
    let (state, advice) = health().await;
    assert!(state == "good" && advice.contains("SMS Provider"), "{state}: {advice}");

    world.advance(60);
    world.ghl.agent_sends(AgentMessage::new(NORTH, ANNA, "Are you there?")).await.unwrap();
    world.settle().await;
    assert_eq!(health().await, ("good".to_owned(), String::new()));
}
