//! The calls of the last ten seconds.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Outcome;

/// How far back it reaches.
const SECONDS: i64 = 10;

/// For each second in order: calls, and how many of them failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Window(Vec<(i64, u32, u32)>);

impl Window {
    /// The window with one more call.
    #[must_use]
    pub fn and(&self, outcome: Outcome, now: Timestamp) -> Self {
        let failures = match outcome {
            Outcome::Success => 0,
            Outcome::Failure => 1,
            Outcome::Ignored => return self.since(now),
        };
        self.with(&Self(vec![(now.as_second(), 1, failures)]), now)
    }

    /// Both, without what is too long ago.
    #[must_use]
    pub fn with(&self, other: &Self, now: Timestamp) -> Self {
        let mut sum = self.since(now);
        for (second, calls, failures) in other.since(now).0 {
            match sum.0.binary_search_by_key(&second, |(second, ..)| *second) {
                Ok(at) => {
                    sum.0[at].1 = sum.0[at].1.saturating_add(calls);
                    sum.0[at].2 = sum.0[at].2.saturating_add(failures);
                }
                Err(at) => sum.0.insert(at, (second, calls, failures)),
            }
        }
        sum
    }

    /// Calls, and how many of them failed.
    pub fn count(&self) -> (u32, u32) {
        self.0.iter().fold((0, 0), |(all, failed), (_, calls, failures)| {
            (all.saturating_add(*calls), failed.saturating_add(*failures))
        })
    }

    /// The second of the last call.
    pub(super) fn last(&self) -> Option<Timestamp> {
        let (second, ..) = self.0.last()?;
        Timestamp::from_second(*second).ok()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something failed lately.
    pub fn has_failures(&self, now: Timestamp) -> bool {
        self.since(now).count().1 > 0
    }

    fn since(&self, now: Timestamp) -> Self {
        let first = now.as_second().saturating_sub(SECONDS);
        Self(self.0.iter().filter(|(second, ..)| *second > first).copied().collect())
    }
}
