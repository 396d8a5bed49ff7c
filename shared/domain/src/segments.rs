//! What a text costs: in which alphabet it travels, and in how many parts.
//!
//! A part has 140 octets: 160 septets of GSM-7 or 70 units of UCS-2. A text of several parts
//! spends 6 octets of each on a header, which leaves 153 or 67. One character outside GSM-7 moves
//! the whole text to UCS-2. Neither an escaped pair of septets nor a surrogate pair is ever cut in
//! two.
//!
//! Carriers that also keep grapheme clusters whole, or that merely divide, can count one part more
//! or less at such a boundary. What is billed is what the carrier's answer says.

pub(crate) mod gsm7;
mod smart;

use serde::{Deserialize, Serialize};

pub use smart::smart;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    Gsm7,
    Ucs2,
}

/// What one text costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segments {
    pub encoding: Encoding,
    /// Septets in GSM-7, 16-bit units in UCS-2.
    pub units: u32,
    /// Parts to be sent and paid. An empty text counts as one.
    pub segments: u32,
    /// The first character to blame for UCS-2.
    pub first_non_gsm: Option<char>,
}

/// How long a text may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub segments: u32,
    pub characters: u32,
}

/// Why a text cannot be sent, in words for whoever wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLong {
    #[error("the text has {count} characters; at most {limit} can be sent")]
    Characters { count: u32, limit: u32 },
    #[error("the text takes {count} segments; at most {limit} can be sent")]
    Segments { count: u32, limit: u32 },
}

/// Counts `text` as it stands. Whoever sends with [`smart`] encoding counts its outcome.
pub fn analyse(text: &str) -> Segments {
    let first_non_gsm = text.chars().find(|c| gsm7::septets(*c).is_none());
    let encoding = if first_non_gsm.is_some() { Encoding::Ucs2 } else { Encoding::Gsm7 };
    let widths = text.chars().map(|c| encoding.width(c));
    Segments {
        encoding,
        units: widths.clone().sum(),
        segments: count_parts(widths, encoding),
        first_non_gsm,
    }
}

impl Limits {
    /// What every carrier we know takes.
    pub const USUAL: Self = Self { segments: 10, characters: 1600 };

    /// What `text` costs, if it may be sent at all. A character is a 16-bit unit here, the
    /// stricter reading, since carriers do not say what they count.
    pub fn check(&self, text: &str) -> Result<Segments, TooLong> {
        let characters = text.chars().map(|c| Encoding::Ucs2.width(c)).sum();
        if characters > self.characters {
            return Err(TooLong::Characters { count: characters, limit: self.characters });
        }
        let cost = analyse(text);
        if cost.segments > self.segments {
            return Err(TooLong::Segments { count: cost.segments, limit: self.segments });
        }
        Ok(cost)
    }
}

impl Encoding {
    /// Units in a text of one part.
    const fn alone(self) -> u32 {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// Units in each part of a text of several.
    const fn per_part(self) -> u32 {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    fn width(self, c: char) -> u32 {
        match self {
            Self::Gsm7 => gsm7::septets(c).unwrap_or(1),
            Self::Ucs2 if c > '\u{FFFF}' => 2,
            Self::Ucs2 => 1,
        }
    }
}

fn count_parts(widths: impl Iterator<Item = u32> + Clone, encoding: Encoding) -> u32 {
    if widths.clone().sum::<u32>() <= encoding.alone() {
        return 1;
    }
    let (parts, _) = widths.fold((1, 0), |(parts, used), width| {
        if used + width > encoding.per_part() { (parts + 1, width) } else { (parts, used + width) }
    });
    parts
}

#[cfg(test)]
mod tests;
