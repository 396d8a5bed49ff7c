//! Who goes first.

use serde::{Deserialize, Serialize};

/// What a call is for, the most urgent first.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Lane {
    /// A person waits for it: a text in either direction.
    Reply,
    /// A person sees it: what became of a message.
    Status,
    Campaign,
    /// Nobody would notice if it came tomorrow.
    Backfill,
}

impl Lane {
    /// How much of an allowance may be taken when this lane takes something. The rest is kept for
    /// those before it, so that however much waits in one lane, an earlier one finds room. An
    /// allowance of a few calls cannot be divided; every lane has one call at least.
    pub fn share(self, of: u32) -> u32 {
        let percent = match self {
            Self::Reply => 100,
            Self::Status => 90,
            Self::Campaign => 80,
            Self::Backfill => 60,
        };
        let share = (u64::from(of) * percent).div_ceil(100);
        u32::try_from(share).unwrap_or(of)
    }

    /// Whether it is made one call at a time, so that the next one elsewhere is not kept waiting.
    pub fn is_interactive(self) -> bool {
        match self {
            Self::Reply | Self::Status => true,
            Self::Campaign | Self::Backfill => false,
        }
    }
}
