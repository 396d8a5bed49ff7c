//! Whether a call to a provider may be made now: the breaker lets it, and there is room for it in
//! the allowance that all functions share.
//!
//! A function that is to call asks [`Pace::admit`], calls, and says by [`Pace::report`] what came
//! of it. Who has to wait is told until when; that is the time its work is due.
//!
//! What it costs. A lease is for five calls and may be kept for half a minute: one read and one
//! write for all of them, and nothing where there is no lease to be had until a time we know.
//! The breaker is read once a second at most, and written when a call fails, when it lets a probe
//! out and when that comes back. While something fails, those whose calls succeed say so once a
//! second. So a call costs between nothing and two reads and a write, whatever it does.
//!
//! When the table does not answer, what is remembered still holds: leases until they end, and the
//! breaker as it was. Nothing is assumed beyond that, so who has no lease waits. To go on without
//! would help nobody, for the work itself is in the same table.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use aws::{Store, StoreError, logs::Chain, metrics};
use domain::{
    allowance::{Full, Lane, Limits, Told},
    breaker::{Breaker, Event, Outcome, Verdict},
    ids::TenantId,
    integration::Provider,
};
use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};

mod crm;
mod gate;
mod memory;

use self::memory::Memory;

/// What GoHighLevel allows an app for each location. Where it says that it is less, it is less.
pub const GHL: Limits =
    Limits { per_interval: 100, interval: SignedDuration::from_secs(10), per_day: 200_000 };

/// Calls of a lease. A small allowance is leased in smaller blocks.
const BLOCK: u32 = 5;

/// When to ask again, if the table does not answer or others were always faster.
const TABLE_MENDS: SignedDuration = SignedDuration::from_secs(2);

/// What all functions of a deployment keep to, as far as this one knows.
#[derive(Debug)]
pub struct Pace {
    store: Store,
    limits: HashMap<Provider, Limits>,
    remembered: Mutex<HashMap<(TenantId, Provider), Memory>>,
}

/// A call that may be made now. Say what came of it.
#[derive(Debug)]
#[must_use = "a call that nobody reports on is not known to have worked"]
pub struct Admitted {
    tenant: TenantId,
    provider: Provider,
    probe: Option<u64>,
}

/// What came of a call: what it says of the provider, and what the provider says of its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    pub outcome: Outcome,
    pub told: Told,
}

/// A call that may not be made yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Wait {
    /// When it makes sense to ask again. Those who wait are not all told the same.
    pub until: Timestamp,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum Why {
    #[strum(to_string = "the calls of this moment are used up")]
    Busy,
    #[strum(to_string = "the calls of this day are used up")]
    SpentForToday,
    #[strum(to_string = "the provider has been failing")]
    Failing,
    #[strum(to_string = "the table did not answer")]
    NoTable,
}

/// The time as it goes on while an event is worked on, from when `main` read the clock.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    began: Timestamp,
    since: Instant,
}

impl Wait {
    fn full(full: Full) -> Self {
        let why = if full.today { Why::SpentForToday } else { Why::Busy };
        Self { until: full.until, why }
    }
}

impl Watch {
    pub fn begin(now: Timestamp) -> Self {
        Self { began: now, since: Instant::now() }
    }

    pub fn now(&self) -> Timestamp {
        self.began.checked_add(self.since.elapsed()).unwrap_or(self.began)
    }
}

impl Pace {
    /// The pace of this deployment, for the providers that allow only so much.
    pub fn of(store: Store) -> Self {
        Self::new(store, HashMap::from([(Provider::Ghl, GHL)]))
    }

    /// A provider that is not among `limits` has none that we know of.
    pub fn new(store: Store, limits: HashMap<Provider, Limits>) -> Self {
        Self { store, limits, remembered: Mutex::default() }
    }

