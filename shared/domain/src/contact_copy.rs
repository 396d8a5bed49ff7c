//! The work of copying a person's contact to another system of the tenant's, once.
//!
//! ```text
//! wanted ──copied──▶ copied
//!    └──refused, or not wanted any more──▶ given up, or let go ──the person texts again──▶ wanted
//! ```

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{IntegrationId, TenantId},
    jobs::{FollowUp, Job},
    parked::Parked,
    phone::PhoneNumber,
    work::GivenUp,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactCopy {
    /// Where it is copied to.
    pub integration: IntegrationId,
    pub phone: PhoneNumber,
    #[serde(default)]
    pub tries: u32,
    /// When it next needs somebody's attention; nothing once it is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copied_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up: Option<GivenUp>,
    /// That it is held, and for what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
}

impl ContactCopy {
    /// A copy that has yet to be made.
    pub fn wanted(integration: IntegrationId, phone: PhoneNumber, now: Timestamp) -> Self {
        Self {
            integration,
            phone,
            tries: 0,
            due: Some(now),
            copied_at: None,
            given_up: None,
            parked: None,
        }
    }

    /// The copy that was let go or refused, and is asked for once more. Nothing if it is made, held
    /// or under way.
    pub fn wanted_again(&self, now: Timestamp) -> Option<Self> {
        let is_over = self.due.is_none() && self.copied_at.is_none() && self.parked.is_none();
        is_over.then(|| Self::wanted(self.integration.clone(), self.phone.clone(), now))
    }

    /// The job that makes it.
    pub fn job(&self, tenant: &TenantId) -> Job {
        Job::Reports(FollowUp::CopyContact {
            tenant: tenant.clone(),
            integration: self.integration.clone(),
            phone: self.phone.clone(),
        })
    }

    #[must_use]
    pub fn copied(self, at: Timestamp) -> Self {
        Self { due: None, copied_at: Some(at), ..self }
    }

    /// It could not be made, and is tried again at `next`.
    #[must_use]
    pub fn not_copied(self, next: Timestamp) -> Self {
        Self { tries: self.tries + 1, due: Some(next), ..self }
    }

    /// The work held.
    #[must_use]
    pub fn parked(self, parked: Parked) -> Self {
        Self { due: None, parked: Some(parked), ..self }
    }

    /// The work going on, after it was held.
    #[must_use]
    pub fn resumed(self, due: Timestamp) -> Self {
        Self { due: Some(due), parked: None, ..self }
    }

    /// Nobody wants it any more.
    #[must_use]
    pub fn let_go(self) -> Self {
        Self { due: None, ..self }
    }

    #[must_use]
    pub fn given_up(self, why: String, at: Timestamp) -> Self {
        Self { due: None, given_up: Some(GivenUp { at, why }), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parked::Until;

    const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

    #[test]
    fn a_copy_that_came_to_nothing_is_wanted_again() {
        let integration = IntegrationId::parse("acme-crm-2").unwrap();
        let wanted = ContactCopy::wanted(integration, "+12125550123".parse().unwrap(), NOON);
        let tried = wanted.clone().not_copied(NOON);

        for over in [tried.clone().let_go(), tried.clone().given_up("no".to_owned(), NOON)] {
            assert_eq!(over.wanted_again(NOON), Some(wanted.clone()), "{over:?}");
        }
        let held = tried.clone().parked(Parked::new(Until::TenantActive, NOON));
        for settled in [wanted, tried.copied(NOON), held] {
            assert_eq!(settled.wanted_again(NOON), None, "{settled:?}");
        }
    }
}
