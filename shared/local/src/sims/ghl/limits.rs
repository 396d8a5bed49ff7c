//! How many calls a location has left.

use std::{collections::HashMap, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::options::Limits;

const DAY: Duration = Duration::from_hours(24);

/// The calls counted so far, per location.
#[derive(Debug, Default)]
pub(super) struct Meter(HashMap<String, Counted>);

#[derive(Clone, Copy, Debug)]
struct Counted {
    interval: Window,
    day: Window,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    since: Timestamp,
    calls: u32,
}

/// What a location has left after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowance {
    limits: Limits,
    remaining: u32,
    remaining_today: u32,
    day_ends_in: Duration,
    pub(super) is_exceeded: bool,
}

impl Meter {
    /// Counts a call. One over the limit is counted as well, but has no effect.
    pub(super) fn count(&mut self, location: &str, limits: Limits, now: Timestamp) -> Allowance {
        let fresh = Window { since: now, calls: 0 };
        let counted =
            self.0.entry(location.to_owned()).or_insert(Counted { interval: fresh, day: fresh });
        let in_interval = counted.interval.count(limits.interval, now);
        let today = counted.day.count(DAY, now);
        Allowance {
            limits,
            remaining: limits.per_interval.saturating_sub(in_interval),
            remaining_today: limits.per_day.saturating_sub(today),
            day_ends_in: DAY.saturating_sub(elapsed(counted.day.since, now)),
            is_exceeded: in_interval > limits.per_interval || today > limits.per_day,
        }
    }
}

impl Window {
    fn count(&mut self, length: Duration, now: Timestamp) -> u32 {
        if elapsed(self.since, now) >= length {
            *self = Self { since: now, calls: 0 };
        }
        self.calls += 1;
        self.calls
    }
}

impl Allowance {
    pub(super) fn headers(&self) -> [(&'static str, String); 6] {
        [
            ("x-ratelimit-limit-daily", self.limits.per_day.to_string()),
            ("x-ratelimit-daily-remaining", self.remaining_today.to_string()),
            ("x-ratelimit-daily-reset", self.day_ends_in.as_millis().to_string()),
            ("x-ratelimit-interval-milliseconds", self.limits.interval.as_millis().to_string()),
            ("x-ratelimit-max", self.limits.per_interval.to_string()),
            ("x-ratelimit-remaining", self.remaining.to_string()),
        ]
    }
}

fn elapsed(since: Timestamp, now: Timestamp) -> Duration {
    let elapsed: SignedDuration = now.duration_since(since);
    elapsed.try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_starts_again_when_the_interval_is_over() {
        let limits = Limits { per_interval: 1, ..Limits::default() };
        let noon: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let mut meter = Meter::default();

        assert!(!meter.count("a", limits, noon).is_exceeded);
        assert!(meter.count("a", limits, noon).is_exceeded);
        assert!(!meter.count("b", limits, noon).is_exceeded);
        assert!(!meter.count("a", limits, noon + SignedDuration::from_secs(10)).is_exceeded);
    }
}
