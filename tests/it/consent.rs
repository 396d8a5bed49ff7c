//! Somebody connects a location: by our link, by an agency, or from the marketplace.

use app::Link;
use aws::{Asked, Wanted};
use domain::{
    ids::{LocationId, TenantId},
    install::Standing,
    integration::{Integration, Status},
};
use local::sims::ghl::{Consent, Location};
use reqwest::{StatusCode, redirect};

use crate::world::{ANNA, World, unavailable};

/// A page that a person sees.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
}

impl Page {
    #[track_caller]
    pub(crate) fn says(&self, title: &str) {
        assert!(self.text.contains(&format!("<h1>{title}</h1>")), "{}", self.text);
    }
}

/// A link that somebody of this tenant's has made.
pub(crate) async fn link(world: &World, tenant: &TenantId) -> String {
    let (tenant, who, request) = (tenant.clone(), "key:anna".to_owned(), "request-1".to_owned());
    let link = Link::new(Wanted { tenant, who, request }, world.now());
    link.sealed(&world.functions.ghl_oauth.seal, world.now()).await.unwrap()
}

pub(crate) async fn visit(world: &World, path: &str) -> Page {
    let http = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none());
    let answer = http.build().unwrap().get(format!("{}{path}", world.origin)).send().await.unwrap();
    Page { status: answer.status(), text: answer.text().await.unwrap() }
}

/// Comes back from GoHighLevel.
pub(crate) async fn come_back(world: &World, code: &str, state: Option<&str>) -> Page {
    let state = state.map(|it| format!("&state={it}")).unwrap_or_default();
    visit(world, &format!("/oauth/crm/callback?code={code}{state}")).await
}

/// Acme connects its location by consent.
pub(crate) async fn connect(world: &World) -> Page {
    let link = link(world, &world.acme.tenant).await;
    let code = world.ghl.consent(Consent::Location(world.acme.location.to_string()));
    let page = come_back(world, &code, Some(&link)).await;
    world.advance(61); // what was known of the connection before is forgotten
    page
}

pub(crate) async fn crm(world: &World, tenant: &TenantId) -> Option<Integration> {
    let scope = world.store.of(tenant);
    let crm = scope.tenant().await.unwrap().crm?;
    scope.integration(&crm).await.unwrap()
}

pub(crate) async fn standing(world: &World, location: &str) -> Option<Standing> {
    let location = LocationId::parse(location).unwrap();
    Some(world.store.install(&location).await.unwrap()?.body.install.standing())
}

async fn hears(world: &World, text: &str) {
    let to = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, to.as_str(), text, &[]).await;
    world.settle().await;
}

#[tokio::test]
async fn a_link_leads_to_gohighlevel_and_back_to_a_tenant_that_works() {
    let world = World::new().await;
    let link = link(&world, &world.acme.tenant).await;
    let start = visit(&world, &format!("/oauth/crm/start?link={link}")).await;
    assert_eq!(start.status, 302);

    connect(&world).await.says("Connected");
    let crm = crm(&world, &world.acme.tenant).await.unwrap();
    assert_eq!((crm.status, &crm.settings["auth"]), (Status::Active, &"oauth".into()));
    assert_eq!(standing(&world, world.acme.location.as_str()).await, Some(Standing::Connected));
    let log = world.scope().audit_log(Asked::newest(10)).await.unwrap().items;
    let entry = log.iter().find(|it| it.action == "integration.connect").unwrap();
    assert_eq!((entry.who.as_str(), entry.request.as_str()), ("key:anna", "request-1"));
    hears(&world, "by our own token").await;
    assert_eq!(world.heard_in_ghl(ANNA), ["by our own token"]);
    world.agent_sends(ANNA, "and back").await;
    world.settle().await;
}

#[tokio::test]
async fn a_link_that_is_too_old_or_not_ours_connects_nothing() {
    let world = World::new().await;
    let link = link(&world, &world.acme.tenant).await;
    let code = world.ghl.consent(Consent::Location(world.acme.location.to_string()));
    come_back(&world, &code, Some("made-up")).await.says("The link is not ours");
    world.advance(30 * 60);
    come_back(&world, &code, Some(&link)).await.says("The link has expired");
    visit(&world, &format!("/oauth/crm/start?link={link}")).await.says("The link has expired");
    assert_eq!(world.ghl.token_calls(), 0);
    assert_eq!(standing(&world, world.acme.location.as_str()).await, None);
}

#[tokio::test]
async fn a_code_is_good_for_one_use_and_the_page_says_what_to_do() {
    let world = World::new().await;
    let link = link(&world, &world.acme.tenant).await;
    come_back(&world, "made-up", Some(&link)).await.says("The code was used");
    visit(&world, "/oauth/crm/callback").await.says("Not connected");

    let code = world.ghl.consent(Consent::Location(world.acme.location.to_string()));
    come_back(&world, &code, Some(&link)).await.says("Connected");
    come_back(&world, &code, Some(&link)).await.says("The code was used");
    assert_eq!(crm(&world, &world.acme.tenant).await.unwrap().status, Status::Active);
    world.settle().await;
}

