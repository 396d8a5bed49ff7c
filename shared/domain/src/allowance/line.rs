//! When those who have to wait come again: one after the other, no faster than leases are given.
//! Else all would come as soon as there is room for one.
//!
//! A place is a time and nothing more. Who comes then takes its chance like anybody else.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Full, Lane, Limits, SHORT, SLACK};

/// No line is longer than this: by then it is shorter, or somebody should look.
pub const LONGEST_LINE: SignedDuration = SignedDuration::from_mins(30);

/// The end of each lane's line, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Lines(BTreeMap<Lane, i64>);

/// Times for some of those who wait, each later than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    next: Timestamp,
    step: SignedDuration,
    left: u32,
}

impl Places {
    /// The next time that is not before `earliest`.
    pub fn take(&mut self, earliest: Timestamp) -> Option<Timestamp> {
        while self.left > 0 {
            let place = self.next;
            self.left -= 1;
            self.next = after(place, self.step);
            if place >= earliest {
                return Some(place);
            }
        }
        None
    }
}

impl Lines {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Places at the end of the line. Fewer for who is in a hurry, since what nobody takes is a gap.
    pub(super) fn book(
        &mut self,
        limits: Limits,
        lane: Lane,
        full: Full,
        now: Timestamp,
    ) -> Places {
        self.0.retain(|_, end| *end > now.as_millisecond());
        let left: i32 = if lane.is_interactive() { 2 } else { 16 };
        let step = step(limits, lane);
        let end = self.0.get(&lane).and_then(|end| Timestamp::from_millisecond(*end).ok());
        let next = end.map_or(full.until, |end| after(end, step).max(full.until));
        let next = next.min(after(full.until.max(now), LONGEST_LINE));
        let end = after(next, step * left.saturating_sub(1));
        self.0.insert(lane, end.as_millisecond());
        Places { next, step, left: left.unsigned_abs() }
    }
}

/// The time between two calls of a lane that calls without pause, if each counts for as long as its
/// lease can make it. Who came faster would often find nothing, and go back to the end.
pub fn step(limits: Limits, lane: Lane) -> SignedDuration {
    let share = i32::try_from(lane.share(limits.per_interval)).unwrap_or(i32::MAX);
    let step = (limits.interval + SLACK + SHORT) / share.max(1);
    step.max(SignedDuration::from_millis(1))
}

fn after(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}
