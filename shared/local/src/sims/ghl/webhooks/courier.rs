//! How an event is posted, and again where it is not taken.

use std::time::Duration;

use jiff::Timestamp;

use crate::sims::{
    ghl::{delivery::PATIENCE, options::Redelivery, signing::SigningKey},
    posting::{Again, Content, Courier, Dressed, Posted, Posting},
};

/// How many attempts follow the first.
const RETRIES: u32 = 12;

/// Neither the waits nor the horizon are published, but that each wait is longer.
const FIRST_WAIT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Portal {
    key: SigningKey,
    retries: u32,
    first_wait: Duration,
}

impl Portal {
    pub(super) fn new(key: SigningKey, redelivery: Redelivery) -> Self {
        let (retries, first_wait) = match redelivery {
            Redelivery::Manual => (RETRIES, FIRST_WAIT),
            Redelivery::Automatic { retries, first_wait } => (retries, first_wait),
        };
        Self { key, retries, first_wait }
    }
}

impl Courier for Portal {
    /// Every attempt has the same body, with the same timestamp in it.
    fn dress(&self, posting: &Posting, _: Timestamp) -> Dressed {
        let body = match &posting.content {
            Content::Json(event) => event.to_string().into_bytes(),
            Content::Form(_) => Vec::new(),
        };
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-ghl-signature", self.key.sign(&body)),
        ];
        Dressed { url: posting.url.clone(), headers, body }
    }

    /// After anything but 2xx.
    fn again(&self, posting: &Posting, answer: &Posted) -> Again {
        if answer.is_accepted() || posting.attempt > self.retries {
            return Again::Never;
        }
        let doubled = 2_u32.saturating_pow(posting.attempt.saturating_sub(1));
        let pause = self.first_wait.saturating_mul(doubled);
        Again::After { pause, url: posting.url.clone() }
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }
}
