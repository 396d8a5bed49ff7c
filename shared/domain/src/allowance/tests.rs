//! Many who call, whose clocks disagree and whose calls are late.

use proptest::prelude::*;
use strum::IntoEnumIterator;

use super::*;

const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);
const LIMITS: Limits =
    Limits { per_interval: 100, interval: SignedDuration::from_secs(10), per_day: 200_000 };

fn limits(per_interval: u32) -> Limits {
    Limits { per_interval, ..LIMITS }
}

fn after(millis: i64) -> Timestamp {
    NOON + SignedDuration::from_millis(millis)
}

/// Takes until there is no more.
fn drained(mut allowance: Allowance, lane: Lane, now: Timestamp) -> (Allowance, u32, Full) {
    let mut calls = 0;
    loop {
        match allowance.take(LIMITS, (lane, 5), now) {
            Ok((next, lease)) => (allowance, calls) = (next, calls + lease.calls),
            Err(full) => return (allowance, calls, full),
        }
    }
}

/// Somebody who calls: how far its clock is off, and what it holds.
#[derive(Clone, Debug)]
struct Holder {
    skew: i64,
    lease: Option<(Lease, u32, Timestamp)>,
}

/// Who calls, how long after whatever happened before, for what, and how long the call travels.
#[derive(Clone, Debug)]
struct Turn {
    holder: usize,
    wait: i64,
    lane: Lane,
    want: u32,
    transit: i64,
    gives_back: bool,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let wait = prop_oneof![20 => 0_i64..50, 3 => 0_i64..2_000, 1 => 0_i64..40_000];
    let lane = prop::sample::select(Lane::iter().collect::<Vec<_>>());
    let transit = prop_oneof![Just(0_i64), Just(TRANSIT_MS), 0..=TRANSIT_MS];
    let turn = (0..8_usize, wait, lane, 0..30_u32, transit, any::<bool>());
    let turn = turn.prop_map(|(holder, wait, lane, want, transit, gives_back)| Turn {
        holder,
        wait,
        lane,
        want,
        transit,
        gives_back,
    });
    prop::collection::vec(turn, 1..600)
}

const TRANSIT_MS: i64 = 2_000;
const SKEW_MS: i64 = 500;

/// When the calls arrive at the provider, in milliseconds, and how many were held back.
fn arrivals(set_up: Limits, skews: &[i64], turns: &[Turn]) -> (Vec<i64>, usize) {
    let mut allowance = Allowance::default();
    let mut holders: Vec<_> =
        skews.iter().map(|skew| Holder { skew: *skew, lease: None }).collect();
    let (mut time, mut arrivals, mut held_back) = (0, Vec::new(), 0);
    for turn in turns {
        time += turn.wait;
        let holder = &mut holders[turn.holder % skews.len()];
        let now = after(time + holder.skew);
        let usable = holder.lease.filter(|(lease, used, _)| {
            lease.is_open(now) && *used < lease.calls && turn.lane <= lease.lane
        });
        let (lease, used) = if let Some((lease, used, _)) = usable {
            (lease, used)
        } else {
            if let Some((lease, used, last)) = holder.lease.take().filter(|_| turn.gives_back) {
                allowance = allowance.settle(set_up, &lease.settled(used, last));
            }
            match allowance.take(set_up, (turn.lane, turn.want), now) {
                Ok((next, lease)) => {
                    allowance = next;
                    (lease, 0)
                }
                Err(full) => {
                    assert!(full.until > now, "waiting is not in vain");
                    held_back += 1;
                    continue;
                }
            }
        };
        holder.lease = Some((lease, used + 1, now));
        arrivals.push(time + turn.transit);
    }
    arrivals.sort_unstable();
    (arrivals, held_back)
}

/// The most of them within any window of this length.
fn most_within(arrivals: &[i64], length: i64) -> usize {
    let busiest = arrivals.iter().enumerate().map(|(first, from)| {
        arrivals[first..].iter().take_while(|at| **at < from + length).count()
    });
    busiest.max().unwrap_or_default()
}

