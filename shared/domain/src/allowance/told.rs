//! What a provider says of its own accounting. It knows of calls that we do not: another
//! installation of the same app, or ours before a table was restored.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Limits, SLACK};

/// When the provider does not say when the day ends, we ask again after this.
const ASK_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// Whatever a header says, no interval is longer.
const LONGEST_INTERVAL: SignedDuration = SignedDuration::from_hours(1);

/// What came with an answer, as far as anything did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub per_interval: Option<u32>,
    pub interval: Option<SignedDuration>,
    pub left: Option<u32>,
    pub per_day: Option<u32>,
    pub left_today: Option<u32>,
    pub day_ends_in: Option<SignedDuration>,
    /// The call was refused for being one too many; no other is to be made for this long.
    pub leave_alone: Option<SignedDuration>,
}

/// Limits as the provider put them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Heard {
    per_interval: u32,
    interval_ms: i64,
    per_day: u32,
    pub(super) since: Timestamp,
}

impl Told {
    /// How many calls the provider has counted of those that it allows at once, and until when that
    /// is to be kept in mind. Who is to leave it alone has used up whatever there is.
    pub(super) fn used_of_moment(&self, limits: Limits, at: Timestamp) -> Option<(u32, Timestamp)> {
        if self.left_today != Some(0)
            && let Some(wait) = self.leave_alone
        {
            return Some((u32::MAX, after(at, wait)));
        }
        let used = self.per_interval.unwrap_or(limits.per_interval).saturating_sub(self.left?);
        Some((used, after(at, limits.interval)))
    }

    pub(super) fn used_today(&self, limits: Limits, at: Timestamp) -> Option<(u32, Timestamp)> {
        let used = match self.left_today? {
            0 => u32::MAX,
            left => self.per_day.unwrap_or(limits.per_day).saturating_sub(left),
        };
        // What is longer than a day is not what it seems to be: the header is not documented.
        let ends_in =
            self.day_ends_in.map_or(ASK_AGAIN, |it| it.min(SignedDuration::from_hours(24)));
        Some((used, after(at, ends_in)))
    }

    /// Whether it tells of less than a tenth being left, or of a call too many. More than that
    /// need not be looked at.
    pub fn is_scarce(&self) -> bool {
        let scarce = |left: Option<u32>, of: Option<u32>| {
            left.is_some_and(|left| left == 0 || of.is_some_and(|of| left < of / 10))
        };
        self.leave_alone.is_some()
            || scarce(self.left, self.per_interval)
            || scarce(self.left_today, self.per_day)
    }

    /// Whether limits of ours have to change for it.
    pub fn differs_from(&self, known: Limits, set_up: Limits) -> bool {
        let heard = Heard::after(None, self, set_up, Timestamp::UNIX_EPOCH);
        heard.is_some_and(|it| {
            let limits = it.within(set_up);
            self.per_interval.is_some() && limits.per_interval != known.per_interval
                || self.interval.is_some() && limits.interval != known.interval
                || self.per_day.is_some() && limits.per_day != known.per_day
        })
    }
}

impl Heard {
    /// What holds after `told`. Within an interval limits only become smaller, as answers
    /// overtake each other; after that the newest counts.
    pub(super) fn after(
        before: Option<Self>,
        told: &Told,
        set_up: Limits,
        at: Timestamp,
    ) -> Option<Self> {
        let positive = |it: Option<u32>| it.filter(|it| *it > 0);
        let interval = told
            .interval
            .filter(SignedDuration::is_positive)
            .map(|it| i64::try_from(it.min(LONGEST_INTERVAL).as_millis()).unwrap_or(i64::MAX));
        let (per_interval, per_day) = (positive(told.per_interval), positive(told.per_day));
        if per_interval.is_none() && per_day.is_none() && interval.is_none() {
            return before;
        }
        let old = before.unwrap_or(Self {
            per_interval: u32::MAX,
            interval_ms: 0,
            per_day: u32::MAX,
            since: at,
        });
        let new = Self {
            per_interval: per_interval.unwrap_or(old.per_interval),
            interval_ms: interval.unwrap_or(old.interval_ms),
            per_day: per_day.unwrap_or(old.per_day),
            since: old.since,
        };
        let settled = after(old.since, old.within(set_up).interval + SLACK);
        let new = if at >= settled { new } else { new.and(old) };
        Some(if new == old { new } else { Self { since: at.max(old.since), ..new } })
    }

    pub(super) fn within(self, set_up: Limits) -> Limits {
        Limits {
            per_interval: self.per_interval.min(set_up.per_interval),
            interval: self.interval().max(set_up.interval),
            per_day: self.per_day.min(set_up.per_day),
        }
    }

    /// The smaller of each.
    fn and(self, other: Self) -> Self {
        Self {
            per_interval: self.per_interval.min(other.per_interval),
            interval_ms: self.interval_ms.max(other.interval_ms),
            per_day: self.per_day.min(other.per_day),
            ..self
        }
    }

    fn interval(self) -> SignedDuration {
        SignedDuration::from_millis(self.interval_ms).min(LONGEST_INTERVAL)
    }
}

fn after(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}
