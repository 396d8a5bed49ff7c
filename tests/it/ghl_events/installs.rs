//! The app is installed and taken out, in whatever order we are told of it and however often.

use aws::Asked;
use domain::{
    ids::{LocationId, TenantId},
    install::Standing,
    integration::Status,
};
use jiff::SignedDuration;
use local::{
    emulator::gate::{Fault as AwsFault, When},
    sims::{
        ghl::{Consent, InstallEvent, Location},
        outbox::Treatment,
    },
};
use serde_json::json;

use super::{ADDRESS, event, ghl, post, tell};
use crate::{
    api::Key,
    consent::{come_back, connect, crm, link, standing},
    world::{ANNA, World},
};

const LATER: &str = "locLater0000000000ll";

/// A world whose GoHighLevel tells us what happens.
async fn told_of_everything() -> World {
    let world = World::new().await;
    world.ghl.set_webhook_url(&format!("{}{ADDRESS}", world.origin));
    world
}

async fn texts(world: &World, text: &str) {
    let to = world.acme.numbers.texting.as_str();
    world.texting.receives_text(ANNA, to, text, &[]).await;
    world.settle().await;
}

/// What functions remember of an integration is forgotten. A reply waits for hours, and no longer.
async fn minutes_pass(world: &World) {
    world.work_until(world.now() + SignedDuration::from_mins(3)).await;
}

async fn status(world: &World) -> Status {
    world.scope().integration(&ghl()).await.unwrap().unwrap().status
}

#[tokio::test]
async fn an_install_ends_alike_whether_its_event_comes_first_or_last_or_again_and_again() {
    for event in [InstallEvent::BeforeCallback, InstallEvent::AfterCallback] {
        let world = told_of_everything().await;
        let location = world.acme.location.to_string();
        let link = link(&world, &world.acme.tenant).await;
        let code = world.ghl.consent(Consent::Location(location.clone()));
        if event == InstallEvent::BeforeCallback {
            world.ghl.deliver_events().await;
        }
        come_back(&world, &code, Some(&link)).await.says("Connected");
        world.ghl.deliver_events().await;
        let told = world.ghl.events();
        assert_eq!(told.len(), 1, "{told:?}");
        for _ in 0..3 {
            world.ghl.resend(told[0]["webhookId"].as_str().unwrap()).await;
        }
        world.settle().await;
        world.advance(61);

        assert_eq!(standing(&world, &location).await, Some(Standing::Connected), "{event:?}");
        let crm = crm(&world, &world.acme.tenant).await.unwrap();
        assert_eq!((crm.id, &crm.settings["auth"]), (ghl(), &json!("oauth")));
        texts(&world, "hello").await;
        assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
        world.ghl.deliver_events().await;
        world.settle().await;
    }
}

/// Whoever tells us may be done with it before the person is back.
#[tokio::test]
async fn an_install_that_was_told_and_worked_on_before_the_callback_ends_alike() {
    let world = told_of_everything().await;
    let link = link(&world, &world.acme.tenant).await;
    let code = world.ghl.consent(Consent::Location(world.acme.location.to_string()));
    world.ghl.deliver_events().await;
    world.settle().await;
    let location = world.acme.location.as_str();
    assert_eq!(standing(&world, location).await, Some(Standing::Announced));
    come_back(&world, &code, Some(&link)).await.says("Connected");
    world.settle().await;
    assert_eq!(standing(&world, location).await, Some(Standing::Connected));
}

/// An agency has more locations than are listed at once, and somebody writes in between.
#[tokio::test]
async fn all_locations_of_an_agency_are_found_however_many_there_are() {
    let world = World::new().await;
    let agency =
        || Consent::Agency { locations: vec![world.acme.location.to_string()], future: true };
    let code = world.ghl.consent(agency());
    come_back(&world, &code, None).await.says("Connected");
    world.settle().await;
    let ids: Vec<_> = (0..45).map(|n| format!("locMany{n:013}")).collect();
    for id in &ids {
        world.ghl.add_location(Location::new(id, "unused", "provider-many"));
    }
    world.advance(5);
    let code = world.ghl.consent(agency());
    come_back(&world, &code, None).await.says("Connected");
    let gate = world.dynamo.gate();
    gate.fail(AwsFault { skip: 40, times: 1, when: When::After, ..AwsFault::default() });
    world.settle().await;
    gate.heal();
    for id in &ids {
        assert_eq!(standing(&world, id).await, Some(Standing::Unattached), "{id}");
    }
    let company = world.store.install(&world.acme.location).await.unwrap().unwrap().body.install;
    let holder = app::holder_of(&company.company.unwrap());
    let pair = world.store.of(&TenantId::platform()).tokens(&holder).await.unwrap().unwrap().body;
    assert_eq!((pair.due, pair.looked_at), (None, 0), "and then nobody looks any more");
}

