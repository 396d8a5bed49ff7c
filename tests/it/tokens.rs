//! Tokens are renewed in time, once, and whatever breaks in between.

use std::sync::Arc;

use domain::{
    ids::TenantId,
    integration::Status,
    jobs::MindToken,
    token::{Need, Stage},
};
use futures_util::future::join_all;
use jiff::SignedDuration;
use local::{
    emulator::gate::{Fault as AwsFault, When},
    sims::{
        fault::{Fault, Planned},
        ghl::Consent,
    },
};
use serde_json::json;
use token_refresher::Refreshed;

use crate::{
    api::Key,
    consent::{come_back, connect, crm, link},
    world::{ANNA, BEN, World, answer_lost, unavailable},
};

const DAY: i64 = 24 * 60 * 60;

async fn connected() -> World {
    let world = World::new().await;
    connect(&world).await;
    world.settle().await;
    world
}

async fn stage(world: &World) -> Stage {
    let id = crm(world, &world.acme.tenant).await.unwrap().id;
    world.scope().tokens(&id).await.unwrap().unwrap().body.state.stage
}

async fn refresh(world: &World) -> Refreshed {
    token_refresher::handle(&world.functions.token_refresher, world.now()).await.unwrap()
}

async fn hears(world: &World, text: &str) {
    let to = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, to.as_str(), text, &[]).await;
    world.settle().await;
}

/// Nobody calls, and the token is fresh all the same.
#[tokio::test]
async fn an_idle_token_is_renewed_before_its_end() {
    let world = connected().await;
    world.advance(DAY / 2);
    assert_eq!(refresh(&world).await, Refreshed::default());
    world.advance(DAY / 3);
    assert_eq!(refresh(&world).await, Refreshed { renewed: 1, ..Refreshed::default() });
    world.settle().await;
    world.advance(DAY / 2);
    hears(&world, "hello").await;
    assert_eq!((world.heard_in_ghl(ANNA).len(), world.ghl.refreshes()), (1, 1));
}

#[tokio::test]
async fn fifty_who_race_for_a_token_ask_for_it_once() {
    let world = Arc::new(connected().await);
    world.advance(DAY);
    let id = crm(&world, &world.acme.tenant).await.unwrap().id;
    let racers = (0..50).map(|_| {
        let (world, id) = (Arc::clone(&world), id.clone());
        tokio::spawn(async move {
            let renewal = &world.functions.token_refresher.renewal;
            renewal.renew(&world.acme.tenant, &id, Need::Call, world.now()).await.unwrap()
        })
    });
    let renewed = join_all(racers).await;
    let done = renewed.into_iter().filter(|it| *it.as_ref().unwrap() == app::Renewed::Done);
    assert_eq!((done.count(), world.ghl.refreshes()), (1, 1));
    assert_eq!(stage(&world).await, Stage::Good);
    world.settle().await;
    hears(&world, "hello").await;
    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
}

/// A call with a token that is refused renews it once, and is made once more.
#[tokio::test]
async fn a_token_that_is_refused_is_renewed_and_the_call_made_again() {
    let world = connected().await;
    world.advance(600);
    world.ghl.expire_access(world.acme.location.as_str());
    hears(&world, "hello").await;
    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
    assert_eq!(world.ghl.refreshes(), 1);
}

/// Another would be refused as well. The token endpoint is left alone.
#[tokio::test]
async fn a_token_that_is_refused_like_the_one_before_it_is_not_renewed_over_and_over() {
    let world = connected().await;
    let id = crm(&world, &world.acme.tenant).await.unwrap().id;
    let refused = async || {
        let issued_at = world.scope().tokens(&id).await.unwrap().unwrap().body.state.issued_at;
        let need = Need::Another { than: issued_at };
        let renewal = &world.functions.token_refresher.renewal;
        renewal.renew(&world.acme.tenant, &id, need, world.now()).await.unwrap();
        world.advance(10);
    };
    for _ in 0..5 {
        refused().await;
    }
    assert_eq!(world.ghl.refreshes(), 1);
    world.advance(300);
    refused().await;
    assert_eq!(world.ghl.refreshes(), 2, "it may be another matter by now");
    world.settle().await;
}