    /// Lets one call go, or says when to ask again.
    ///
    /// `now` is read for this call, not for the event that leads to it: a call counts from then,
    /// and must reach the provider within `domain::allowance::TRANSIT`. See [`Watch`].
    pub async fn admit(
        &self,
        tenant: &TenantId,
        provider: Provider,
        lane: Lane,
        now: Timestamp,
    ) -> Result<Admitted, Wait> {
        let asked = (tenant, provider);
        let breaker = self.breaker(asked, now).await.map_err(|e| no_table(asked, &e, now))?;
        if let (_, Verdict::Wait(until)) = breaker.step(Event::Asked, now) {
            return Err(self.failing(asked, lane, until, now));
        }
        self.room(asked, lane, now).await?;
        let verdict = match breaker.step(Event::Asked, now) {
            (_, Verdict::Probe(_)) => self.probe(asked, now).await,
            (_, other) => Ok(other),
        };
        let probe = match verdict {
            Ok(Verdict::Call) => None,
            Ok(Verdict::Probe(probe)) => Some(probe),
            // Somebody else makes the probe. The call there was room for is not made.
            Ok(Verdict::Wait(until)) => {
                return Err(self.failing(asked, lane, until, now));
            }
            Err(e) => return Err(no_table(asked, &e, now)),
        };
        Ok(Admitted { tenant: tenant.clone(), provider, probe })
    }

    /// Takes in what came of a call. Nothing of it has to succeed: what is not heard now is found
    /// out again.
    pub async fn report(&self, admitted: Admitted, report: Report, now: Timestamp) {
        let Admitted { tenant, provider, probe } = &admitted;
        let asked = (tenant, *provider);
        if let Err(e) = self.outcome(asked, *probe, report.outcome, now).await {
            warn!(%tenant, %provider, error = %Chain(&e), "the breaker could not be told");
        }
        if let Err(e) = self.hear(asked, &report.told, now).await {
            warn!(%tenant, %provider, error = %Chain(&e), "the allowance could not be corrected");
        }
    }

    async fn outcome(
        &self,
        asked: (&TenantId, Provider),
        probe: Option<u64>,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(probe) = probe {
            self.change_breaker(asked, Event::Probed(probe, outcome), now).await?;
            return Ok(());
        }
        let Some(calls) = self.with(asked, now, |it| it.called(outcome, now)) else {
            return Ok(());
        };
        let told = self.change_breaker(asked, Event::Called(&calls), now).await;
        if let Err(StoreError::Conflict) = &told {
            self.with(asked, now, |it| it.was_not_heard(&calls, now));
        }
        told.map(|_| ())
    }

    async fn hear(
        &self,
        asked: (&TenantId, Provider),
        told: &Told,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(set_up) = self.limits.get(&asked.1).copied() else { return Ok(()) };
        if !self.with(asked, now, |it| it.should_hear(told, set_up, now)) {
            return Ok(());
        }
        let scope = self.store.of(asked.0);
        let changed = scope.change_allowance(asked.1, |it| {
            let heard = it.hear(set_up, told, now);
            let limits = heard.limits(set_up);
            (heard, limits)
        });
        let limits = changed.await?;
        self.with(asked, now, |it| it.knows(limits));
        Ok(())
    }

    /// Finds room for a call: in a lease that is remembered, or in a new one.
    async fn room(
        &self,
        asked: (&TenantId, Provider),
        lane: Lane,
        now: Timestamp,
    ) -> Result<(), Wait> {
        let Some(set_up) = self.limits.get(&asked.1).copied() else { return Ok(()) };
        if self.with(asked, now, |it| it.call(lane, now)) {
            return Ok(());
        }
        if let Some(wait) = self.with(asked, now, |it| it.place(lane, now)) {
            return Err(wait);
        }
        let settled = self.with(asked, now, Memory::settled);
        let scope = self.store.of(asked.0);
        let taken = scope.change_allowance(asked.1, |before| {
            let free = settled.iter().fold(before.clone(), |it, one| it.settle(set_up, one));
            match free.take(set_up, (lane, BLOCK), now) {
                Ok((next, lease)) => (next, Ok((lease, free.limits(set_up)))),
                Err(full) => {
                    let (next, places) = free.line_up(set_up, lane, full, now);
                    (next, Err((full, places)))
                }
            }
        });
        match taken.await {
            Ok(Ok((lease, limits))) => {
                self.with(asked, now, |it| {
                    it.knows(limits);
                    it.hold(lease, now);
                });
                Ok(())
            }
            Ok(Err((full, places))) => Err(self.with(asked, now, |it| {
                it.found_full(lane, full, places);
                it.place(lane, now).unwrap_or(Wait::full(full))
            })),
            // Perhaps it was written. Then what was leased is lost until it ends.
            Err(e) => Err(no_table(asked, &e, now)),
        }
    }