/// A job finds the agency's locations while the person still waits for their page.
#[tokio::test]
async fn a_job_that_is_faster_than_the_callback_is_in_nobodys_way() {
    for _ in 0..5 {
        let world = World::new().await;
        let link = link(&world, &world.acme.tenant).await;
        let locations = vec![world.acme.location.to_string()];
        let code = world.ghl.consent(Consent::Agency { locations, future: false });
        let jobs = async {
            for _ in 0..20 {
                world.drain_once("Crm").await;
            }
        };
        let (page, ()) = tokio::join!(come_back(&world, &code, Some(&link)), jobs);
        page.says("Connected");
        world.settle().await;
        let log = world.scope().audit_log(Asked::newest(10)).await.unwrap().items;
        let connected = log.iter().filter(|it| it.action == "integration.connect").count();
        assert_eq!(connected, 1, "{log:?}");
    }
}

/// What is left of an agency's locations waits until it is active, or until it has a token again.
#[tokio::test]
async fn an_agency_that_is_paused_or_refused_half_way_is_gone_on_with() {
    let world = World::new().await;
    let agency =
        || Consent::Agency { locations: vec![world.acme.location.to_string()], future: true };
    come_back(&world, &world.ghl.consent(agency()), None).await.says("Connected");
    world.settle().await;
    let ids: Vec<_> = (0..25).map(|n| format!("locMany{n:013}")).collect();
    for id in &ids {
        world.ghl.add_location(Location::new(id, "unused", "provider-many"));
    }
    let install = world.store.install(&world.acme.location).await.unwrap().unwrap().body.install;
    let company = install.company.unwrap().to_string();
    come_back(&world, &world.ghl.consent(agency()), None).await.says("Connected");
    world.drain_once("Crm").await;
    world.ghl.set_paused(&company, true);
    world.drain().await;
    world.ghl.set_paused(&company, false);
    world.advance(25 * 3_600);
    world.ghl.expire_access(&company);
    world.settle().await;
    for id in &ids {
        assert_eq!(standing(&world, id).await, Some(Standing::Unattached), "{id}");
    }
}

#[tokio::test]
async fn a_location_is_called_what_it_is_called_now() {
    let world = World::new().await;
    connect(&world).await.says("Connected");
    let id = world.acme.location.to_string();
    tell(&world, "LocationUpdate", json!({ "id": id, "name": "Acme on Main Street" })).await;
    let older = json!({ "id": id, "name": "Acme", "timestamp": "2026-01-01T11:00:00Z" });
    tell(&world, "LocationUpdate", older).await;
    let operator = Key::operator(&world).await;
    let listed = operator.get("/v1/crm/installs").await.expect(200);
    assert_eq!(listed["items"][0]["name"], "Acme on Main Street", "{listed}");
}

#[tokio::test]
async fn a_location_that_an_agency_adds_later_waits_for_its_tenant_and_then_works() {
    let world = told_of_everything().await;
    let locations = vec![world.acme.location.to_string()];
    let code = world.ghl.consent(Consent::Agency { locations, future: true });
    come_back(&world, &code, None).await.says("Connected");
    world.settle().await;
    world.advance(5);
    world.ghl.add_location(Location::new(LATER, "unused", "provider-later"));
    world.ghl.deliver_events().await;
    world.settle().await;
    assert_eq!(standing(&world, LATER).await, Some(Standing::Unattached));

    let operator = Key::operator(&world).await;
    let new = json!({ "id": "later", "brand": "Later", "support": "help@later.example" });
    operator.post("/v1/tenants", &new).await.expect(201);
    let attach = format!("/v1/crm/installs/{LATER}/attach");
    operator.post(&attach, &json!({ "tenant": "later" })).await.expect(202);
    world.settle().await;
    assert_eq!(standing(&world, LATER).await, Some(Standing::Connected));
    let admin = Key::of(&world, "later", "admin").await;
    let found = admin.get("/v1/integrations").await.expect(200);
    let id = found["items"][0]["id"].as_str().unwrap();
    let tried = admin.post(&format!("/v1/integrations/{id}/test"), &json!({})).await.expect(200);
    assert_eq!(tried["ok"], true, "{tried}");
    world.settle().await;
}

