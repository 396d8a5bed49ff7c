//! Ids that look like GHL's: opaque, and the same in every run of a test.

use aws_lc_rs::digest::{SHA256, digest};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Hands out ids, a different one each time.
#[derive(Debug)]
pub(super) struct Ids {
    seed: String,
    handed_out: u64,
}

impl Ids {
    /// Two simulators with different seeds hand out different ids.
    pub(super) fn seeded(seed: &str) -> Self {
        Self { seed: seed.to_owned(), handed_out: 0 }
    }

    /// Twenty characters, as contacts, conversations and messages have.
    pub(super) fn next(&mut self) -> String {
        self.handed_out += 1;
        let hash = digest(&SHA256, format!("{} {}", self.seed, self.handed_out).as_bytes());
        hash.as_ref()
            .iter()
            .take(20)
            .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
            .collect()
    }
}
