//! What a carrier's error codes mean: why the text failed, and whether another try may help. The
//! tables themselves stand with their carriers.

use std::time::Duration;

use domain::{
    failure::{Failure, Reason},
    outbound::Sending,
};
use egress::Answer;

/// Whether asking the carrier again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    Never,
    /// At our own pace, or at the carrier's if it names one.
    Later,
    /// Not before this long from now.
    After(Duration),
}

pub(crate) const MINUTES: Again = Again::After(Duration::from_mins(5));
pub(crate) const AN_HOUR: Again = Again::After(Duration::from_hours(1));
pub(crate) const A_DAY: Again = Again::After(Duration::from_hours(24));

/// All codes of one meaning per row. A code stands in one row only.
pub(crate) type Table = [(Reason, Again, &'static [&'static str])];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) reason: Reason,
    pub(crate) again: Again,
}

impl Meaning {
    pub(crate) const UNKNOWN: Self = Self { reason: Reason::Unknown, again: Again::Never };
    pub(crate) const BUSY: Self = Self { reason: Reason::Busy, again: Again::Later };

    pub(crate) fn find(table: &Table, code: &str) -> Option<Self> {
        let &(reason, again, _) = table.iter().find(|(_, _, codes)| codes.contains(&code))?;
        Some(Self { reason, again })
    }

    /// What came of a send that was answered with a code of this meaning.
    pub(crate) fn sending(self, code: &str, answer: &Answer) -> Sending {
        let failure = Failure::new(self.reason, code);
        match self.again {
            Again::Never => Sending::Refused(failure),
            Again::Later => Sending::Deferred { failure, after: answer.retry_after() },
            Again::After(wait) => {
                let after = answer.retry_after().map_or(wait, |asked| asked.max(wait));
                Sending::Deferred { failure, after: Some(after) }
            }
        }
    }
}

/// A table in which a code stands twice says two things at once.
#[cfg(test)]
pub(crate) fn assert_unambiguous(table: &Table) {
    let mut codes: Vec<_> = table.iter().flat_map(|(_, _, codes)| *codes).collect();
    codes.sort_unstable();
    for pair in codes.windows(2) {
        assert_ne!(pair[0], pair[1], "stands in two rows");
    }
}
