//! Somebody connects a location: by our link, by an agency, or from the marketplace.

use app::Link;
use aws::{Asked, Wanted};
use domain::{
    ids::{LocationId, TenantId},
    install::Standing,
    integration::{Integration, Status},
};
use local::{
    emulator::gate::{Fault as AwsFault, When},
    sims::ghl::{Consent, Location},
};
use reqwest::{StatusCode, redirect};
use serde_json::json;

use crate::{
    api::Key,
    world::{ANNA, World, unavailable},
};

const OTHER: &str = "locOther0000000000oo";

/// A page that a person sees.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    cookie: Option<String>,
    pub(crate) text: String,
}

impl Page {
    /// Goes on to GoHighLevel from here, and comes back.
    async fn come_back(&self, world: &World, code: &str, link: &str) -> Self {
        let path = format!("/oauth/crm/callback?code={code}&state={link}");
        visit_with(world, &path, self.cookie.as_deref()).await
    }

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
    visit_with(world, path, None).await
}

async fn visit_with(world: &World, path: &str, cookie: Option<&str>) -> Page {
    let http = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none());
    let mut asked = http.build().unwrap().get(format!("{}{path}", world.origin));
    if let Some(cookie) = cookie {
        asked = asked.header("cookie", cookie);
    }
    let answer = asked.send().await.unwrap();
    let cookie = answer.headers().get("set-cookie").map(|it| it.to_str().unwrap());
    let cookie = cookie.and_then(|it| it.split(';').next()).map(str::to_owned);
    Page { status: answer.status(), cookie, text: answer.text().await.unwrap() }
}

/// Opens the link, and comes back from GoHighLevel in the same browser.
pub(crate) async fn come_back(world: &World, code: &str, link: Option<&str>) -> Page {
    let Some(link) = link else {
        return visit(world, &format!("/oauth/crm/callback?code={code}")).await;
    };
    let begun = visit(world, &format!("/oauth/crm/start?link={link}")).await;
    begun.come_back(world, code, link).await
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
    start.says("Connect GoHighLevel with acme");
    let on = format!("state={link}");
    assert!(start.text.contains("href=\"http") && start.text.contains(&on), "{}", start.text);

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
    visit(&world, "/oauth/crm/start?link=").await.says("The link is not ours");
    assert_eq!(world.ghl.token_calls(), 0);
    assert_eq!(standing(&world, world.acme.location.as_str()).await, None);
}

/// Somebody sends a link's `state` around our own page, which says for whom it is.
#[tokio::test]
async fn nobody_connects_a_location_who_was_not_shown_for_whom() {
    let world = World::new().await;
    let link = link(&world, &world.acme.tenant).await;
    let code = world.ghl.consent(Consent::Location(world.acme.location.to_string()));
    let path = format!("/oauth/crm/callback?code={code}&state={link}");
    visit(&world, &path).await.says("Begin with the link");
    let other = visit_with(&world, &path, Some("duplex_link=of-another")).await;
    other.says("Begin with the link");
    assert_eq!(world.ghl.token_calls(), 0, "and the code is not used up");
    come_back(&world, &code, Some(&link)).await.says("Connected");
    world.settle().await;
}

#[tokio::test]
async fn a_code_is_good_for_one_use_and_the_page_says_what_to_do() {
    let world = World::new().await;
    let link = link(&world, &world.acme.tenant).await;
    come_back(&world, "made-up", Some(&link)).await.says("GoHighLevel does not take this code");
    visit(&world, "/oauth/crm/callback").await.says("Not connected");

    let code = world.ghl.consent(Consent::Location(world.acme.location.to_string()));
    come_back(&world, &code, Some(&link)).await.says("Connected");
    come_back(&world, &code, Some(&link)).await.says("GoHighLevel does not take this code");
    assert_eq!(crm(&world, &world.acme.tenant).await.unwrap().status, Status::Active);
    world.settle().await;
}

#[tokio::test]
async fn an_app_that_was_not_allowed_enough_says_what_is_missing() {
    let world = World::new().await;
    let (admin, link) = new_tenant(&world).await;
    world.ghl.set_scopes(&["contacts.readonly", "conversations.readonly"]);
    let code = world.ghl.consent(Consent::Location(OTHER.to_owned()));
    let page = come_back(&world, &code, Some(&link)).await;
    page.says("Something is not allowed");
    assert!(page.text.contains("conversations/message.write"), "{}", page.text);
    let late = TenantId::parse("late").unwrap();
    let integration = crm(&world, &late).await.unwrap();
    assert_eq!(integration.status, Status::Error);

    let path = format!("/v1/integrations/{}", integration.id);
    let tried = admin.post(&format!("{path}/test"), &json!({})).await.expect(200);
    assert_eq!(tried["ok"], false, "{tried}: that a call works does not make it whole");
    let health = admin.get(&format!("{path}/health")).await.expect(200);
    assert!(health["advice"].as_str().unwrap().contains("missing scopes"), "{health}");

    world.ghl.set_scopes(&[]);
    let code = world.ghl.consent(Consent::Location(OTHER.to_owned()));
    come_back(&world, &code, Some(&link)).await.says("Connected");
    assert_eq!(crm(&world, &late).await.unwrap().status, Status::Active);
    world.settle().await;
}

/// What works is not given up for what does not.
#[tokio::test]
async fn a_consent_to_less_leaves_a_connection_that_works_as_it_is() {
    let world = World::new().await;
    connect(&world).await.says("Connected");
    world.settle().await;
    world.ghl.set_scopes(&["contacts.readonly", "conversations.readonly"]);
    let page = connect(&world).await;
    page.says("Something is not allowed");
    assert!(page.text.contains("from before is kept"), "{}", page.text);
    assert_eq!(crm(&world, &world.acme.tenant).await.unwrap().status, Status::Active);
    hears(&world, "hello").await;
    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
}