/// With each call to the table failing in turn, before it has its effect and after it.
#[tokio::test]
async fn a_renewal_survives_the_table_failing_at_every_call() {
    for when in [When::Before, When::After] {
        for call in 0.. {
            let world = connected().await;
            world.advance(DAY * 5 / 6);
            let gate = world.dynamo.gate();
            gate.fail(AwsFault { skip: call, times: 1, when, ..AwsFault::default() });
            let before = gate.meter().total().calls;
            let _ = token_refresher::handle(&world.functions.token_refresher, world.now()).await;
            let calls = gate.meter().total().calls - before;
            gate.heal();
            world.settle().await;
            world.advance(300);
            refresh(&world).await;
            world.settle().await;
            assert_eq!(stage(&world).await, Stage::Good, "{when:?} {call}");
            hears(&world, "hello").await;
            assert_eq!(world.heard_in_ghl(ANNA), ["hello"], "{when:?} {call}");
            if u64::from(call) >= calls {
                break;
            }
        }
    }
}

/// GoHighLevel has made a new pair and nobody has it. The same refresh token gives it for half a
/// minute more, and somebody asks within it.
#[tokio::test]
async fn a_pair_whose_answer_is_lost_is_had_again_within_half_a_minute() {
    let world = connected().await;
    world.advance(DAY * 5 / 6);
    world.ghl.faults().add(answer_lost("oauth_token", 2));
    assert_eq!(refresh(&world).await.later, 1);
    world.settle().await;
    assert_eq!(stage(&world).await, Stage::Good);
    assert_eq!(world.ghl.refreshes(), 3);
}

/// Whoever asked died and nobody came in time. While the app is installed there is a back door.
#[tokio::test]
async fn a_pair_that_is_lost_for_longer_is_asked_for_by_the_back_door() {
    let world = connected().await;
    world.advance(DAY * 5 / 6);
    world.ghl.faults().add(answer_lost("oauth_token", 1));
    assert_eq!(refresh(&world).await.later, 1);
    world.lose_jobs("Crm").await;
    world.advance(300);
    assert_eq!(refresh(&world).await.renewed, 1);
    assert_eq!(stage(&world).await, Stage::Good);
    world.settle().await;
}

/// Nothing but a new consent helps. The work waits, and goes on by itself once there is one.
#[tokio::test]
async fn a_pair_that_is_lost_for_good_stops_the_location_until_somebody_connects_it_again() {
    let world = connected().await;
    world.ghl.set_app(|app| app.reconnects = false);
    world.ghl.lose_tokens(world.acme.location.as_str());
    world.advance(DAY * 5 / 6);
    assert_eq!(refresh(&world).await.lost, 1);
    world.advance(61);
    let broken = crm(&world, &world.acme.tenant).await.unwrap();
    assert_eq!(broken.status, Status::Error);
    assert!(broken.tested.unwrap().fault.unwrap().why.contains("Connect the location again"));
    hears(&world, "are you there?").await;
    assert!(world.heard_in_ghl(ANNA).is_empty());
    assert_eq!(world.store.count_parked(&world.acme.tenant).await.unwrap(), 1);

    connect(&world).await;
    world.settle().await;
    assert_eq!(world.heard_in_ghl(ANNA), ["are you there?"]);
    assert_eq!(crm(&world, &world.acme.tenant).await.unwrap().status, Status::Active);
}

