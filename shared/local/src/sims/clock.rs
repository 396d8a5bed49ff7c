//! The time that a world and its simulators share. Tests set it; the running world reads the
//! machine's.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// A clock: the machine's, or one that only moves when told.
#[derive(Clone, Debug)]
pub enum Clock {
    Machine,
    Set(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// A clock that stands still at `now`.
    pub fn set_to(now: Timestamp) -> Self {
        Self::Set(Arc::new(Mutex::new(now)))
    }

    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the clock")]
            Self::Machine => Timestamp::now(),
            Self::Set(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a set clock forward. The machine's clock moves by itself.
    pub fn advance(&self, by: SignedDuration) {
        if let Self::Set(now) = self {
            let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
            *now += by;
        }
    }
}
