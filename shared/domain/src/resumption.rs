//! Letting go on what was parked, once what it waited for has happened.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::TenantId,
    jobs::{FollowUp, Job},
};

/// The work of resuming a tenant's parked work. There is one for each tenant: it looks at everything
/// that is parked and lets go what has nothing to wait for any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumption {
    pub asked_at: Timestamp,
    /// When it is to be looked at next; nothing once all was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

impl Resumption {
    pub fn new(now: Timestamp) -> Self {
        Self { asked_at: now, due: Some(now) }
    }

    #[must_use]
    pub fn done(self) -> Self {
        Self { due: None, ..self }
    }

    pub fn job(tenant: &TenantId) -> Job {
        Job::Reports(FollowUp::Resume { tenant: tenant.clone() })
    }
}
