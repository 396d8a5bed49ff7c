//! How many calls a provider lets us make, shared by everybody who makes them.
//!
//! Whoever wants to call takes a [`Lease`] first: so many calls, to be made before it ends by
//! the holder's own clock. A lease is taken by writing the allowance, on condition that it has not
//! changed since it was read, so leases have an order.
//!
//! **Never more than `per_interval` calls arrive at the provider within any `interval`.** For a
//! call taken on a lease that ends at `u` counts as possible until `u + interval + SLACK`, and a
//! lease is only given if all calls that are possible then, and its own, are `per_interval` at
//! most. Let any window of that length hold calls of some leases, and let `g` be the one of them
//! that was given last. If all others were still counted when `g` was given, their sum is at most
//! `per_interval`, which is what we claim. Were one, `h`, no longer counted, then some clock had
//! said `u + interval + SLACK` before `g` was given. Clocks are within [`SKEW`] of the true time,
//! so by then it was at least `u + interval + SLACK - SKEW`. But the last call of `h` left when
//! its holder's clock said `u` at the latest, and arrived by `u + SKEW + TRANSIT`. As
//! `SLACK = 2 SKEW + TRANSIT`, no call of `g` is in the same window as one of `h`. ∎
//!
//! Whether a lease is used at once, late, or not at all, does not matter, nor how many hold one.
//! What a holder gives back ([`Lease::settled`]) only moves the end of the lease to its last call,
//! after which it makes no more. The same holds for the day, with a window of 24 hours: wherever
//! the provider's day begins, it has no more than `per_day` of ours.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

mod lane;
mod ledger;
mod line;
mod told;

pub use self::{
    lane::Lane,
    line::{LONGEST_LINE, Places, step},
    told::Told,
};
use self::{
    ledger::{Ledger, Window},
    line::Lines,
    told::Heard,
};

/// How far anybody's clock may be from the true time, either way.
pub const SKEW: SignedDuration = SignedDuration::from_millis(500);

/// How long after a holder looked at the clock its call arrives at the provider.
pub const TRANSIT: SignedDuration = SignedDuration::from_secs(2);

/// For how much longer than an interval a call counts.
pub const SLACK: SignedDuration = SignedDuration::from_secs(3);

/// While most of the allowance is free, a lease may be kept for a while: whoever calls seldom then
/// writes seldom.
pub const LONG: SignedDuration = SignedDuration::from_secs(30);

/// When it is not, what somebody holds and does not use is missing elsewhere.
pub const SHORT: SignedDuration = SignedDuration::from_secs(3);

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What a provider allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub per_interval: u32,
    pub interval: SignedDuration,
    pub per_day: u32,
}

/// Who may have called how often of late.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    burst: Ledger,
    day: Ledger,
    /// What the provider said of its limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    heard: Option<Heard>,
    #[serde(default, skip_serializing_if = "Lines::is_empty")]
    lines: Lines,
}

/// The right to make some calls, before it ends by the clock of its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    pub lane: Lane,
    pub calls: u32,
    pub ends: Timestamp,
}

/// A lease that nobody calls on any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    lease: Lease,
    used: u32,
    last: Timestamp,
}

/// Nothing is free. Asking before `until` is in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    pub until: Timestamp,
    /// It is the day that is used up, not the moment.
    pub today: bool,
}

impl Lease {
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.ends
    }

    /// The lease after its last call: so many were made, none later than `last`.
    pub fn settled(self, used: u32, last: Timestamp) -> Settled {
        Settled { lease: self, used: used.min(self.calls), last: last.min(self.ends) }
    }
}

impl Allowance {
    /// What holds now: the limits we were set up with, or what the provider said, if that is less.
    pub fn limits(&self, set_up: Limits) -> Limits {
        self.heard.map_or(set_up, |it| it.within(set_up))
    }

    /// Some calls for `lane`, `want` at most, and the allowance without them.
    pub fn take(
        &self,
        set_up: Limits,
        (lane, want): (Lane, u32),
        now: Timestamp,
    ) -> Result<(Self, Lease), Full> {
        let limits = self.limits(set_up);
        let (burst, day) = windows(limits);
        let of_moment = lane.share(limits.per_interval);
        let of_day = lane.share(limits.per_day);
        let taken = self.burst.taken(burst, now);
        let free = of_moment.saturating_sub(taken);
        let free_today = of_day.saturating_sub(self.day.taken(day, now));
        if free_today == 0 {
            return Err(Full { until: self.day.free_at(day, of_day, now), today: true });
        }
        if free == 0 {
            return Err(Full { until: self.burst.free_at(burst, of_moment, now), today: false });
        }

        let is_crowded = taken >= limits.per_interval / 2;
        let block = if is_crowded && lane.is_interactive() { 1 } else { limits.per_interval / 10 };
        let calls = want.min(block).max(1).min(free).min(free_today);
        let kept = if is_crowded { SHORT } else { LONG };
        let ends = now.checked_add(kept).unwrap_or(Timestamp::MAX);
        let mut next = self.clone();
        next.burst.add(burst, ends, calls, now);
        next.day.add(day, ends, calls, now);
        Ok((next, Lease { lane, calls, ends }))
    }

    /// Places in the line of `lane`, for some who found it full.
    pub fn line_up(
        &self,
        set_up: Limits,
        lane: Lane,
        full: Full,
        now: Timestamp,
    ) -> (Self, Places) {
        let mut next = self.clone();
        let places = next.lines.book(self.limits(set_up), lane, full, now);
        (next, places)
    }

    /// The allowance after somebody gave back what they did not use. For each lease once.
    #[must_use]
    pub fn settle(&self, set_up: Limits, settled: &Settled) -> Self {
        let Settled { lease, used, last } = settled;
        let (burst, day) = windows(self.limits(set_up));
        let mut next = self.clone();
        next.burst.give_back(burst, (lease.ends, lease.calls), (*last, *used));
        next.day.give_back(day, (lease.ends, lease.calls), (*last, *used));
        next
    }

    /// The allowance after the provider said, at `at`, what is left of it. What it says makes it
    /// smaller, never larger than we were set up with.
    #[must_use]
    pub fn hear(&self, set_up: Limits, told: &Told, at: Timestamp) -> Self {
        let mut next = Self { heard: Heard::after(self.heard, told, set_up, at), ..self.clone() };
        let limits = next.limits(set_up);
        let (burst, day) = windows(limits);
        if let Some((calls, until)) = told.used_of_moment(limits, at) {
            next.burst.hear(burst, calls, until, at);
        }
        if let Some((calls, until)) = told.used_today(limits, at) {
            next.day.hear(day, calls, until, at);
        }
        next
    }

    /// When nothing of this matters any more.
    pub fn over_at(&self) -> Option<Timestamp> {
        let last = self.day.last().max(self.heard.map(|it| it.since));
        last?.checked_add(DAY + SignedDuration::from_hours(2)).ok()
    }
}

/// The grains bound how many entries there are: some thirty for either.
fn windows(limits: Limits) -> (Window, Window) {
    let burst = Window { length: limits.interval + SLACK, grain: SignedDuration::from_millis(500) };
    let day = Window { length: DAY + SLACK, grain: SignedDuration::from_hours(1) };
    (burst, day)
}

#[cfg(test)]
mod tests;
