//! Answers that are given once: a caller that repeats a request under the same key gets what the first
//! one got, and nothing is done again.
//!
//! A try may fail after it did its work. What it did is known again by the ids that follow from the
//! request, and where an id is the caller's choice, by a mark that is written together with the work.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    item::{Item, Row, Table},
    keys::Key,
    store::{Added, Scope, StoreError},
    transaction::{Condition, Transaction},
};

/// For how long a key is remembered.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// For how long whoever works on a request has it alone. Longer than the API may run.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// A request under a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Once {
    /// What tells this request from another under the same key.
    digest: String,
    /// When it first came. Its other tries keep that.
    since: Timestamp,
    #[serde(flatten)]
    stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
enum Stage {
    Working {
        until: Timestamp,
    },
    /// It was refused, so it may be mended: another request may come under its key. The same one is
    /// another try of it, for what refused it may have come after its work.
    Free,
    /// Sealed by whoever answered, for an answer may hold a secret that is shown once.
    Answered {
        answer: String,
    },
}

impl Item for Once {
    const KIND: &'static str = "answer given once";
    const TABLE: Table = Table::Journal;

    fn expires_at(&self) -> Option<Timestamp> {
        self.since.checked_add(REMEMBERED).ok()
    }
}

impl Once {
    /// When this request first came. It is the same for every try of it.
    pub fn since(&self) -> Timestamp {
        self.since
    }
}

/// That a request did its work.
#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    since: Timestamp,
}

impl Item for Mark {
    const KIND: &'static str = "mark of a request";
    const TABLE: Table = Table::Journal;

    fn expires_at(&self) -> Option<Timestamp> {
        self.since.checked_add(REMEMBERED).ok()
    }
}

impl Transaction<'_> {
    /// Everything else only happens if no other try of this request did it before: see
    /// [`was_done`].
    pub fn marked(self, seed: &str, since: Timestamp) -> Self {
        let key = Key::mark(self.tenant(), seed);
        self.add(&key, &Mark { since })
    }
}

/// Whether a transaction was refused because another try of the same request did it before.
pub fn was_done(conditions: &[Condition]) -> bool {
    conditions.contains(&Condition::New(Mark::KIND))
}

/// What to do about a request under a key.
#[derive(Debug)]
pub enum Begun {
    /// Nobody has answered it.
    Start(Row<Once>),
    /// This was the answer.
    Replay(String),
    /// Somebody is at it.
    Busy,
    /// The key was used for another request.
    Mismatch,
}

impl Scope<'_> {
    /// Takes a request on. `who` uses `key`; the same key of another caller is another request.
    pub async fn begin_once(
        &self,
        who: &str,
        key: &str,
        digest: &str,
        now: Timestamp,
    ) -> Result<Begun, StoreError> {
        let place = Key::once(self.tenant, who, key);
        let until = now + LEASE;
        let new = Once { digest: digest.to_owned(), since: now, stage: Stage::Working { until } };
        if self.add(&place, &new).await? == Added::New {
            return Ok(Begun::Start(self.get(&place).await?.ok_or(StoreError::Conflict)?));
        }
        let found = self.get::<Once>(&place).await?.ok_or(StoreError::Conflict)?;
        let is_forgotten = found.body.since + REMEMBERED <= now;
        let is_repeated = !is_forgotten && found.body.digest == digest;
        let new = Once { since: if is_repeated { found.body.since } else { now }, ..new };
        match &found.body.stage {
            _ if is_forgotten || found.body.stage == Stage::Free => {
                self.take_over(&place, found, new).await
            }
            _ if found.body.digest != digest => Ok(Begun::Mismatch),
            Stage::Answered { answer } => Ok(Begun::Replay(answer.clone())),
            Stage::Working { until } if *until > now => Ok(Begun::Busy),
            // Whoever had it is gone. What it did is found again, for its ids follow from the key.
            Stage::Working { .. } | Stage::Free => self.take_over(&place, found, new).await,
        }
    }

    async fn take_over(&self, place: &Key, row: Row<Once>, new: Once) -> Result<Begun, StoreError> {
        match self.replace(place, &row, &new).await {
            Ok(()) => Ok(Begun::Start(row.next(new))),
            Err(StoreError::Conflict) => Ok(Begun::Busy),
            Err(e) => Err(e),
        }
    }

    /// Keeps the answer for whoever asks again.
    pub async fn finish_once(
        &self,
        who: &str,
        key: &str,
        row: &Row<Once>,
        answer: String,
    ) -> Result<(), StoreError> {
        let done = Once { stage: Stage::Answered { answer }, ..row.body.clone() };
        self.replace(&Key::once(self.tenant, who, key), row, &done).await
    }

    /// Gives a request back that was refused, so that it can be mended.
    pub async fn give_back_once(
        &self,
        who: &str,
        key: &str,
        row: &Row<Once>,
    ) -> Result<(), StoreError> {
        let free = Once { stage: Stage::Free, ..row.body.clone() };
        self.replace(&Key::once(self.tenant, who, key), row, &free).await
    }
}
