use domain::allowance::Allowance;

use super::*;
use crate::pace::GHL;

const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

fn after(millis: i64) -> Timestamp {
    NOON + SignedDuration::from_millis(millis)
}

fn lease(lane: Lane, now: Timestamp) -> Lease {
    Allowance::default().take(GHL, (lane, 5), now).unwrap().1
}

fn memory() -> Memory {
    Memory::new(Some(GHL))
}

#[test]
fn a_lease_is_good_for_its_calls_and_its_time() {
    let mut memory = memory();
    memory.hold(lease(Lane::Campaign, NOON), NOON);
    let made = (0..9).filter(|_| memory.call(Lane::Campaign, NOON)).count();
    assert_eq!(made, 4, "one was made at once");

    memory.hold(lease(Lane::Campaign, NOON), NOON);
    assert!(memory.call(Lane::Campaign, after(29_999)));
    assert!(!memory.call(Lane::Campaign, after(30_000)));
    assert_eq!(memory.settled().len(), 2);
    assert!(memory.settled().is_empty(), "each is given back once");
}

#[test]
fn a_campaign_does_not_call_on_what_was_kept_for_replies() {
    let mut memory = memory();
    memory.hold(lease(Lane::Reply, NOON), NOON);
    assert!(!memory.call(Lane::Campaign, NOON));
    assert!(memory.call(Lane::Reply, NOON));

    let mut memory = self::memory();
    memory.hold(lease(Lane::Campaign, NOON), NOON);
    assert!(memory.call(Lane::Reply, NOON));
}

#[test]
fn a_line_is_told_one_after_the_other() {
    let mut memory = memory();
    let full = after(5_000);
    let times: Vec<_> = (0..5_000).map(|_| memory.line_up(Lane::Campaign, full, NOON)).collect();

    assert_eq!(times[0], full);
    assert!(times.is_sorted_by(|one, next| one < next));
    assert!(times[4_999] < NOON + LONGEST_LINE);
    assert_eq!(memory.line_up(Lane::Reply, full, NOON), full, "a reply has a line of its own");
}

#[test]
fn success_is_told_only_while_something_fails() {
    let mut memory = memory();
    assert_eq!(memory.called(Outcome::Success, NOON), None);
    let told = memory.called(Outcome::Failure, NOON).unwrap();
    assert_eq!(told.count(), (2, 1));

    let (failing, _) = Breaker::default().step(domain::breaker::Event::Called(&told), NOON);
    memory.knows_breaker(failing, NOON);
    assert_eq!(memory.called(Outcome::Success, after(999)), None);
    assert_eq!(memory.called(Outcome::Success, after(1_000)).unwrap().count(), (2, 0));
    assert_eq!(memory.called(Outcome::Success, after(1_500)), None);
    assert_eq!(memory.called(Outcome::Success, after(11_000)), None, "nothing fails any more");
}

#[test]
fn who_is_refused_uses_no_lease_any_more() {
    let mut memory = memory();
    memory.hold(lease(Lane::Reply, NOON), NOON);
    let told = Told { leave_alone: Some(SignedDuration::from_secs(10)), ..Told::default() };
    assert!(memory.should_hear(&told, GHL, NOON));
    assert!(!memory.call(Lane::Reply, NOON));
}

#[test]
fn what_the_provider_tells_is_written_once_a_second_at_most() {
    let mut memory = memory();
    let plenty = Told { per_interval: Some(100), left: Some(50), ..Told::default() };
    let scarce = Told { left: Some(3), ..plenty };
    assert!(!memory.should_hear(&plenty, GHL, NOON));
    assert!(memory.should_hear(&scarce, GHL, NOON));
    assert!(!memory.should_hear(&scarce, GHL, after(999)));
    assert!(memory.should_hear(&scarce, GHL, after(1_000)));
}