#[tokio::test]
async fn an_uninstall_stops_the_location_and_a_reinstall_goes_on_with_all_of_it() {
    let world = told_of_everything().await;
    connect(&world).await.says("Connected");
    texts(&world, "hello").await;
    world.ghl.deliver_events().await;
    world.settle().await;
    world.agent_sends(ANNA, "written before it was taken out").await;
    assert_eq!(world.lose_jobs("Outbound").await, 1, "it leaves a moment later");
    world.advance(1);
    world.ghl.uninstall(world.acme.location.as_str());
    world.ghl.deliver_events().await;
    minutes_pass(&world).await;
    assert_eq!(status(&world).await, Status::Error);

    let calls = world.ghl.calls().len();
    world.texting.receives_text(ANNA, world.acme.numbers.texting.as_str(), "there?", &[]).await;
    let created = event(&world, "ContactCreate", json!({ "id": "c9" }));
    assert_eq!(post(&world, &created).await.status, 200);
    minutes_pass(&world).await;
    assert_eq!(world.ghl.calls().len(), calls, "nobody calls for it");
    let parked = world.store.count_parked(&world.acme.tenant).await.unwrap();
    assert!(parked >= 3, "{parked}: her text, the reply, and the contact");
    let admin = Key::of(&world, "acme", "admin").await;
    let text = json!({ "to": ANNA, "text": "and what a program asks for" });
    admin.post_once("/v1/messages", "k1", &text).await.expect(202);
    minutes_pass(&world).await;
    assert!(world.texting.sent().is_empty(), "and nothing of it leaves");

    connect(&world).await.says("Connected");
    world.settle().await;
    assert_eq!(status(&world).await, Status::Active);
    assert_eq!(world.heard_in_ghl(ANNA), ["hello", "there?"]);
    assert_eq!(world.texting.sent().len(), 2, "the reply and the other text go on as well");
    assert_eq!(world.store.count_parked(&world.acme.tenant).await.unwrap(), 0);
    world.ghl.deliver_events().await;
    world.settle().await;
}

/// Whether its token was pasted or came by a consent.
#[tokio::test]
async fn an_uninstall_stops_a_location_whose_token_was_pasted() {
    let world = World::new().await;
    tell(&world, "UNINSTALL", json!({})).await;
    assert_eq!(status(&world).await, Status::Error);
}

#[tokio::test]
async fn an_uninstall_that_comes_after_the_reinstall_stops_nothing() {
    let world = told_of_everything().await;
    connect(&world).await.says("Connected");
    world.settle().await;
    world.ghl.treat_events(Treatment::Hold).await;
    world.ghl.uninstall(world.acme.location.as_str());
    world.advance(1);
    connect(&world).await.says("Connected");
    world.ghl.treat_events(Treatment::Release).await;
    world.ghl.deliver_events().await;
    world.settle().await;
    assert_eq!(status(&world).await, Status::Active);
    let location = LocationId::parse(world.acme.location.as_str()).unwrap();
    let stored = world.store.install(&location).await.unwrap().unwrap().body;
    assert!(stored.install.forgotten_since().is_some(), "its SMS provider has to be chosen again");
}

#[tokio::test]
async fn what_happens_to_a_contact_ends_alike_in_whatever_order_it_is_told() {
    let world = told_of_everything().await;
    connect(&world).await.says("Connected");
    world.settle().await;
    world.ghl.deliver_events().await;
    world.ghl.treat_events(Treatment::Hold).await;
    texts(&world, "hello").await;
    world.texting.receives_text(ANNA, world.acme.numbers.texting.as_str(), "STOP", &[]).await;
    world.settle().await;
    world.advance(1);
    world.ghl.treat_events(Treatment::Shuffle).await;
    world.ghl.deliver_events().await;
    world.ghl.treat_events(Treatment::Repeat).await;
    world.ghl.deliver_events().await;
    world.settle().await;

    let standing = world.scope().opt_out(&ANNA.parse().unwrap()).await.unwrap().unwrap().body;
    assert!(standing.active && standing.source == domain::consent::Source::Texting);
    assert_eq!(world.heard_in_ghl(ANNA), ["hello", "STOP"], "nothing is brought back");
    let out = world.texting.sent();
    assert_eq!(out.len(), 1, "the one answer to STOP: {out:?}");
}

#[tokio::test]
async fn an_agency_that_takes_the_app_out_stops_all_of_its_locations() {
    let world = told_of_everything().await;
    let locations = vec![world.acme.location.to_string()];
    let code = world.ghl.consent(Consent::Agency { locations, future: true });
    come_back(&world, &code, None).await.says("Connected");
    world.settle().await;
    world.advance(5);
    let install = world.store.install(&world.acme.location).await.unwrap().unwrap().body.install;
    world.ghl.uninstall(install.company.unwrap().as_str());
    world.ghl.deliver_events().await;
    world.settle().await;
    assert_eq!(status(&world).await, Status::Error);
    let standing = standing(&world, world.acme.location.as_str()).await;
    assert_eq!(standing, Some(Standing::Uninstalled));
}
