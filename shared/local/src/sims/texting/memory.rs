//! What an `Idempotency-Key` stands for.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::errors::error;
use crate::sims::server::Answer;

/// How long a key is remembered.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The accepted requests of the last day, by key. A refused request may be tried again.
#[derive(Debug, Default)]
pub(super) struct Memory {
    accepted: Mutex<BTreeMap<String, Accepted>>,
}

struct Accepted {
    at: Timestamp,
    request: Value,
    answer: Answer,
}

impl Memory {
    /// The first answer to this request, or `effect` if there was none.
    pub(super) fn once(
        &self,
        key: &str,
        request: &Value,
        now: Timestamp,
        effect: impl FnOnce() -> Result<Answer, Answer>,
    ) -> Result<Answer, Answer> {
        // Locked until the end, so that of two requests at once the second waits for the first.
        let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        accepted.retain(|_, it| now < it.at + LIFETIME);
        match accepted.get(key) {
            Some(first) if first.request == *request => {
                Ok(first.answer.clone().with_header("idempotent-replay", "true"))
            }
            Some(_) => Err(error(
                422,
                "idempotency_mismatch",
                None,
                "This key was used for another request.",
            )),
            None => {
                let answer = effect()?;
                let request = request.clone();
                let first = Accepted { at: now, request, answer: answer.clone() };
                accepted.insert(key.to_owned(), first);
                Ok(answer)
            }
        }
    }
}

impl fmt::Debug for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepted").field("at", &self.at).finish_non_exhaustive()
    }
}