/// However many texts wait, each asks once, and nobody asks before it may have become another matter.
#[tokio::test]
async fn a_location_that_refuses_every_token_is_left_alone_and_goes_on_by_itself() {
    let world = connected().await;
    world.advance(600);
    let every_call = format!("*@{}", world.acme.location);
    let body = Some(json!({ "statusCode": 401, "message": "The access token is invalid." }));
    let fault = Fault::Status { status: 401, body, retry_after: None };
    world.ghl.faults().add(Planned { on: every_call, times: 1_000, fault });
    let to = world.acme.numbers.texting.clone();
    for (from, text) in [(ANNA, "one"), (BEN, "two")] {
        world.texting.receives_text(from, to.as_str(), text, &[]).await;
    }
    let calls = world.ghl.calls().len();
    world.work_until(world.now() + SignedDuration::from_mins(4)).await;
    assert_eq!(world.ghl.refreshes(), 1);
    let calls = world.ghl.calls().len() - calls;
    assert!(
        calls <= 5,
        "{calls} calls: each text before the renewal and after it, and the renewal"
    );

    world.ghl.faults().clear();
    world.settle().await;
    assert_eq!(world.heard_in_ghl(ANNA), ["one"]);
    assert_eq!(world.heard_in_ghl(BEN), ["two"]);
}

/// An ordinary call tells that the location is not active. Its work waits, and nobody calls for it.
#[tokio::test]
async fn a_location_that_is_paused_while_its_token_is_good_is_found_out_by_a_call() {
    let world = connected().await;
    world.advance(600);
    world.ghl.set_paused(world.acme.location.as_str(), true);
    let to = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, to.as_str(), "are you open?", &[]).await;
    world.work_until(world.now() + SignedDuration::from_mins(3)).await;
    assert!(matches!(stage(&world).await, Stage::Suspended { .. }));
    assert_eq!(crm(&world, &world.acme.tenant).await.unwrap().status, Status::Error);
    let calls = world.ghl.calls().len();
    world.work_until(world.now() + SignedDuration::from_hours(20)).await;
    assert_eq!(world.ghl.calls().len(), calls);

    world.ghl.set_paused(world.acme.location.as_str(), false);
    world.advance(5 * 3_600);
    assert_eq!(refresh(&world).await.renewed, 1);
    world.settle().await;
    world.advance(200);
    world.settle().await;
    assert_eq!(world.heard_in_ghl(ANNA), ["are you open?"]);
}

/// The agency may not open it any more, in words that nobody wrote down. It is asked until the last
/// token has come to its end, and then somebody has to connect it again.
#[tokio::test]
async fn a_location_that_its_agency_may_not_open_any_more_is_lost_in_the_end() {
    let world = by_its_agency().await;
    let body = Some(json!({ "statusCode": 403, "message": "Not for this agency." }));
    let fault = Fault::Status { status: 403, body, retry_after: None };
    world.ghl.faults().add(Planned { on: "location_token".to_owned(), times: 1_000, fault });
    world.advance(DAY * 5 / 6);
    refresh(&world).await;
    assert!(matches!(stage(&world).await, Stage::Refreshing { .. }), "it is good for hours yet");
    world.advance(DAY / 6 + 1);
    assert_eq!(refresh(&world).await.lost, 1);
    world.advance(61);
    assert_eq!(crm(&world, &world.acme.tenant).await.unwrap().status, Status::Error);
    let calls = world.ghl.calls().len();
    world.advance(DAY / 2);
    assert_eq!(refresh(&world).await.lost, 0);
    assert_eq!(world.ghl.calls().len(), calls, "nobody asks any more");
    world.settle().await;
}

/// The location waits for its agency, and goes on with it.
#[tokio::test]
async fn an_agency_that_is_paused_or_whose_token_is_refused_takes_nothing_from_its_locations() {
    let world = by_its_agency().await;
    let company = world.store.install(&world.acme.location).await.unwrap().unwrap().body.install;
    let company = company.company.unwrap().to_string();
    world.ghl.expire_access(&company);
    world.advance(600);
    world.ghl.expire_access(world.acme.location.as_str());
    hears(&world, "hello").await;
    assert_eq!(
        world.heard_in_ghl(ANNA),
        ["hello"],
        "the agency's is renewed before the location's"
    );

    world.ghl.set_paused(&company, true);
    world.advance(DAY);
    refresh(&world).await;
    world.settle().await;
    assert!(matches!(stage(&world).await, Stage::Suspended { .. }), "{:?}", stage(&world).await);
    world.ghl.set_paused(&company, false);
    world.advance(DAY + 60);
    refresh(&world).await;
    world.settle().await;
    world.advance(61);
    hears(&world, "again").await;
    assert_eq!(world.heard_in_ghl(ANNA), ["hello", "again"]);
}

