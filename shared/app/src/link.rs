//! The link by which somebody connects a location, and the `state` that comes back with their
//! consent: both say for which tenant, sealed by us and good for a short while.

use aws::{Seal, SecretError, Wanted};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Long enough to find somebody who may consent, and to sign in at GoHighLevel.
pub const LINK_LIVES: SignedDuration = SignedDuration::from_mins(30);

const PURPOSE: &str = "connect-location";

/// What a link says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub wanted: Wanted,
    pub expires_at: Timestamp,
}

/// What is wrong with a link.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("the link is not one of ours")]
    Forged,
    #[error("the link has expired")]
    Expired,
    #[error("links cannot be made or read now")]
    Secret(#[from] SecretError),
}

impl Link {
    pub fn new(wanted: Wanted, now: Timestamp) -> Self {
        Self { wanted, expires_at: now.checked_add(LINK_LIVES).unwrap_or(now) }
    }

    pub async fn sealed(&self, seal: &Seal, now: Timestamp) -> Result<String, LinkError> {
        let plain = serde_json::to_vec(self).unwrap_or_default();
        Ok(seal.seal(PURPOSE, &plain, now).await?)
    }

    pub async fn open(seal: &Seal, sealed: &str, now: Timestamp) -> Result<Self, LinkError> {
        let plain = seal.open(PURPOSE, sealed, now).await?.ok_or(LinkError::Forged)?;
        let link: Self = serde_json::from_slice(&plain).map_err(|_| LinkError::Forged)?;
        if link.expires_at <= now { Err(LinkError::Expired) } else { Ok(link) }
    }
}
