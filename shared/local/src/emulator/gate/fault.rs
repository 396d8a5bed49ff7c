//! Faults on demand: which call fails, how, and whether it had its effect.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whether a failed call had its effect. Its caller cannot tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    #[default]
    Before,
    After,
}

/// What the caller of a failed call gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum How {
    /// 500 `InternalServerError`.
    #[default]
    InternalError,
    /// 400 `ThrottlingException`.
    Throttled,
    /// An answer that breaks off: the connection is lost.
    Dropped,
}

/// A fault that waits for its call.
///
/// A crash at every point of a handler is `Fault { skip: n, times: u32::MAX, ..default() }` for
/// every `n` up to the number of its calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The operation it strikes, or any.
    pub operation: Option<String>,
    /// How many calls it lets pass before it strikes.
    pub skip: u32,
    /// How many calls it strikes. It is gone afterwards.
    pub times: u32,
    pub when: When,
    pub how: How,
}

impl Default for Fault {
    fn default() -> Self {
        Self { operation: None, skip: 0, times: 1, when: When::default(), how: How::default() }
    }
}

/// The faults still to come, first planned first.
#[derive(Debug, Default)]
pub(super) struct Faults {
    planned: Mutex<Vec<Fault>>,
}

impl Faults {
    pub(super) fn add(&self, fault: Fault) {
        self.lock().push(fault);
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    /// The fault of this call of `operation`, which is used up by asking.
    pub(super) fn next(&self, operation: &str) -> Option<(When, How)> {
        let mut planned = self.lock();
        let fault = planned.iter_mut().find(|it| it.is_for(operation))?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        fault.times -= 1;
        let strike = (fault.when, fault.how);
        planned.retain(|it| it.times > 0);
        Some(strike)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fault {
    fn is_for(&self, operation: &str) -> bool {
        self.times > 0 && self.operation.as_deref().is_none_or(|it| it == operation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_lets_calls_pass_strikes_and_is_gone() {
        let faults = Faults::default();
        faults.add(Fault {
            operation: Some("PutItem".into()),
            skip: 1,
            when: When::After,
            ..Fault::default()
        });

        assert_eq!(faults.next("GetItem"), None);
        assert_eq!(faults.next("PutItem"), None);
        assert_eq!(faults.next("PutItem"), Some((When::After, How::InternalError)));
        assert_eq!(faults.next("PutItem"), None);
    }

    #[test]
    fn a_fault_without_an_operation_strikes_any() {
        let faults = Faults::default();
        faults.add(Fault { times: 2, how: How::Dropped, ..Fault::default() });

        assert_eq!(faults.next("GetItem"), Some((When::Before, How::Dropped)));
        assert_eq!(faults.next("Query"), Some((When::Before, How::Dropped)));
        assert_eq!(faults.next("Query"), None);
    }
}
