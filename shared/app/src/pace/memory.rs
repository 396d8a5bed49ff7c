//! What one function remembers of a tenant and a provider.

use std::{collections::HashMap, mem};

use domain::{
    allowance::{Full, LONGEST_LINE, Lane, Lease, Limits, Places, Settled, Told, step},
    breaker::{Breaker, Outcome, State, Window},
};
use jiff::{SignedDuration, Timestamp};

use super::Wait;

/// For how long a breaker is believed to be as it was read, and how often it is told of calls that
/// succeed.
const BELIEVED: SignedDuration = SignedDuration::from_secs(1);

/// Who calls a provider that has no limits lines up after an outage all the same.
const STEP: SignedDuration = SignedDuration::from_millis(100);

/// Leases that are given back with the next one.
const SETTLED_AT_ONCE: usize = 32;

#[derive(Debug)]
pub(super) struct Memory {
    leases: Vec<Held>,
    settled: Vec<Settled>,
    limits: Option<Limits>,
    heard_at: Option<Timestamp>,
    lines: HashMap<Lane, Line>,
    breaker: Option<(Breaker, Timestamp)>,
    /// Calls the breaker has not been told of.
    calls: Window,
    told_at: Option<Timestamp>,
    touched: Timestamp,
}

#[derive(Debug)]
struct Held {
    lease: Lease,
    used: u32,
    last: Timestamp,
}

/// Those of a lane who wait.
#[derive(Debug, Default)]
struct Line {
    /// There is nothing to be had before, and when who comes now is to come again.
    full: Option<(Full, Places)>,
    /// What the last was told of those who wait for the provider to be back.
    end: Timestamp,
}

impl Memory {
    pub(super) fn new(limits: Option<Limits>) -> Self {
        Self {
            leases: Vec::new(),
            settled: Vec::new(),
            limits,
            heard_at: None,
            lines: HashMap::new(),
            breaker: None,
            calls: Window::default(),
            told_at: None,
            touched: Timestamp::MIN,
        }
    }

    /// Whether it would be missed.
    pub(super) fn is_of_use(&self, now: Timestamp) -> bool {
        now.duration_since(self.touched) < LONGEST_LINE
    }

    /// Uses a call of a lease. One that was leased for a later lane is as good, as it takes nothing
    /// from what is kept for the earlier.
    pub(super) fn call(&mut self, lane: Lane, now: Timestamp) -> bool {
        self.touched = now;
        let (open, over) = mem::take(&mut self.leases)
            .into_iter()
            .partition(|it| it.lease.is_open(now) && it.used < it.lease.calls);
        self.leases = open;
        self.settle(over);
        let Some(held) = self.leases.iter_mut().find(|it| it.lease.lane >= lane) else {
            return false;
        };
        held.used += 1;
        held.last = held.last.max(now);
        true
    }

    fn settle(&mut self, over: Vec<Held>) {
        let over = over.into_iter().map(|it| it.lease.settled(it.used, it.last));
        self.settled.extend(over);
        let too_many = self.settled.len().saturating_sub(SETTLED_AT_ONCE);
        self.settled.drain(..too_many);
    }

    /// What is to be given back, which is done once.
    pub(super) fn settled(&mut self) -> Vec<Settled> {
        mem::take(&mut self.settled)
    }

    /// Holds a lease, of which one call is made at once.
    pub(super) fn hold(&mut self, lease: Lease, now: Timestamp) {
        self.leases.push(Held { lease, used: 1, last: now });
        if let Some(waiting) = self.lines.get_mut(&lease.lane) {
            waiting.full = None;
        }
    }

    pub(super) fn knows(&mut self, limits: Limits) {
        self.limits = Some(limits);
    }

    /// When who finds no room is to come again, as far as we know without asking.
    pub(super) fn place(&mut self, lane: Lane, now: Timestamp) -> Option<Wait> {
        self.touched = now;
        let (full, places) = self.lines.get_mut(&lane)?.full.as_mut()?;
        if full.until <= now {
            return None;
        }
        Some(Wait { until: places.take(full.until)?, ..Wait::full(*full) })
    }

    pub(super) fn found_full(&mut self, lane: Lane, full: Full, places: Places) {
        self.lines.entry(lane).or_default().full = Some((full, places));
    }

    /// When who comes now is to come again, who waits for the provider to be back. Nobody pays for a
    /// line that all share: who comes too early then finds one.
    pub(super) fn line_up(&mut self, lane: Lane, earliest: Timestamp, now: Timestamp) -> Timestamp {
        self.touched = now;
        let step = self.limits.map_or(STEP, |it| step(it, lane));
        let waiting = self.lines.entry(lane).or_default();
        let next = waiting.end.checked_add(step).unwrap_or(earliest);
        let longest = now.checked_add(LONGEST_LINE).unwrap_or(earliest);
        let until = next.min(longest).max(earliest);
        waiting.end = until;
        until
    }

    /// Counts a call. Gives all that the breaker is to be told of, if it is to be told now: when
    /// one fails, and while others do.
    pub(super) fn called(&mut self, outcome: Outcome, now: Timestamp) -> Option<Window> {
        self.calls = self.calls.and(outcome, now);
        let is_due = match outcome {
            Outcome::Failure => true,
            Outcome::Success | Outcome::Ignored => self.is_failing(now) && !self.told_lately(now),
        };
        if !is_due || self.calls.is_empty() {
            return None;
        }
        self.told_at = Some(now);
        Some(mem::take(&mut self.calls))
    }

    pub(super) fn was_not_heard(&mut self, calls: &Window, now: Timestamp) {
        self.calls = self.calls.with(calls, now);
    }

    fn is_failing(&self, now: Timestamp) -> bool {
        let state = self.breaker.as_ref().map(|(breaker, _)| breaker.state());
        match state {
            Some(State::Closed { window }) => window.has_failures(now),
            Some(State::Open { .. } | State::HalfOpen { .. }) | None => false,
        }
    }

    fn told_lately(&self, now: Timestamp) -> bool {
        self.told_at.is_some_and(|at| now.duration_since(at) < BELIEVED)
    }

    pub(super) fn breaker(&self, now: Timestamp) -> Option<Breaker> {
        let (breaker, at) = self.breaker.as_ref()?;
        (now.duration_since(*at) < BELIEVED).then(|| breaker.clone())
    }

    pub(super) fn last_breaker(&self) -> Option<Breaker> {
        self.breaker.as_ref().map(|(breaker, _)| breaker.clone())
    }

    pub(super) fn knows_breaker(&mut self, breaker: Breaker, now: Timestamp) {
        self.breaker = Some((breaker, now));
    }

    /// Whether what the provider tells is worth writing down. Once a second is enough, unless it
    /// refuses: then nothing that is leased is used any more.
    pub(super) fn should_hear(&mut self, told: &Told, set_up: Limits, now: Timestamp) -> bool {
        if told.leave_alone.is_some() {
            let over = mem::take(&mut self.leases);
            self.settle(over);
        }
        let known = self.limits.unwrap_or(set_up);
        let is_news = told.is_scarce() || told.differs_from(known, set_up);
        let lately = self.heard_at.is_some_and(|at| now.duration_since(at) < BELIEVED);
        if !is_news || lately && told.leave_alone.is_none() {
            return false;
        }
        self.heard_at = Some(now);
        true
    }
}

#[cfg(test)]
mod tests;
