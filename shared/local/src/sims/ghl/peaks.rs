//! How many calls came at most within any ten seconds, wherever they begin.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

const WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// Per location, or agency.
#[derive(Debug, Default)]
pub(super) struct Peaks(HashMap<String, Recent>);

#[derive(Debug, Default)]
struct Recent {
    calls: VecDeque<Timestamp>,
    highest: usize,
}

impl Peaks {
    /// Counts a call, whatever it is answered with.
    pub(super) fn count(&mut self, location: &str, now: Timestamp) {
        let Recent { calls, highest } = self.0.entry(location.to_owned()).or_default();
        calls.push_back(now);
        while calls.front().is_some_and(|it| now.duration_since(*it) >= WINDOW) {
            calls.pop_front();
        }
        *highest = calls.len().max(*highest);
    }

    pub(super) fn of(&self, location: &str) -> usize {
        self.0.get(location).map_or(0, |it| it.highest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_begins_anywhere() {
        let noon: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let mut peaks = Peaks::default();

        for second in [0, 6, 9, 12, 15, 40] {
            peaks.count("a", noon + SignedDuration::from_secs(second));
        }

        assert_eq!((peaks.of("a"), peaks.of("b")), (4, 0));
    }
}