    /// The breaker as it was at most a second ago, or as it was last, if the table does not answer.
    async fn breaker(
        &self,
        asked: (&TenantId, Provider),
        now: Timestamp,
    ) -> Result<Breaker, StoreError> {
        if let Some(breaker) = self.with(asked, now, |it| it.breaker(now)) {
            return Ok(breaker);
        }
        match self.store.of(asked.0).breaker(asked.1).await {
            Ok(read) => {
                let breaker = read.unwrap_or_default();
                self.with(asked, now, |it| it.knows_breaker(breaker.clone(), now));
                Ok(breaker)
            }
            Err(e) => self.with(asked, now, |it| it.last_breaker()).ok_or(e),
        }
    }

    async fn probe(
        &self,
        asked: (&TenantId, Provider),
        now: Timestamp,
    ) -> Result<Verdict, StoreError> {
        let verdict = self.change_breaker(asked, Event::Asked, now).await?;
        if let Verdict::Probe(_) = verdict {
            info!(tenant = %asked.0, provider = %asked.1, "trying whether the provider is back");
        }
        Ok(verdict)
    }

    async fn change_breaker(
        &self,
        asked: (&TenantId, Provider),
        event: Event<'_>,
        now: Timestamp,
    ) -> Result<Verdict, StoreError> {
        let scope = self.store.of(asked.0);
        let changed = scope.change_breaker(asked.1, |it| {
            let (next, verdict) = it.step(event, now);
            (next.clone(), (next, verdict, it.is_closed()))
        });
        let (breaker, verdict, was_closed) = changed.await?;
        if was_closed != breaker.is_closed() {
            let now = if was_closed { "failing, and is left alone" } else { "back" };
            metrics::count(if was_closed { "BreakersOpened" } else { "BreakersClosed" });
            warn!(tenant = %asked.0, provider = %asked.1, "the provider is {now}");
        }
        self.with(asked, now, |it| it.knows_breaker(breaker, now));
        Ok(verdict)
    }

    /// Who waits for a provider to be back does not come all at once.
    fn failing(
        &self,
        asked: (&TenantId, Provider),
        lane: Lane,
        until: Timestamp,
        now: Timestamp,
    ) -> Wait {
        let until = self.with(asked, now, |it| it.line_up(lane, until, now));
        Wait { until, why: Why::Failing }
    }

    fn with<T>(
        &self,
        asked: (&TenantId, Provider),
        now: Timestamp,
        then: impl FnOnce(&mut Memory) -> T,
    ) -> T {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (asked.0.clone(), asked.1);
        if !remembered.contains_key(&key) {
            remembered.retain(|_, it| it.is_of_use(now));
        }
        let limits = self.limits.get(&asked.1).copied();
        then(remembered.entry(key).or_insert_with(|| Memory::new(limits)))
    }
}

fn no_table(asked: (&TenantId, Provider), error: &StoreError, now: Timestamp) -> Wait {
    warn!(tenant = %asked.0, provider = %asked.1, error = %Chain(error), "a call has to wait");
    Wait { until: now.checked_add(TABLE_MENDS).unwrap_or(now), why: Why::NoTable }
}
