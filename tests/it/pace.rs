//! Many functions call GoHighLevel at once, and keep to what it allows and to what it can bear.

mod simulated;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap},
};

use app::pace::{GHL, Pace, Report, Wait, Why};
use domain::{
    allowance::{Lane, Limits, Told},
    breaker::Outcome,
    ids::TenantId,
    integration::Provider,
};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use local::emulator::gate::When;

use crate::world::{NOON, World};

const WELL: Report = Report {
    outcome: Outcome::Success,
    told: Told {
        per_interval: None,
        interval: None,
        left: None,
        per_day: None,
        left_today: None,
        day_ends_in: None,
        leave_alone: None,
    },
};
const DOWN: Report = Report { outcome: Outcome::Failure, ..WELL };

fn functions(world: &World, how_many: usize) -> Vec<Pace> {
    let limits = HashMap::from([(Provider::Ghl, GHL)]);
    (0..how_many).map(|_| Pace::new(world.store.clone(), limits.clone())).collect()
}

fn after(millis: i64) -> Timestamp {
    NOON + SignedDuration::from_millis(millis)
}

/// Calls if that may be, and says what came of it.
async fn call(
    pace: &Pace,
    tenant: &TenantId,
    lane: Lane,
    report: Report,
    now: Timestamp,
) -> Result<(), Wait> {
    let admitted = pace.admit(tenant, Provider::Ghl, lane, now).await?;
    pace.report(admitted, report, now).await;
    Ok(())
}

/// The most calls within any ten seconds.
fn busiest(calls: &[Timestamp]) -> usize {
    let window = |first: usize| {
        let end = calls[first] + GHL.interval;
        calls[first..].iter().take_while(|at| **at < end).count()
    };
    (0..calls.len()).map(window).max().unwrap_or_default()
}

#[tokio::test]
async fn many_functions_at_once_never_make_more_than_a_hundred_calls_in_ten_seconds() {
    let world = World::new().await;
    let acme = &world.acme.tenant;
    let functions = functions(&world, 8);
    // Each is off by up to half a second, and each tries more than it may.
    let skews = [-500, 500, 0, 250, -250, 499, -499, 100];
    let lanes = [Lane::Campaign, Lane::Backfill, Lane::Campaign, Lane::Campaign];
    let (mut calls, mut replies) = (Vec::new(), 0);
    for tick in 0..80_i64 {
        let time = tick * 500;
        let turns = functions.iter().zip(skews).enumerate().map(async |(which, (pace, skew))| {
            let mut made = 0;
            for lane in lanes {
                made += usize::from(call(pace, acme, lane, WELL, after(time + skew)).await.is_ok());
            }
            // Somebody writes once a second.
            let is_asked = tick % 2 == 0 && usize::try_from(tick / 2).unwrap() % 8 == which;
            let reply =
                is_asked && call(pace, acme, Lane::Reply, WELL, after(time + skew)).await.is_ok();
            (made + usize::from(reply), usize::from(reply))
        });
        for (made, reply) in join_all(turns).await {
            calls.extend((0..made).map(|_| after(time)));
            replies += reply;
        }
    }

    assert!(busiest(&calls) <= 100, "{} in ten seconds", busiest(&calls));
    assert!(calls.len() >= 200, "{} in forty seconds", calls.len());
    assert!(replies >= 38, "{replies} of 40 replies at once");
}

#[tokio::test]
async fn a_reply_overtakes_five_thousand_calls_of_a_campaign() {
    let world = World::new().await;
    let acme = &world.acme.tenant;
    let functions = functions(&world, 4);
    let mut waiting: BinaryHeap<_> = (0..5_000_usize).map(|it| Reverse((NOON, it))).collect();
    let (mut calls, mut replies, mut asked, mut next_reply) = (Vec::new(), 0, 0, NOON);
    while let Some(Reverse((due, which))) = waiting.pop() {
        asked += 1;
        if due >= next_reply {
            let answer = call(&functions[replies % 4], acme, Lane::Reply, WELL, due).await;
            assert!(answer.is_ok(), "reply {replies}: {answer:?}");
            calls.push(due);
            replies += 1;
            next_reply = due + SignedDuration::from_secs(7);
        }
        match call(&functions[which % 4], acme, Lane::Campaign, WELL, due).await {
            Ok(()) => calls.push(due),
            Err(wait) => waiting.push(Reverse((wait.until, which))),
        }
    }

    let took = calls.last().unwrap().duration_since(NOON).as_secs();
    assert_eq!(calls.len(), 5_000 + replies);
    assert!(busiest(&calls) <= 100, "{} in ten seconds", busiest(&calls));
    assert!(replies > 100 && took < 25 * 60, "{replies} replies in {took} s");
    assert!(asked < 3 * 5_000, "asked {asked} times");
}

