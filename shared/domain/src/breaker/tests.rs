use proptest::prelude::*;

use super::*;

const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

fn after_noon(seconds: i64) -> Timestamp {
    NOON + SignedDuration::from_secs(seconds)
}

/// So many calls, of which so many failed, in one second.
fn calls(all: u32, failed: u32, now: Timestamp) -> Window {
    (0..all).fold(Window::default(), |window, call| {
        let outcome = if call < failed { Outcome::Failure } else { Outcome::Success };
        window.and(outcome, now)
    })
}

fn heard(breaker: &Breaker, all: u32, failed: u32, now: Timestamp) -> Breaker {
    breaker.step(Event::Called(&calls(all, failed, now)), now).0
}

fn open() -> Breaker {
    heard(&Breaker::default(), 10, 10, NOON)
}

#[test]
fn it_opens_at_half_of_ten_calls() {
    for (all, failed, opens) in
        [(9, 9, false), (10, 4, false), (10, 5, true), (100, 49, false), (100, 50, true)]
    {
        let breaker = heard(&Breaker::default(), all, failed, NOON);
        assert_eq!(!breaker.is_closed(), opens, "{failed} of {all}");
    }
}

#[test]
fn what_failed_ten_seconds_ago_is_forgotten() {
    let breaker = heard(&Breaker::default(), 9, 9, NOON);
    assert!(!heard(&breaker, 1, 1, after_noon(9)).is_closed());
    assert!(heard(&breaker, 1, 1, after_noon(10)).is_closed());
}

#[test]
fn one_probe_leaves_after_thirty_seconds() {
    let open = open();
    let (same, verdict) = open.step(Event::Asked, after_noon(29));
    assert_eq!((&same, verdict), (&open, Verdict::Wait(after_noon(30))));

    let (probing, verdict) = open.step(Event::Asked, after_noon(30));
    assert_eq!(verdict, Verdict::Probe(1));
    let (same, verdict) = probing.step(Event::Asked, after_noon(31));
    assert_eq!((&same, verdict), (&probing, Verdict::Wait(after_noon(45))));

    let (closed, _) = probing.step(Event::Probed(1, Outcome::Success), after_noon(32));
    assert_eq!(closed.step(Event::Asked, after_noon(32)).1, Verdict::Call);
}

#[test]
fn waits_double_up_to_five_minutes() {
    let mut breaker = open();
    let mut now = NOON;
    for wait in [30, 60, 120, 240, 300, 300] {
        let Verdict::Wait(until) = breaker.step(Event::Asked, now).1 else { panic!("{wait}") };
        assert_eq!(until, now + SignedDuration::from_secs(wait));
        now = until;
        let (probing, Verdict::Probe(probe)) = breaker.step(Event::Asked, now) else {
            panic!("{wait}")
        };
        breaker = probing.step(Event::Probed(probe, Outcome::Failure), now).0;
    }
}

#[test]
fn a_probe_that_was_not_made_is_made_by_the_next() {
    let (probing, _) = open().step(Event::Asked, after_noon(30));
    let (back, _) = probing.step(Event::Probed(1, Outcome::Ignored), after_noon(31));
    assert_eq!(back.step(Event::Asked, after_noon(31)).1, Verdict::Probe(2));
}

#[test]
fn a_late_probe_says_nothing() {
    let (first, _) = open().step(Event::Asked, after_noon(30));
    let (second, verdict) = first.step(Event::Asked, after_noon(45));
    assert_eq!(verdict, Verdict::Probe(2));
    for outcome in [Outcome::Success, Outcome::Failure, Outcome::Ignored] {
        assert_eq!(second.step(Event::Probed(1, outcome), after_noon(46)).0, second);
    }
}

/// The stored form is a contract with yesterday's items.
#[test]
fn the_stored_form_is_stable() {
    let stored = |it: &Breaker| serde_json::to_string(it).unwrap();
    let closed = heard(&Breaker::default(), 3, 1, NOON);
    assert_eq!(stored(&closed), r#"{"state":"closed","window":[[1767268800,3,1]],"probes":0}"#);
    let (probing, _) = open().step(Event::Asked, after_noon(30));
    assert_eq!(
        stored(&probing),
        r#"{"state":"half_open","until":"2026-01-01T12:00:45Z","times":1,"probes":1}"#
    );
    let read: Breaker = serde_json::from_str(&stored(&probing)).unwrap();
    assert_eq!(read, probing);
}

#[derive(Clone, Debug)]
enum Act {
    Ask,
    Call(u32, u32),
    /// Of the probes so far, counted back from the last.
    Probed(u64, Outcome),
}

fn acts() -> impl Strategy<Value = Vec<(i64, Act)>> {
    let outcome = prop::sample::select(vec![Outcome::Success, Outcome::Failure, Outcome::Ignored]);
    let act = prop_oneof![
        4 => Just(Act::Ask),
        2 => (0_u32..30, 0_u32..30).prop_map(|(all, failed)| Act::Call(all, failed.min(all))),
        1 => (0_u64..3, outcome).prop_map(|(back, outcome)| Act::Probed(back, outcome)),
    ];
    prop::collection::vec((0_i64..25, act), 1..200)
}

proptest! {
    /// Nobody is let through between opening and closing but one probe at a time, each under a
    /// number of its own.
    #[test]
    fn while_it_is_not_closed_only_probes_leave(acts in acts()) {
        let (mut breaker, mut now, mut last) = (Breaker::default(), NOON, 0_u64);
        for (wait, act) in acts {
            now += SignedDuration::from_secs(wait);
            let (next, verdict) = match &act {
                Act::Ask => breaker.step(Event::Asked, now),
                Act::Call(all, failed) => {
                    breaker.step(Event::Called(&calls(*all, *failed, now)), now)
                }
                Act::Probed(back, outcome) => {
                    breaker.step(Event::Probed(last.saturating_sub(*back), *outcome), now)
                }
            };
            if let Act::Ask = act {
                match verdict {
                    Verdict::Call => prop_assert!(breaker.is_closed()),
                    Verdict::Probe(probe) => {
                        let due = match breaker.state() {
                            State::Open { until, .. } | State::HalfOpen { until, .. } => *until,
                            State::Closed { .. } => Timestamp::MAX,
                        };
                        prop_assert!(probe > last && due <= now);
                        last = probe;
                    }
                    Verdict::Wait(until) => prop_assert!(until > now && !breaker.is_closed()),
                }
            }
            breaker = next;
        }
    }

    /// However it came to be open, a probe gets out in the end, and closes it by succeeding.
    #[test]
    fn it_always_closes_when_the_provider_is_well(acts in acts()) {
        let (mut breaker, mut now) = (Breaker::default(), NOON);
        for (wait, act) in acts {
            now += SignedDuration::from_secs(wait);
            breaker = match act {
                Act::Ask => breaker.step(Event::Asked, now).0,
                Act::Call(all, failed) => heard(&breaker, all, failed, now),
                Act::Probed(..) => breaker,
            };
        }
        let longest = now + LONGEST_WAIT;
        let (next, verdict) = breaker.step(Event::Asked, longest);
        let closed = match verdict {
            Verdict::Call => next,
            Verdict::Probe(probe) => next.step(Event::Probed(probe, Outcome::Success), longest).0,
            Verdict::Wait(until) => panic!("{until} is more than five minutes after {now}"),
        };
        prop_assert!(closed.is_closed());
    }
}
