//! The same with real calls: GoHighLevel counts them, and fails when it is told to.

use std::{cmp::Reverse, collections::BinaryHeap};

use app::{Crm, CrmError};
use domain::allowance::Lane;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use local::sims::fault::{Fault, Planned};

use crate::world::{ANNA, NOON, World};

/// Work of a campaign, by when it is due.
type Waiting = BinaryHeap<Reverse<(Timestamp, usize)>>;

const CAMPAIGN: usize = 5_000;
const CONSUMERS: usize = 8;

/// Calls GoHighLevel for acme. If the call has to wait, until when.
async fn call(world: &World, crm: &Crm, lane: Lane) -> Result<(), Timestamp> {
    let (now, connections) = (world.now(), &world.functions.report_consumer.connections);
    let phone = ANNA.parse().unwrap();
    let work = async |session: &ghl::Session| -> Result<(), CrmError> {
        Ok(crm.client.upsert_contact(session, &phone).await.map(drop)?)
    };
    let done = crm.speaking(connections, (&world.acme.tenant, lane), now, work).await;
    done.map_err(|error| error.held_until(now).unwrap_or_else(|| panic!("{error:?}")))
}

/// What is due now, shared out among all consumers, and done by them at once.
async fn work(world: &World, consumers: &[Crm], waiting: &mut Waiting) {
    let now = world.now();
    let mut shares = vec![Vec::new(); CONSUMERS];
    while waiting.peek().is_some_and(|Reverse((due, _))| *due <= now) {
        let Some(Reverse((_, which))) = waiting.pop() else { break };
        shares[which % CONSUMERS].push(which);
    }
    let turns = consumers.iter().zip(shares).map(async |(crm, share)| {
        let mut held = Vec::new();
        for which in share {
            if let Err(until) = call(world, crm, Lane::Campaign).await {
                held.push(Reverse((until, which)));
            }
        }
        held
    });
    for held in join_all(turns).await {
        waiting.extend(held);
    }
}

#[tokio::test]
async fn ghl_never_sees_more_than_a_hundred_calls_in_ten_seconds_and_replies_go_first() {
    let world = World::new().await;
    let mut consumers = Vec::new();
    for _ in 0..CONSUMERS {
        consumers.push(world.another_crm().await);
    }
    let mut waiting: Waiting = (0..CAMPAIGN).map(|it| Reverse((NOON, it))).collect();
    let (mut replies, mut next_reply) = (0, NOON);
    while let Some(Reverse((due, _))) = waiting.peek() {
        world.move_to((*due).max(world.now()));
        work(&world, &consumers, &mut waiting).await;
        if world.now() >= next_reply {
            let crm = &consumers[replies % CONSUMERS];
            let at_once = call(&world, crm, Lane::Reply).await;
            assert!(at_once.is_ok(), "reply {replies} waits behind {} calls", waiting.len());
            replies += 1;
            next_reply = world.now() + SignedDuration::from_secs(30);
        }
    }

    let location = world.acme.location.as_str();
    let most = world.ghl.most_calls_in_ten_seconds(location);
    assert!(most <= 100, "{most} in ten seconds");
    let answered =
        world.ghl.calls().iter().filter(|it| it.status.is_some_and(|it| it < 300)).count();
    assert_eq!(answered, CAMPAIGN + replies, "none was refused, none was made twice");
    let took = world.now().duration_since(NOON).as_secs();
    assert!(replies > 20 && took < 25 * 60, "{replies} replies in {took} s");
}

/// The calls that acme made since then.
fn calls_since(world: &World, since: Timestamp) -> usize {
    let calls = world.ghl.calls().into_iter();
    let location = world.acme.location.as_str();
    calls.filter(|it| it.at >= since && it.location.as_deref() == Some(location)).count()
}

#[tokio::test]
async fn during_an_outage_a_handful_of_calls_leave_and_then_everything_does_in_order() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    let on = format!("*@{}", world.acme.location);
    let fault = Fault::Status { status: 503, body: None, retry_after: None };
    world.ghl.faults().add(Planned { on, times: u32::MAX, fault });

    let people: Vec<_> = (0..6).map(|it| format!("+1212555010{it}")).collect();
    let texts = ["one", "two"];
    for text in texts {
        for phone in &people {
            let number = world.acme.numbers.texting.as_str();
            world.texting.receives_text(phone, number, text, &[]).await;
        }
    }
    let minute = NOON + SignedDuration::from_mins(1);
    world.work_until(minute).await;
    let first = calls_since(&world, NOON);
    assert!((10..=12).contains(&first), "{first} before GoHighLevel is left alone");
    world.work_until(minute + SignedDuration::from_mins(10)).await;
    let probes = calls_since(&world, minute);
    assert!((1..=4).contains(&probes), "{probes} in ten minutes");

    let webhook = |id| format!("{}/webhooks/texting/{id}", world.origin);
    world.texting.set_webhook_url(webhook(&zenith.texting));
    let other = zenith.numbers.texting.as_str();
    world.texting.receives_text(&people[0], other, "hello", &[]).await;
    world.drain().await;
    let theirs = world.ghl.messages(zenith.location.as_str(), &people[0]);
    assert_eq!(theirs.len(), 1, "another tenant is untouched");

    world.ghl.faults().clear();
    world.settle().await;
    for phone in &people {
        assert_eq!(world.heard_in_ghl(phone), texts, "in the order in which they were written");
    }
}