#[tokio::test]
async fn during_an_outage_few_calls_leave_and_then_everything_does_in_order() {
    let world = World::new().await;
    let zenith = world.another_tenant().await.tenant;
    let acme = &world.acme.tenant;
    let functions = functions(&world, 3);
    let mends = NOON + SignedDuration::from_mins(10);
    let mut waiting: BinaryHeap<_> = (0..200_usize).map(|it| Reverse((NOON, it))).collect();
    let (mut first, mut probes, mut done) = (0, Vec::new(), Vec::new());
    while let Some(Reverse((due, which))) = waiting.pop() {
        let pace = &functions[which % 3];
        let Ok(admitted) =
            pace.admit(acme, Provider::Ghl, Lane::Status, due).await.map_err(|wait| {
                assert!(wait.until > due);
                waiting.push(Reverse((wait.until, which)));
            })
        else {
            continue;
        };
        if due >= mends {
            pace.report(admitted, WELL, due).await;
            done.push((due, which));
            continue;
        }
        pace.report(admitted, DOWN, due).await;
        waiting.push(Reverse((due + SignedDuration::from_secs(1), which)));
        if due < NOON + SignedDuration::from_secs(2) {
            first += 1;
        } else {
            probes.push(due);
        }
        call(pace, &zenith, Lane::Status, WELL, due).await.unwrap();
    }

    assert!((10..=20).contains(&first), "{first} before it opened");
    assert!(probes.len() <= 5, "{probes:?}");
    assert_eq!(done.len(), 200);
    let took = done.last().unwrap().0.duration_since(mends);
    assert!(took < SignedDuration::from_mins(10), "{took}");
    assert!(world.scope().breaker(Provider::Ghl).await.unwrap().unwrap().is_closed());
}

#[tokio::test]
async fn a_few_calls_cost_one_write() {
    let world = World::new().await;
    let acme = &world.acme.tenant;
    let pace = &functions(&world, 1)[0];
    let meter = world.dynamo.gate().meter();
    meter.reset();
    for second in 0..5 {
        call(pace, acme, Lane::Reply, WELL, after(second * 5_000)).await.unwrap();
    }

    let used: BTreeMap<_, _> =
        meter.read().into_iter().map(|(operation, usage)| (operation, usage.calls)).collect();
    assert_eq!(used.get("PutItem"), Some(&1), "{used:?}");
    assert_eq!(used.get("GetItem"), Some(&6), "{used:?}");
}

#[tokio::test]
async fn a_smaller_account_is_found_out_by_its_first_answer() {
    let world = World::new().await;
    let acme = &world.acme.tenant;
    let functions = functions(&world, 3);
    let told = Told { per_interval: Some(25), left: Some(24), ..WELL.told };
    call(&functions[0], acme, Lane::Reply, Report { told, ..WELL }, NOON).await.unwrap();

    let mut calls = 1;
    for pace in &functions {
        while call(pace, acme, Lane::Reply, WELL, after(1)).await.is_ok() {
            calls += 1;
        }
    }
    assert_eq!(calls, 25);
    let limits = world.scope().allowance(Provider::Ghl).await.unwrap().unwrap().limits(GHL);
    assert_eq!(limits, Limits { per_interval: 25, ..GHL });
}

#[tokio::test]
async fn without_the_table_what_is_leased_is_used_and_nothing_more() {
    let world = World::new().await;
    let acme = &world.acme.tenant;
    let pace = &functions(&world, 1)[0];
    call(pace, acme, Lane::Reply, WELL, NOON).await.unwrap();

    world.dynamo.gate().fail_next("GetItem", u32::MAX, When::Before);
    for made in 1..5 {
        call(pace, acme, Lane::Reply, WELL, after(made * 2_000)).await.unwrap();
    }
    let wait = call(pace, acme, Lane::Reply, WELL, after(10_000)).await.unwrap_err();
    assert_eq!(wait, Wait { until: after(12_000), why: Why::NoTable });

    world.dynamo.gate().heal();
    call(pace, acme, Lane::Reply, WELL, after(12_000)).await.unwrap();
}
