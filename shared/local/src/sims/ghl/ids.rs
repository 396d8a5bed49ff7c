//! Ids that look like GHL's: opaque, and the same in every run of a test.

use aws_lc_rs::digest::{Digest, SHA256, digest};

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

    /// A UUID, as events have.
    pub(super) fn uuid(&mut self) -> String {
        let digits = hex::encode(self.hash());
        let part = |range| digits.get(range).unwrap_or_default();
        format!(
            "{}-{}-4{}-8{}-{}",
            part(0..8),
            part(8..12),
            part(13..16),
            part(17..20),
            part(20..32)
        )
    }

    /// Twenty characters, as contacts, conversations and messages have.
    pub(super) fn next(&mut self) -> String {
        self.hash()
            .as_ref()
            .iter()
            .take(20)
            .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
            .collect()
    }

    fn hash(&mut self) -> Digest {
        self.handed_out += 1;
        digest(&SHA256, format!("{} {}", self.seed, self.handed_out).as_bytes())
    }
}
