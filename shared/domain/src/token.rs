//! The life of an access token: until when it is good, who is getting the next one, and what to do
//! if there is none.
//!
//! A refresh may happen once: the other side forgets the old refresh token, and a new one that is
//! not stored is lost. So whoever refreshes first writes down that they do, fenced by the version of
//! what they read, and stores what they got before it is used. If they die in between, the next one
//! takes over with the same old refresh token, for which the other side gives the same new one for a
//! while (GoHighLevel: 30 seconds).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long before its end a token is not used any more: longer than a call takes.
const SLACK: SignedDuration = SignedDuration::from_mins(2);

/// How long whoever refreshes has it alone. Longer than a call takes, and short enough for two more
/// tries within the other side's 30 seconds.
pub const REFRESH_LEASE: SignedDuration = SignedDuration::from_secs(8);

/// How long to leave a business alone that is not active on the other side.
const SUSPENDED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Where a token is refused so soon after one was refused before it, another would not help: it is
/// not refused for its age.
const AGAIN: SignedDuration = SignedDuration::from_mins(5);

/// How fresh a pair of tokens is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenState {
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    /// When another was last asked for because this one, or one before it, was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_at: Option<Timestamp>,
    pub stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    Good,
    /// Somebody asked for a new pair, and its answer is not written down. From `until` on it is
    /// anybody's to ask again.
    Refreshing {
        /// When it was asked for first.
        since: Timestamp,
        until: Timestamp,
        tries: u32,
    },
    /// The business is not active on the other side. The refresh token is good again once it is.
    Suspended {
        /// When the other side last said so.
        since: Timestamp,
        again: Timestamp,
    },
    /// Nothing but a person's consent gives another pair.
    Lost {
        since: Timestamp,
    },
}

/// What a token is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A call that is about to be made.
    Call,
    /// Another token than the one that was issued then: it was refused.
    Another { than: Timestamp },
    /// Nothing yet. It is to be fresh when it will be needed.
    Later,
    /// Somebody says that the business is active again.
    Awake,
}

/// What to do for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    Use,
    /// Write down that it is being refreshed, and refresh it.
    Refresh,
    /// Somebody else is refreshing it.
    Wait {
        until: Timestamp,
    },
    /// There is none before this time.
    Suspended {
        again: Timestamp,
    },
    /// It was refused, and so was the one before it: another would not help. It may be another
    /// matter by then.
    Rest {
        until: Timestamp,
    },
    /// There is none before somebody consents anew.
    Lost,
}

/// What happened to a pair of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Somebody is about to ask for another.
    Asked,
    /// There is another.
    Renewed { expires_at: Timestamp },
    /// It was asked for, and nobody knows what came of it; or the other side could not say.
    NoAnswer { again: Timestamp },
    /// The other side says that the business is not active.
    NotActive,
    /// The other side does not know the refresh token.
    Refused,
}

impl TokenState {
    pub fn issued(now: Timestamp, expires_at: Timestamp) -> Self {
        Self { issued_at: now, expires_at, refused_at: None, stage: Stage::Good }
    }

    pub fn plan(&self, need: Need, now: Timestamp) -> Plan {
        let is_good = now < self.expires_at - SLACK;
        let is_enough = match need {
            Need::Call | Need::Awake => is_good,
            Need::Another { than } => is_good && than != self.issued_at,
            Need::Later => now < self.refresh_at(),
        };
        match self.stage {
            Stage::Lost { .. } => Plan::Lost,
            Stage::Suspended { again, .. } if now < again && need != Need::Awake => {
                Plan::Suspended { again }
            }
            Stage::Good if is_enough => Plan::Use,
            Stage::Good if is_good && need != Need::Later => match self.rests_until(now) {
                Some(until) => Plan::Rest { until },
                None => Plan::Refresh,
            },
            Stage::Refreshing { until, .. } if now < until => {
                if matches!(need, Need::Call | Need::Awake) && is_good {
                    Plan::Use
                } else {
                    Plan::Wait { until }
                }
            }
            Stage::Good | Stage::Refreshing { .. } | Stage::Suspended { .. } => Plan::Refresh,
        }
    }

    /// When it is to be renewed although nobody calls: after four fifths of its life.
    pub fn refresh_at(&self) -> Timestamp {
        let life = self.expires_at.duration_since(self.issued_at);
        self.issued_at + life * 4 / 5
    }

    /// When it needs somebody's attention; nothing if a person's is needed.
    pub fn due(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Good => Some(self.refresh_at()),
            Stage::Refreshing { until, .. } => Some(until),
            Stage::Suspended { again, .. } => Some(again),
            Stage::Lost { .. } => None,
        }
    }

    /// The state after `happening`. Whatever happens has a next state.
    #[must_use]
    pub fn step(&self, happening: Happening, now: Timestamp) -> Self {
        let stage = match happening {
            Happening::Renewed { expires_at } => {
                return Self { refused_at: self.refused_at, ..Self::issued(now, expires_at) };
            }
            Happening::Asked => {
                let (since, tries) = self.refreshing().unwrap_or((now, 0));
                Stage::Refreshing { since, until: now + REFRESH_LEASE, tries: tries + 1 }
            }
            Happening::NoAnswer { again } => {
                let (since, tries) = self.refreshing().unwrap_or((now, 1));
                Stage::Refreshing { since, until: again, tries }
            }
            Happening::NotActive => Stage::Suspended { since: now, again: now + SUSPENDED_FOR },
            Happening::Refused => Stage::Lost { since: now },
        };
        Self { stage, ..self.clone() }
    }

    /// Until when another is not asked for because this one is refused: it was made because the one
    /// before it was.
    fn rests_until(&self, now: Timestamp) -> Option<Timestamp> {
        let refused_at = self.refused_at.filter(|it| *it <= self.issued_at)?;
        let until = refused_at.checked_add(AGAIN).ok()?;
        (until > now).then_some(until)
    }

    /// How often it was asked for in a row.
    pub fn tries(&self) -> u32 {
        self.refreshing().map_or(0, |(_, tries)| tries)
    }

    fn refreshing(&self) -> Option<(Timestamp, u32)> {
        match self.stage {
            Stage::Refreshing { since, tries, .. } => Some((since, tries)),
            Stage::Good | Stage::Suspended { .. } | Stage::Lost { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
