//! Where a number was written down.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A country by its two ISO letters (`US`), whose dialling habits a number without `+` follows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(rlibphonenumber::Region);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a region is the two ISO letters of a country, such as US")]
pub struct InvalidRegion;

impl Region {
    pub const US: Self = Self(rlibphonenumber::Region::US);

    pub fn parse(raw: &str) -> Result<Self, InvalidRegion> {
        if raw.len() != 2 {
            return Err(InvalidRegion);
        }
        raw.parse().map(Self).map_err(|_| InvalidRegion)
    }

    pub(super) fn in_library(self) -> rlibphonenumber::Region {
        self.0
    }
}

impl TryFrom<String> for Region {
    type Error = InvalidRegion;

    fn try_from(raw: String) -> Result<Self, InvalidRegion> {
        Self::parse(&raw)
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.to_string()
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.as_region_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_two_letters_in_either_case() {
        assert_eq!(Region::parse("US"), Ok(Region::US));
        assert_eq!(Region::parse("us"), Ok(Region::US));
        for bad in ["", "U", "USA", "1!", "001", "é"] {
            assert_eq!(Region::parse(bad), Err(InvalidRegion), "{bad:?}");
        }
    }

    #[test]
    fn the_stored_form_is_the_two_letters() {
        assert_eq!(serde_json::to_string(&Region::US).unwrap(), r#""US""#);
        assert_eq!(serde_json::from_str::<Region>(r#""US""#).unwrap(), Region::US);
    }
}