#[tokio::test]
async fn an_app_that_was_not_allowed_enough_says_what_is_missing() {
    let world = World::new().await;
    world.ghl.set_scopes(&["contacts.readonly", "conversations.readonly"]);
    let page = connect(&world).await;
    page.says("Something is not allowed");
    assert!(page.text.contains("conversations/message.write"), "{}", page.text);
    assert_eq!(crm(&world, &world.acme.tenant).await.unwrap().status, Status::Error);
    world.settle().await;
}

/// Whoever comes by the marketplace brings no state. Nobody gets a location by that.
#[tokio::test]
async fn without_a_link_a_location_waits_for_an_operator() {
    let world = World::new().await;
    world.ghl.add_location(Location::new("locStray0000000000ss", "unused", "provider-stray"));
    let code = world.ghl.consent(Consent::Location("locStray0000000000ss".to_owned()));
    come_back(&world, &code, None).await.says("Almost there");
    assert_eq!(standing(&world, "locStray0000000000ss").await, Some(Standing::Unattached));
    let location = LocationId::parse("locStray0000000000ss").unwrap();
    assert_eq!(world.store.route_of_location(&location).await.unwrap(), None);
    assert_eq!(world.ghl.refreshes(), 0);
}

#[tokio::test]
async fn a_location_of_somebody_else_stays_theirs() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    let link = link(&world, &zenith.tenant).await;
    let code = world.ghl.consent(Consent::Location(world.acme.location.to_string()));
    let page = come_back(&world, &code, Some(&link)).await;
    page.says("The location is taken");
    assert!(!page.text.contains("acme"), "{}", page.text);
    let route = world.store.route_of_location(&world.acme.location).await.unwrap().unwrap();
    assert_eq!(route.tenant, world.acme.tenant);
}

#[tokio::test]
async fn a_tenant_has_one_location() {
    let world = World::new().await;
    world.ghl.add_location(Location::new("locOther0000000000oo", "unused", "provider-other"));
    let link = link(&world, &world.acme.tenant).await;
    let code = world.ghl.consent(Consent::Location("locOther0000000000oo".to_owned()));
    come_back(&world, &code, Some(&link)).await.says("Another location is connected");
    assert_eq!(crm(&world, &world.acme.tenant).await.unwrap().id.as_str(), "acme-ghl");
}

/// An agency gives one pair of tokens, from which each location's come.
#[tokio::test]
async fn an_agency_connects_its_locations() {
    let world = World::new().await;
    world.ghl.add_location(Location::new("locOther0000000000oo", "unused", "provider-other"));
    let locations = vec![world.acme.location.to_string(), "locOther0000000000oo".to_owned()];
    let code = world.ghl.consent(Consent::Agency { locations, future: true });
    come_back(&world, &code, None).await.says("The agency is connected");
    world.settle().await;
    world.advance(61);

    assert_eq!(standing(&world, world.acme.location.as_str()).await, Some(Standing::Connected));
    assert_eq!(standing(&world, "locOther0000000000oo").await, Some(Standing::Unattached));
    let crm = crm(&world, &world.acme.tenant).await.unwrap();
    assert_eq!(crm.settings["auth"], "oauth");
    hears(&world, "by way of the agency").await;
    assert_eq!(world.heard_in_ghl(ANNA), ["by way of the agency"]);
}

/// What was granted is stored first, and somebody goes on with it.
#[tokio::test]
async fn a_consent_whose_function_dies_is_gone_on_with() {
    let world = World::new().await;
    let link = link(&world, &world.acme.tenant).await;
    let code = world.ghl.consent(Consent::Location(world.acme.location.to_string()));
    let gate = world.dynamo.gate();
    gate.fail_next("TransactWriteItems", 1, local::emulator::gate::When::Before);
    come_back(&world, &code, Some(&link)).await.says("Try again in a minute");
    gate.heal();
    world.settle().await;
    let crm = crm(&world, &world.acme.tenant).await.unwrap();
    assert_eq!((crm.status, &crm.settings["auth"]), (Status::Active, &"oauth".into()));
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_asks_the_person_to_come_again() {
    let world = World::new().await;
    let link = link(&world, &world.acme.tenant).await;
    let code = world.ghl.consent(Consent::Location(world.acme.location.to_string()));
    world.ghl.faults().add(unavailable("oauth_token", 1));
    let page = come_back(&world, &code, Some(&link)).await;
    page.says("Try again in a minute");
    assert_eq!(page.status, 503);
    come_back(&world, &code, Some(&link)).await.says("Connected");
    world.settle().await;
}