proptest! {
    /// The proof at the top, tried.
    #[test]
    fn no_window_holds_more_than_the_limit(
        per_interval in 1_u32..60,
        skews in prop::collection::vec(-SKEW_MS..=SKEW_MS, 1..8),
        turns in turns(),
    ) {
        let (arrivals, _) = arrivals(limits(per_interval), &skews, &turns);
        let most = most_within(&arrivals, 10_000);
        prop_assert!(most <= per_interval as usize, "{most} of {per_interval}");
    }

    #[test]
    fn no_day_holds_more_than_its_limit(
        per_day in 1_u32..40,
        skews in prop::collection::vec(-SKEW_MS..=SKEW_MS, 1..8),
        turns in turns(),
        hours in 1_i64..40,
    ) {
        let set_up = Limits { per_day, ..LIMITS };
        let mut turns = turns;
        for turn in turns.iter_mut().step_by(9) {
            turn.wait += hours * 3_600_000 / 4;
        }
        let (arrivals, _) = arrivals(set_up, &skews, &turns);
        prop_assert!(most_within(&arrivals, 24 * 3_600_000) <= per_day as usize);
    }

    #[test]
    fn what_is_heard_only_takes_away_within_an_interval(
        left in prop::option::of(0_u32..120),
        per_interval in prop::option::of(0_u32..200),
        calls in 0_u32..9,
        wait in 0_i64..9_000,
    ) {
        let mut allowance = Allowance::default();
        for _ in 0..calls {
            allowance = allowance.take(LIMITS, (Lane::Reply, 5), NOON).unwrap().0;
        }
        let told = Told { per_interval, left, ..Told::default() };
        let more = Told { left: Some(500), per_interval: Some(500), ..Told::default() };
        let heard = allowance.hear(LIMITS, &told, NOON);
        let heard_more = heard.hear(LIMITS, &more, after(wait));

        prop_assert!(drained(heard.clone(), Lane::Reply, NOON).1 <= 100 - 5 * calls);
        let (then, later) = (after(wait), drained(heard_more, Lane::Reply, after(wait)).1);
        prop_assert!(later <= drained(heard, Lane::Reply, then).1);
    }

    /// Nothing is free before, and something is then, if nobody else takes it.
    #[test]
    fn a_wait_is_exactly_long_enough(turns in turns()) {
        let mut allowance = Allowance::default();
        let mut time = 0;
        for turn in turns {
            time += turn.wait;
            let now = after(time);
            match allowance.take(limits(20), (turn.lane, turn.want), now) {
                Ok((next, _)) => allowance = next,
                Err(full) => {
                    let early = full.until - SignedDuration::from_millis(1);
                    let ask = |at| allowance.take(limits(20), (turn.lane, 1), at);
                    prop_assert!(early < now || ask(early).is_err());
                    prop_assert!(ask(full.until).is_ok());
                }
            }
        }
    }
}

#[test]
fn slack_is_what_the_proof_needs() {
    assert_eq!(SLACK, SKEW * 2 + TRANSIT);
    assert_eq!((SKEW.as_millis(), TRANSIT.as_millis()), (SKEW_MS.into(), TRANSIT_MS.into()));
}

#[test]
fn a_reply_finds_room_however_much_else_there_is() {
    let (allowance, campaign, full) = drained(Allowance::default(), Lane::Campaign, NOON);
    assert_eq!(campaign, 80);
    assert!(!full.today && full.until > NOON);
    assert!(allowance.take(LIMITS, (Lane::Backfill, 5), NOON).is_err());

    let (allowance, statuses, _) = drained(allowance, Lane::Status, NOON);
    assert_eq!(statuses, 10);
    let (_, replies, _) = drained(allowance, Lane::Reply, NOON);
    assert_eq!(replies, 10);
}

#[test]
fn who_waits_comes_one_after_the_other() {
    let (mut allowance, _, full) = drained(Allowance::default(), Lane::Campaign, NOON);
    let mut times = Vec::new();
    for _ in 0..5_000 / 16 {
        let (next, mut places) = allowance.line_up(LIMITS, Lane::Campaign, full, NOON);
        allowance = next;
        times.extend(std::iter::from_fn(|| places.take(NOON)));
    }
    let step = step(LIMITS, Lane::Campaign);

    assert_eq!(times.len(), 4_992);
    assert_eq!(times[0], full.until);
    // What is stored is in milliseconds.
    let least = step - SignedDuration::from_millis(1);
    assert!(times.windows(2).all(|pair| pair[1].duration_since(pair[0]) >= least));
    assert!(times[4_991] < NOON + LONGEST_LINE);
    let (_, mut replies) = allowance.line_up(LIMITS, Lane::Reply, full, NOON);
    assert_eq!(replies.take(NOON), Some(full.until), "they have a line of their own");
}

#[test]
fn a_line_has_an_end() {
    let full = Full { until: after(10_000), today: false };
    let mut allowance = Allowance::default();
    for _ in 0..1_000 {
        let (next, mut places) = allowance.line_up(LIMITS, Lane::Backfill, full, NOON);
        let last = std::iter::from_fn(|| places.take(NOON)).last().unwrap();
        assert!(last <= full.until + LONGEST_LINE + SignedDuration::from_secs(5));
        allowance = next;
    }
}

