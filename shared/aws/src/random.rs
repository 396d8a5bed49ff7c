//! What follows from nothing: ids, and how long to stand aside.

use std::{fmt::Write, time::Duration};

use aws_lc_rs::rand;

/// The system gave no randomness, without which there is no secret and no new id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no randomness")]
pub struct NoRandomness;

/// 128 random bits in lower-case hex.
pub fn random_id() -> Result<String, NoRandomness> {
    let mut bytes = [0_u8; 16];
    rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes.iter().fold(String::with_capacity(32), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}"); // Writing to a string cannot fail.
        hex
    }))
}

/// Some part of `longest`. All of it, if the system gives no randomness.
pub(crate) fn part_of(longest: Duration) -> Duration {
    let mut byte = [u8::MAX];
    let _ = rand::fill(&mut byte); // Without it the byte stays as it is.
    longest * u32::from(byte[0]) / u32::from(u8::MAX)
}