/// The refresh token is good again once the location is active. It is asked for once a day.
#[tokio::test]
async fn a_paused_location_is_asked_for_once_a_day() {
    let world = connected().await;
    world.ghl.set_paused(world.acme.location.as_str(), true);
    world.advance(DAY * 5 / 6);
    refresh(&world).await;
    world.advance(61);
    assert_eq!(crm(&world, &world.acme.tenant).await.unwrap().status, Status::Error);
    hears(&world, "are you open?").await;
    for _ in 0..10 {
        world.advance(3_600);
        refresh(&world).await;
    }
    assert_eq!(world.ghl.refreshes(), 1);

    world.ghl.set_paused(world.acme.location.as_str(), false);
    world.advance(14 * 3_600);
    assert_eq!(refresh(&world).await.renewed, 1);
    world.settle().await;
    world.advance(200);
    world.settle().await;
    assert_eq!(world.heard_in_ghl(ANNA), ["are you open?"]);
}

/// Whoever tries it says that the location is active again. Nobody waits until tomorrow.
#[tokio::test]
async fn a_test_wakes_a_location_that_was_paused() {
    let world = connected().await;
    world.ghl.set_paused(world.acme.location.as_str(), true);
    world.advance(DAY * 5 / 6);
    refresh(&world).await;
    world.advance(61);
    hears(&world, "are you open?").await;
    let admin = Key::of(&world, "acme", "admin").await;
    let try_it = async || {
        let path = "/v1/integrations/acme-ghl/test";
        let tried = admin.post(path, &json!({})).await.expect(200);
        world.settle().await;
        tried
    };
    let still = try_it().await;
    assert!(still.to_string().contains("asked again now"), "{still}");
    assert!(matches!(stage(&world).await, Stage::Suspended { .. }));
    assert_eq!(world.ghl.refreshes(), 2, "each try asks once");

    world.ghl.set_paused(world.acme.location.as_str(), false);
    world.advance(10);
    try_it().await;
    assert_eq!(stage(&world).await, Stage::Good);
    assert_eq!(crm(&world, &world.acme.tenant).await.unwrap().status, Status::Active);
    world.advance(200);
    world.settle().await;
    assert_eq!(world.heard_in_ghl(ANNA), ["are you open?"]);
}

/// What the token endpoint says that nobody understands takes no token away.
#[tokio::test]
async fn an_endpoint_that_is_down_takes_nothing_away() {
    let world = connected().await;
    world.ghl.faults().add(unavailable("oauth_token", 5));
    world.advance(DAY * 5 / 6);
    refresh(&world).await;
    hears(&world, "hello").await;
    assert_eq!(world.heard_in_ghl(ANNA), ["hello"], "the old one is good still");
    assert_eq!(stage(&world).await, Stage::Good);
}

/// A location of an agency's has no refresh token of its own.
async fn by_its_agency() -> World {
    let world = World::new().await;
    let locations = vec![world.acme.location.to_string()];
    let code = world.ghl.consent(Consent::Agency { locations, future: false });
    let link = link(&world, &world.acme.tenant).await;
    come_back(&world, &code, Some(&link)).await;
    world.settle().await;
    world.advance(61);
    world
}

#[tokio::test]
async fn a_location_by_way_of_its_agency_is_renewed_by_it() {
    let world = by_its_agency().await;
    world.advance(DAY * 5 / 6);
    assert_eq!(refresh(&world).await.renewed, 2, "the agency's and the location's");
    world.settle().await;
    world.advance(DAY / 2);
    hears(&world, "hello").await;
    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
}

#[tokio::test]
async fn what_has_no_tokens_is_left_alone() {
    let world = World::new().await;
    let nobody = TenantId::parse("nobody").unwrap();
    let job = MindToken::due(&nobody, &world.acme.texting);
    let renewal = &world.functions.token_refresher.renewal;
    let renewed = renewal.renew(&job.tenant, &job.holder, Need::Later, world.now()).await;
    assert_eq!(renewed.unwrap(), app::Renewed::NotNeeded);
}