#[test]
fn every_lane_has_a_call_of_a_small_allowance() {
    for of in 1..30 {
        let shares: Vec<_> = Lane::iter().map(|it| it.share(of)).collect();
        assert!(shares.is_sorted_by(|one, next| one >= next), "{shares:?}");
        assert!(shares[0] == of && *shares.last().unwrap() >= 1, "{shares:?}");
    }
}

#[test]
fn who_calls_without_pause_makes_a_hundred_calls_in_thirteen_seconds() {
    let turn =
        Turn { holder: 0, wait: 20, lane: Lane::Reply, want: 5, transit: 0, gives_back: true };
    let minutes = 10;
    let turns = vec![turn; minutes * 60 * 50];
    let (arrivals, _) = arrivals(LIMITS, &[0], &turns);
    let possible = minutes * 60 * 100 / 13;
    assert!(arrivals.len() > possible * 9 / 10, "{} of {possible}", arrivals.len());
}

#[test]
fn a_sandbox_has_less_from_the_first_answer_on() {
    let told = Told {
        per_interval: Some(25),
        interval: Some(SignedDuration::from_secs(10)),
        left: Some(24),
        per_day: Some(10_000),
        ..Told::default()
    };
    let allowance = Allowance::default().hear(LIMITS, &told, NOON);
    let sandbox = Limits { per_interval: 25, per_day: 10_000, ..LIMITS };
    assert_eq!(allowance.limits(LIMITS), sandbox);
    assert!(told.differs_from(LIMITS, LIMITS) && !told.differs_from(sandbox, LIMITS));

    let usual = Told { per_interval: Some(100), per_day: Some(200_000), ..told };
    let soon = allowance.hear(LIMITS, &usual, after(9_000));
    assert_eq!(soon.limits(LIMITS), sandbox, "an answer may have overtaken another");
    let later = allowance.hear(LIMITS, &usual, after(13_000));
    assert_eq!(later.limits(LIMITS), LIMITS);
    let generous = Told { per_interval: Some(1_000), ..usual };
    assert_eq!(allowance.hear(LIMITS, &generous, after(13_000)).limits(LIMITS), LIMITS);
}

#[test]
fn what_others_use_is_missing() {
    let told = Told { per_interval: Some(100), left: Some(7), ..Told::default() };
    assert!(told.is_scarce());
    let allowance = Allowance::default().hear(LIMITS, &told, NOON);

    assert_eq!(drained(allowance.clone(), Lane::Reply, NOON).1, 7);
    assert_eq!(drained(allowance, Lane::Reply, after(10_000)).1, 100);
}

#[test]
fn a_provider_that_wants_to_be_left_alone_is() {
    let wait = SignedDuration::from_secs(10);
    let (busy, ..) = drained(Allowance::default(), Lane::Campaign, NOON);
    let told = Told { leave_alone: Some(wait), ..Told::default() };
    let allowance = busy.hear(LIMITS, &told, after(9_000));

    for at in [9_000, 18_999] {
        assert!(allowance.take(LIMITS, (Lane::Reply, 1), after(at)).is_err(), "{at}");
    }
    assert!(allowance.take(LIMITS, (Lane::Reply, 1), after(19_000)).is_ok());
}

#[test]
fn a_spent_day_is_waited_out() {
    let reset = SignedDuration::from_hours(3);
    let told = Told { left_today: Some(0), day_ends_in: Some(reset), ..Told::default() };
    let full = Allowance::default().hear(LIMITS, &told, NOON);
    let full = full.take(LIMITS, (Lane::Reply, 1), NOON).unwrap_err();
    assert_eq!(full, Full { until: NOON + reset, today: true });
}

/// The stored form is a contract with yesterday's items, and is paid for by its size.
#[test]
fn the_stored_form_is_stable() {
    let (allowance, _) = Allowance::default().take(LIMITS, (Lane::Reply, 5), NOON).unwrap();
    let told = Told { per_interval: Some(25), left: Some(10), ..Told::default() };
    let allowance = allowance.hear(LIMITS, &told, NOON);
    assert_eq!(
        serde_json::to_value(&allowance).unwrap(),
        serde_json::json!({
            "burst": { "ours": [[1_767_268_830_000_i64, 5]], "others": [1_767_268_810_000_i64, 10] },
            "day": { "ours": [[1_767_272_400_000_i64, 5]] },
            "heard": {
                "per_interval": 25,
                "interval_ms": 0,
                "per_day": 4_294_967_295_u32,
                "since": "2026-01-01T12:00:00Z",
            },
        })
    );
}
