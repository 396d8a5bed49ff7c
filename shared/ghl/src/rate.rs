//! What is left of a location's allowance. Limits differ between accounts, so they are read, never
//! assumed.

use std::time::Duration;

use egress::Answer;

/// The SDK of GoHighLevel waits no longer than this for a burst to pass.
const LONGEST_INTERVAL: Duration = Duration::from_secs(30);

/// The allowance as an answer's headers put it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// Calls per interval.
    pub max: Option<u64>,
    pub remaining: Option<u64>,
    pub interval: Option<Duration>,
    /// Calls per day.
    pub daily_max: Option<u64>,
    pub daily_remaining: Option<u64>,
    /// Until the day's allowance is new. Not documented by GoHighLevel.
    pub daily_reset: Option<Duration>,
}

impl RateLimit {
    pub fn of(answer: &Answer) -> Self {
        Self::read(|name| answer.header(name))
    }

    fn read<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Self {
        let number = |name| header(name)?.trim().parse::<u64>().ok();
        Self {
            max: number("x-ratelimit-max"),
            remaining: number("x-ratelimit-remaining"),
            interval: number("x-ratelimit-interval-milliseconds").map(Duration::from_millis),
            daily_max: number("x-ratelimit-limit-daily"),
            daily_remaining: number("x-ratelimit-daily-remaining"),
            daily_reset: number("x-ratelimit-daily-reset").map(Duration::from_millis),
        }
    }

    /// Whether the day's allowance is used up, so that waiting for the next interval is pointless.
    pub fn is_spent_for_today(&self) -> bool {
        self.daily_remaining == Some(0)
    }

    /// How long to wait before the next call, as far as the headers tell.
    pub fn wait(&self) -> Option<Duration> {
        if self.is_spent_for_today() {
            return self.daily_reset;
        }
        self.interval.map(|interval| interval.min(LONGEST_INTERVAL))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(headers: &[(&'static str, &'static str)]) -> RateLimit {
        RateLimit::read(|name| headers.iter().find(|(n, _)| *n == name).map(|(_, value)| *value))
    }

    #[test]
    fn a_burst_passes_with_its_interval() {
        let burst = limit(&[
            ("x-ratelimit-interval-milliseconds", "10000"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-daily-remaining", "17"),
        ]);

        assert!(!burst.is_spent_for_today());
        assert_eq!(burst.wait(), Some(Duration::from_secs(10)));
    }

    #[test]
    fn a_spent_day_is_waited_out() {
        let spent = limit(&[
            ("x-ratelimit-interval-milliseconds", "10000"),
            ("x-ratelimit-daily-remaining", "0"),
            ("x-ratelimit-daily-reset", "3600000"),
        ]);

        assert!(spent.is_spent_for_today());
        assert_eq!(spent.wait(), Some(Duration::from_hours(1)));
    }

    #[test]
    fn headers_that_make_no_sense_say_nothing() {
        assert_eq!(limit(&[("x-ratelimit-max", "lots")]), RateLimit::default());
        assert_eq!(limit(&[]).wait(), None);
    }
}
