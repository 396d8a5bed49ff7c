//! Ids of the shapes that vendors give, different for every simulator and the same in every run
//! of a test.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use aws_lc_rs::digest::{SHA256, digest};

pub struct Ids {
    seed: String,
    next: AtomicU64,
}

impl Ids {
    pub fn new(seed: String) -> Self {
        Self { seed, next: AtomicU64::new(0) }
    }

    /// 32 lower-case hexadecimal digits.
    pub fn hex(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut digits = hex::encode(digest(&SHA256, format!("{}#{number}", self.seed).as_bytes()));
        digits.truncate(32);
        digits
    }

    /// A UUID of version 4.
    pub fn uuid(&self) -> String {
        let hex = self.hex();
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }

    /// 26 characters that read like a ULID of our years.
    pub fn ulid(&self) -> String {
        format!("01J{}", &self.hex().to_uppercase()[..23])
    }
}

/// Hides the seed, which may be made of an account's key.
impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ids").field("next", &self.next).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_their_shapes_and_differ() {
        let ids = Ids::new("acme".into());

        let (one, other) = (ids.uuid(), ids.uuid());

        assert_ne!(one, other);
        assert_eq!(one.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!((ids.hex().len(), ids.ulid().len()), (32, 26));
    }
}
