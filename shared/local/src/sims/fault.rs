//! Faults on demand: what a simulator does wrong, on which call, how often.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// What goes wrong with one call to a simulator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// The call has no effect and is never answered.
    HangBefore,
    /// The call has its effect and is never answered.
    HangAfter,
    /// The call has no effect and is answered with this status.
    Status {
        status: u16,
        /// The body, or the vendor's usual one for this status.
        #[serde(default)]
        body: Option<serde_json::Value>,
        /// Seconds, for `Retry-After`.
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// The call has its effect, but is answered with this status.
    StatusAfter { status: u16 },
}

/// A fault that waits for its call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// The operation it strikes, by the simulator's name for it (`send`, `upsert_contact`, …). The
    /// simulated GoHighLevel also knows `*@<location>`: all that is asked for one location.
    pub on: String,
    /// How many calls it strikes. It is gone afterwards.
    #[serde(default = "once")]
    pub times: u32,
    #[serde(flatten)]
    pub fault: Fault,
}

fn once() -> u32 {
    1
}

/// The faults still to come, first planned first.
#[derive(Debug, Default)]
pub struct Plan {
    planned: Mutex<VecDeque<Planned>>,
}

impl Plan {
    pub fn add(&self, planned: Planned) {
        self.lock().push_back(planned);
    }

    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The fault for this call of `operation`, which is used up by asking.
    pub fn next(&self, operation: &str) -> Option<Fault> {
        let mut planned = self.lock();
        let at = planned.iter().position(|it| it.on == operation && it.times > 0)?;
        planned[at].times -= 1;
        let fault = planned[at].fault.clone();
        if planned[at].times == 0 {
            planned.remove(at);
        }
        Some(fault)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Planned>> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a hanging call hangs: longer than any caller of ours waits.
pub const HANG: Duration = Duration::from_secs(40);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_its_own_operation_as_often_as_planned() {
        let plan = Plan::default();
        plan.add(Planned { on: "send".into(), times: 2, fault: Fault::HangAfter });

        assert_eq!(plan.next("list"), None);
        assert_eq!(plan.next("send"), Some(Fault::HangAfter));
        assert_eq!(plan.next("send"), Some(Fault::HangAfter));
        assert_eq!(plan.next("send"), None);
    }
}
