//! Whether a provider is worth calling for a tenant, as everybody who calls has found.
//!
//! ```text
//!            half of 10 calls in 10 s fail
//! Closed ─────────────────────────────────▶ Open ──its time is over──▶ HalfOpen
//!    ▲                                       ▲                            │
//!    │                                       └──the probe fails, or tells nothing
//!    └──────────────────the probe succeeds────────────────────────────────┘
//! ```
//!
//! While it is open no call is made. When its time is over the first who asks makes one call, the
//! probe, and the others go on waiting. Each probe has a number that was never used before, so a
//! late answer to an earlier one says nothing. Who makes it may die; then the next who asks after
//! a while makes another. Each time a probe fails the wait is twice as long, up to five minutes.
//!
//! [`Breaker::step`] is total. It is written on condition that nobody else has written, which is
//! what makes the probe the only one.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

mod window;

pub use self::window::Window;

/// Fewer calls than this say nothing.
const ENOUGH: u32 = 10;

/// How long the first wait is, and the longest.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(5);

/// For how long a breaker that nobody asks is remembered. Then a late probe is not to be expected.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Longer than any call may take, with what its caller does before and after.
const PROBE_TAKES: SignedDuration = SignedDuration::from_secs(15);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    #[serde(flatten)]
    state: State,
    /// How many probes there ever were.
    #[serde(default)]
    probes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    Closed {
        window: Window,
    },
    Open {
        until: Timestamp,
        /// How often in a row.
        times: u32,
    },
    HalfOpen {
        /// When the probe is not heard of by then, there will be another.
        until: Timestamp,
        times: u32,
    },
}

/// What a call says about the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It works, whether or not it did what it was asked.
    Success,
    /// It does not answer, or not as it should.
    Failure,
    /// Nothing: there was no call, or it was one too many.
    Ignored,
}

#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Somebody wants to call.
    Asked,
    /// Somebody made calls that were no probes.
    Called(&'a Window),
    /// Somebody made the probe of this number.
    Probed(u64, Outcome),
}

/// What somebody who wants to call is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Call,
    /// Call, and say under this number what came of it.
    Probe(u64),
    Wait(Timestamp),
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { window: Window::default() }
    }
}

impl Breaker {
    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed { .. })
    }

    /// When nothing of this matters any more.
    pub fn over_at(&self) -> Option<Timestamp> {
        let last = match &self.state {
            State::Closed { window } => window.last()?,
            State::Open { until, .. } | State::HalfOpen { until, .. } => *until,
        };
        last.checked_add(KEPT).ok()
    }

    /// The breaker after `event`, and what whoever brings it is to do. Where there is nothing to
    /// write the breaker is as it was.
    pub fn step(&self, event: Event<'_>, now: Timestamp) -> (Self, Verdict) {
        let next = self.after(event, now);
        let verdict = match (&next.state, event) {
            (State::HalfOpen { .. }, Event::Asked) if next != *self => Verdict::Probe(next.probes),
            (State::Closed { .. }, _) => Verdict::Call,
            (State::Open { until, .. } | State::HalfOpen { until, .. }, _) => Verdict::Wait(*until),
        };
        (next, verdict)
    }

    fn after(&self, event: Event<'_>, now: Timestamp) -> Self {
        match (&self.state, event) {
            (State::Closed { window }, Event::Called(calls)) => self.heard(window, calls, now),
            (State::Open { until, times } | State::HalfOpen { until, times }, Event::Asked)
                if *until <= now =>
            {
                let state = State::HalfOpen { until: after(now, PROBE_TAKES), times: *times };
                Self { state, probes: self.probes.saturating_add(1) }
            }
            (State::HalfOpen { times, .. }, Event::Probed(probe, outcome))
                if probe == self.probes =>
            {
                self.to(probed(outcome, *times, now))
            }
            (State::Closed { .. }, Event::Asked | Event::Probed(..))
            | (State::Open { .. } | State::HalfOpen { .. }, _) => self.clone(),
        }
    }

    fn heard(&self, window: &Window, calls: &Window, now: Timestamp) -> Self {
        let window = window.with(calls, now);
        let (calls, failures) = window.count();
        if calls < ENOUGH || failures.saturating_mul(2) < calls {
            return self.to(State::Closed { window });
        }
        self.to(opened(1, now))
    }

    fn to(&self, state: State) -> Self {
        Self { state, probes: self.probes }
    }
}

fn probed(outcome: Outcome, times: u32, now: Timestamp) -> State {
    match outcome {
        Outcome::Success => State::Closed { window: Window::default().and(Outcome::Success, now) },
        Outcome::Failure => opened(times.saturating_add(1), now),
        Outcome::Ignored => State::Open { until: now, times },
    }
}

fn opened(times: u32, now: Timestamp) -> State {
    let doubled = FIRST_WAIT.as_secs() << times.saturating_sub(1).min(10);
    let wait = SignedDuration::from_secs(doubled).min(LONGEST_WAIT);
    State::Open { until: after(now, wait), times }
}

fn after(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
