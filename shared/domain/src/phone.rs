//! Telephone numbers, always in E.164 form: `+`, country code, number.
//!
//! Two doors lead in. [`FromStr`] takes strict E.164 only, which is what carriers send and what we
//! store; it never loads the world's numbering plans. [`PhoneNumber::parse`] takes what people
//! write, and loads them at first need.
//!
//! A number has to be *possible* (the length fits its country, as far as the door in question knows
//! countries), not assigned: area codes open faster than tables are updated, and carriers' test
//! numbers are assigned to nobody.

mod region;

use std::{fmt, str::FromStr};

use rlibphonenumber::{NumberLengthType, ParseError, ValidationError};
use serde::{Deserialize, Serialize};

use crate::look_alikes;

pub use region::{InvalidRegion, Region};

/// A number in E.164 form: `+` and 7 to 15 digits, not starting with zero; after `+1`, ten digits
/// not starting with 0 or 1. Seven is right: Niue and Saint Helena have such numbers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// What is wrong with a number. None of these repeats it, since a number is personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPhoneNumber {
    #[error("a telephone number has digits and the usual punctuation only, and no extension")]
    NotANumber,
    #[error("this is a short code, not a telephone number")]
    ShortCode,
    #[error("the number does not begin with `+` and a country code")]
    NoCountryCode,
    #[error("no country has this country code")]
    UnknownCountryCode,
    #[error("the number has too few digits for its country; the area code may be missing")]
    TooShort,
    #[error("the number has too many digits for its country")]
    TooLong,
    #[error("no number of this country has that many digits or such an area code")]
    Impossible,
}

/// More than anybody writes for 15 digits.
const LONGEST_WRITTEN: usize = 40;

impl PhoneNumber {
    /// Reads a number as people write it, with brackets, dots and dashes. Without a `+` it is a
    /// number as dialled within `region`.
    pub fn parse(raw: &str, region: Option<Region>) -> Result<Self, InvalidPhoneNumber> {
        let plain = plain(raw)?;
        refuse_short_code(&plain)?;
        if !plain.contains('+') && region.is_none() {
            return Err(InvalidPhoneNumber::NoCountryCode);
        }
        if let Some(number) = north_american(&plain, region) {
            return Ok(number);
        }
        look_up(&plain, region)?.parse()
    }

    /// Stands where a number was that somebody had erased. No country has the code 999, which the
    /// ITU holds in reserve (E.164, list of assigned codes).
    pub fn erased() -> Self {
        Self("+9990000000".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four digits, for showing which number is meant without showing it.
    pub fn last4(&self) -> &str {
        self.last(4)
    }

    /// The digits are ASCII, and at least seven.
    fn last(&self, count: usize) -> &str {
        &self.0[self.0.len() - count..]
    }
}

impl FromStr for PhoneNumber {
    type Err = InvalidPhoneNumber;

    fn from_str(raw: &str) -> Result<Self, InvalidPhoneNumber> {
        refuse_short_code(raw)?;
        let digits = raw.strip_prefix('+').ok_or(InvalidPhoneNumber::NoCountryCode)?;
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidPhoneNumber::NotANumber);
        }
        match digits.strip_prefix('1') {
            Some(national) => check_length(national, 10, 10)?,
            None => check_length(digits, 7, 15)?,
        }
        if digits.starts_with('0') {
            return Err(InvalidPhoneNumber::UnknownCountryCode);
        }
        if digits.starts_with("10") || digits.starts_with("11") {
            return Err(InvalidPhoneNumber::Impossible);
        }
        Ok(Self(raw.to_owned()))
    }
}

fn check_length(digits: &str, least: usize, most: usize) -> Result<(), InvalidPhoneNumber> {
    if digits.len() < least {
        return Err(InvalidPhoneNumber::TooShort);
    }
    if digits.len() > most {
        return Err(InvalidPhoneNumber::TooLong);
    }
    Ok(())
}

/// Nobody's whole number has three to six digits, save on islands that are written with `+`.
fn refuse_short_code(plain: &str) -> Result<(), InvalidPhoneNumber> {
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    let is_written_like_one = plain.bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b' ');
    if is_written_like_one && (3..=6).contains(&digits) {
        return Err(InvalidPhoneNumber::ShortCode);
    }
    Ok(())
}

/// The number in ASCII. Pasted numbers come with odd dashes and invisible marks. Letters are
/// refused, and so are prefixes like `tel:` and extensions, which cannot be texted.
fn plain(raw: &str) -> Result<String, InvalidPhoneNumber> {
    let mut plain = String::new();
    for c in raw.trim().chars() {
        match look_alikes::plain(c) {
            Some("") => {}
            Some(spelling) if spelling.len() == 1 => plain.push_str(spelling),
            None if is_usual(c) => plain.push(c),
            Some(_) | None => return Err(InvalidPhoneNumber::NotANumber),
        }
    }
    if !plain.chars().all(is_usual) || !plain.contains(|c: char| c.is_ascii_digit()) {
        return Err(InvalidPhoneNumber::NotANumber);
    }
    if plain.len() > LONGEST_WRITTEN {
        return Err(InvalidPhoneNumber::TooLong);
    }
    Ok(plain.trim().to_owned())
}

fn is_usual(c: char) -> bool {
    c.is_ascii_digit() || "+-. ()/".contains(c)
}

/// The short cut for most numbers we meet. To load all numbering plans takes 7 MB, and 7 ms of a
/// whole processor, of which a small function has a tenth.
fn north_american(plain: &str, region: Option<Region>) -> Option<PhoneNumber> {
    let is_international = plain.starts_with('+');
    if plain.rfind('+').is_some_and(|at| at > 0) {
        return None;
    }
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    match digits.len() {
        11 if digits.starts_with('1') && (is_international || region == Some(Region::US)) => {
            format!("+{digits}").parse().ok()
        }
        10 if !is_international && region == Some(Region::US) => format!("+1{digits}").parse().ok(),
        _ => None,
    }
}

fn look_up(plain: &str, region: Option<Region>) -> Result<String, InvalidPhoneNumber> {
    let number = rlibphonenumber::PhoneNumber::parse(plain, region.map(Region::in_library))
        .map_err(|refusal| match refusal {
            ParseError::InvalidCountryCode => InvalidPhoneNumber::UnknownCountryCode,
            ParseError::NotANumber(_) => InvalidPhoneNumber::NotANumber,
            ParseError::TooShortAfterIdd | ParseError::TooShortNsn => InvalidPhoneNumber::TooShort,
            ParseError::TooLongNsn => InvalidPhoneNumber::TooLong,
        })?;
    match number.is_possible_with_reason() {
        Ok(NumberLengthType::IsPossible) => {
            let national = number.get_national_significant_number();
            Ok(format!("+{}{national}", number.country_code))
        }
        Ok(NumberLengthType::IsPossibleLocalOnly) | Err(ValidationError::TooShort) => {
            Err(InvalidPhoneNumber::TooShort)
        }
        Err(ValidationError::TooLong) => Err(InvalidPhoneNumber::TooLong),
        Err(ValidationError::InvalidLength) => Err(InvalidPhoneNumber::Impossible),
        Err(ValidationError::InvalidCountryCode) => Err(InvalidPhoneNumber::UnknownCountryCode),
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = InvalidPhoneNumber;

    fn try_from(raw: String) -> Result<Self, InvalidPhoneNumber> {
        raw.parse()
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

/// The whole number, for a carrier or a person who may see it. A log gets `Debug`.
impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Shows only the last two digits: a number is personal data, and `Debug` ends up in logs.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber(…{})", self.last(2))
    }
}

#[cfg(test)]
mod tests;
