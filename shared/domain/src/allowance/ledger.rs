//! Calls that may still count, by the last moment at which they may have been made.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a call counts, and how finely times are told apart. Times are rounded up, so a call
/// never counts for less.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) length: SignedDuration,
    pub(super) grain: SignedDuration,
}

/// Milliseconds and numbers, since the whole is written with every lease and paid for by its size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    /// The last moment of each, in order, and how many calls.
    ours: Vec<(i64, u32)>,
    /// Calls the provider counts that are not ours, and how long to take that into account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    others: Option<(i64, u32)>,
}

impl Window {
    fn rounded(self, at: Timestamp) -> i64 {
        let grain = millis(self.grain).max(1);
        let at = at.as_millisecond();
        at.saturating_add((grain - at.rem_euclid(grain)) % grain)
    }

    /// When a call no longer counts that was made at `last` at the latest.
    fn forgotten_at(self, last: i64) -> i64 {
        last.saturating_add(millis(self.length))
    }
}

impl Ledger {
    /// How many calls count at `now`.
    pub(super) fn taken(&self, window: Window, now: Timestamp) -> u32 {
        self.counted(window, now).fold(0, |sum, (_, calls)| sum.saturating_add(calls))
    }

    /// When fewer than `limit` calls will count, if nobody takes any more.
    pub(super) fn free_at(&self, window: Window, limit: u32, now: Timestamp) -> Timestamp {
        let mut counted: Vec<_> = self.counted(window, now).collect();
        counted.sort_unstable();
        let mut left = self.taken(window, now);
        for (forgotten_at, calls) in counted {
            left -= calls.min(left);
            if left < limit {
                return Timestamp::from_millisecond(forgotten_at).unwrap_or(Timestamp::MAX);
            }
        }
        now
    }

    /// The last moment of all.
    pub(super) fn last(&self) -> Option<Timestamp> {
        let ours = self.ours.last().map(|(last, _)| *last);
        let last = ours.max(self.others.map(|(until, _)| until))?;
        Timestamp::from_millisecond(last).ok()
    }

    /// Each of what counts at `now`, with when it will not.
    fn counted(&self, window: Window, now: Timestamp) -> impl Iterator<Item = (i64, u32)> {
        let ours = self.ours.iter().map(move |(last, calls)| (window.forgotten_at(*last), *calls));
        ours.chain(self.others).filter(move |(until, _)| *until > now.as_millisecond())
    }

    pub(super) fn add(&mut self, window: Window, last: Timestamp, calls: u32, now: Timestamp) {
        let now = now.as_millisecond();
        self.ours.retain(|(last, _)| window.forgotten_at(*last) > now);
        self.others = self.others.filter(|(until, _)| *until > now);
        self.put(window.rounded(last), calls);
    }

    fn put(&mut self, last: i64, calls: u32) {
        match self.ours.binary_search_by_key(&last, |(last, _)| *last) {
            Ok(at) => self.ours[at].1 = self.ours[at].1.saturating_add(calls),
            Err(at) => self.ours.insert(at, (last, calls)),
        }
    }

    /// Of `calls` that were to be made by `last`, only `used` were, and by `used_last`. What is
    /// forgotten already stays forgotten.
    pub(super) fn give_back(
        &mut self,
        window: Window,
        (last, calls): (Timestamp, u32),
        (used_last, used): (Timestamp, u32),
    ) {
        let last = window.rounded(last);
        let Ok(at) = self.ours.binary_search_by_key(&last, |(last, _)| *last) else { return };
        self.ours[at].1 = self.ours[at].1.saturating_sub(calls);
        if self.ours[at].1 == 0 {
            self.ours.remove(at);
        }
        if used > 0 {
            self.put(window.rounded(used_last), used);
        }
    }

    /// The provider had counted `used` calls by `at`. What we do not know of is somebody else's,
    /// and counts until then; it does not become less before.
    pub(super) fn hear(&mut self, window: Window, used: u32, until: Timestamp, at: Timestamp) {
        let before = self.others.filter(|(until, _)| *until > at.as_millisecond());
        self.others = None;
        let others = used.saturating_sub(self.taken(window, at));
        let heard = (others > 0).then_some((until.as_millisecond(), others));
        self.others = match (before, heard) {
            (Some((until, calls)), Some((later, others))) if others >= calls => {
                Some((later.max(until), others))
            }
            (Some(before), _) => Some(before),
            (None, heard) => heard,
        };
    }
}

fn millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