/// A location of nobody's, a tenant without one, and a link of theirs.
async fn new_tenant(world: &World) -> (Key<'_>, String) {
    world.ghl.add_location(Location::new(OTHER, "unused", "provider-other"));
    let operator = Key::operator(world).await;
    let new = json!({ "id": "late", "brand": "Late", "support": "help@late.example" });
    operator.post("/v1/tenants", &new).await.expect(201);
    let link = link(world, &TenantId::parse("late").unwrap()).await;
    (Key::of(world, "late", "admin").await, link)
}

/// A link outlives what it was made for.
#[tokio::test]
async fn a_consent_for_a_tenant_that_is_deleted_connects_nothing() {
    let world = World::new().await;
    let (_, link) = new_tenant(&world).await;
    let code = world.ghl.consent(Consent::Location(OTHER.to_owned()));
    let begun = visit(&world, &format!("/oauth/crm/start?link={link}")).await;
    let operator = Key::operator(&world).await;
    let reason = json!({ "reason": "closed" });
    operator.post("/v1/tenants/late/suspend", &reason).await.expect(200);
    operator.delete("/v1/tenants/late").await.expect(200);
    let start = visit(&world, &format!("/oauth/crm/start?link={link}")).await;
    start.says("Nobody to connect with");
    begun.come_back(&world, &code, &link).await.says("Almost there");
    assert_eq!(standing(&world, OTHER).await, Some(Standing::Unattached));
    world.settle().await;
}

/// Somebody at GoHighLevel consents again. What the tenant has switched off stays off.
#[tokio::test]
async fn a_consent_without_a_link_does_not_switch_on_what_the_tenant_has_switched_off() {
    let world = World::new().await;
    connect(&world).await.says("Connected");
    world.settle().await;
    let admin = Key::of(&world, "acme", "admin").await;
    admin
        .patch("/v1/integrations/acme-ghl", &json!({ "status": "disconnected" }))
        .await
        .expect(200);
    let code = world.ghl.consent(Consent::Location(world.acme.location.to_string()));
    come_back(&world, &code, None).await;
    world.settle().await;
    assert_eq!(crm(&world, &world.acme.tenant).await.unwrap().status, Status::Disconnected);
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
    world.ghl.add_location(Location::new(OTHER, "unused", "provider-other"));
    let link = link(&world, &world.acme.tenant).await;
    let code = world.ghl.consent(Consent::Location(OTHER.to_owned()));
    come_back(&world, &code, Some(&link)).await.says("Another location is connected");
    assert_eq!(crm(&world, &world.acme.tenant).await.unwrap().id.as_str(), "acme-ghl");
}

/// An agency gives one pair of tokens, from which each location's come.
#[tokio::test]
async fn an_agency_connects_its_locations() {
    let world = World::new().await;
    world.ghl.add_location(Location::new(OTHER, "unused", "provider-other"));
    let locations = vec![world.acme.location.to_string(), OTHER.to_owned()];
    let code = world.ghl.consent(Consent::Agency { locations, future: true });
    come_back(&world, &code, None).await.says("The agency is connected");
    world.settle().await;
    world.advance(61);

    assert_eq!(standing(&world, world.acme.location.as_str()).await, Some(Standing::Connected));
    assert_eq!(standing(&world, OTHER).await, Some(Standing::Unattached));
    let crm = crm(&world, &world.acme.tenant).await.unwrap();
    assert_eq!(crm.settings["auth"], "oauth");
    hears(&world, "by way of the agency").await;
    assert_eq!(world.heard_in_ghl(ANNA), ["by way of the agency"]);
}

/// With each call to the table failing in turn, for a location before it has its effect and for an
/// agency after it: what was granted is stored first, for whom it is wanted, and somebody goes on.
#[tokio::test]
async fn a_consent_survives_the_table_failing_at_every_call() {
    for (is_agency, when) in [(false, When::Before), (true, When::After)] {
        for call in 0.. {
            let world = World::new().await;
            let link = link(&world, &world.acme.tenant).await;
            let location = world.acme.location.to_string();
            let consent = || {
                if is_agency {
                    Consent::Agency { locations: vec![location.clone()], future: false }
                } else {
                    Consent::Location(location.clone())
                }
            };
            let code = world.ghl.consent(consent());
            let begun = visit(&world, &format!("/oauth/crm/start?link={link}")).await;
            let gate = world.dynamo.gate();
            gate.fail(AwsFault { skip: call, times: 1, when, ..AwsFault::default() });
            let before = gate.meter().total().calls;
            let page = begun.come_back(&world, &code, &link).await;
            let calls = gate.meter().total().calls - before;
            gate.heal();
            world.settle().await;
            let place = format!("{when:?} {call}: {}", page.text);
            if world.store.install(&world.acme.location).await.unwrap().is_none() {
                page.says("Try again in a minute");
                let code = world.ghl.consent(consent());
                come_back(&world, &code, Some(&link)).await.says("Connected");
                world.settle().await;
            }
            let crm = crm(&world, &world.acme.tenant).await.unwrap();
            assert_eq!(
                (crm.status, &crm.settings["auth"]),
                (Status::Active, &"oauth".into()),
                "{place}"
            );
            assert_eq!(standing(&world, &location).await, Some(Standing::Connected), "{place}");
            if u64::from(call) >= calls {
                break;
            }
        }
    }
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
