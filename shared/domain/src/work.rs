//! How unfinished work is tried again: when, and how often before a person must look.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// For how long whoever claims a piece of work has it alone. Longer than any function may run, so
/// that nobody takes over from a function that is still at it.
pub const LEASE: SignedDuration = SignedDuration::from_secs(90);

/// Claims without any outcome, success or failure, after which the work is quarantined: whatever
/// it is, doing it kills the function that does it.
pub const CLAIM_LIMIT: u32 = 5;

/// The other side will not have it, however often it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUp {
    pub at: Timestamp,
    pub why: String,
}

const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(2);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// How long to wait after the `tries`-th failure (from 0): 2 s, doubling to 15 minutes, less up to
/// a quarter so that what failed together does not come back together. The same `seed` and
/// `tries` give the same wait.
pub fn backoff(tries: u32, seed: &str) -> SignedDuration {
    let doubled = FIRST_WAIT.as_millis().saturating_mul(1 << tries.min(20));
    let full = doubled.min(LONGEST_WAIT.as_millis());
    let jitter = full / 4 * i128::from(fraction(tries, seed)) / i128::from(u8::MAX);
    let wait = i64::try_from(full - jitter).unwrap_or(i64::MAX);
    SignedDuration::from_millis(wait)
}

/// When work that failed for the `tries`-th time is due again: after the backoff, or when the
/// other side asked us to come back, whichever is later.
pub fn due_again(
    now: Timestamp,
    tries: u32,
    seed: &str,
    asked: Option<SignedDuration>,
) -> Timestamp {
    let wait = backoff(tries, seed).max(asked.unwrap_or(SignedDuration::ZERO));
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

fn fraction(tries: u32, seed: &str) -> u8 {
    let mut hash = Sha256::new();
    hash.update(seed.as_bytes());
    hash.update(tries.to_be_bytes());
    hash.finalize()[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_wait_is_between_three_quarters_and_all_of_its_step(tries in 0_u32..64, seed in ".*") {
            let step = (2_000_i128 << tries.min(20)).min(15 * 60 * 1_000);
            let wait = backoff(tries, &seed).as_millis();
            prop_assert!(wait <= step && wait >= step * 3 / 4, "{wait} of {step}");
        }

        #[test]
        fn we_never_come_back_before_we_were_asked_to(tries in 0_u32..20, asked in 0_i64..100_000) {
            let now = Timestamp::UNIX_EPOCH;
            let asked = SignedDuration::from_secs(asked);
            prop_assert!(due_again(now, tries, "seed", Some(asked)) >= now + asked);
        }
    }

    #[test]
    fn what_failed_together_does_not_come_back_together() {
        assert_ne!(backoff(4, "one"), backoff(4, "two"));
    }
}
