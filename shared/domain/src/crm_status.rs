//! What the CRM should be told of a message it asked us to send, and what it has been told.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    delivery::Delivery,
    failure::Failure,
    ids::{ConversationId, CrmMessageId, TenantId},
    jobs::{FollowUp, Job},
    parked::Parked,
    work::GivenUp,
};

/// The words the CRM takes for a message's status. "Sent" is not among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum CrmStatus {
    Pending,
    Delivered,
    Read,
    Failed { failure: Failure },
}

impl CrmStatus {
    /// What a message in this state should show as in the CRM, if it should show a change at all.
    pub fn of(delivery: &Delivery) -> Option<Self> {
        match delivery {
            Delivery::Received { .. }
            | Delivery::Queued { .. }
            | Delivery::Dispatching { .. }
            | Delivery::InDoubt { .. } => None,
            Delivery::Accepted { .. } | Delivery::Sent { .. } => Some(Self::Pending),
            Delivery::Delivered { .. } => Some(Self::Delivered),
            Delivery::Read { .. } => Some(Self::Read),
            Delivery::Failed { failure, .. } => Some(Self::Failed { failure: failure.clone() }),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Failed { .. } => 1,
            Self::Delivered => 2,
            Self::Read => 3,
        }
    }
}

/// The work of telling the CRM about one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telling {
    pub crm_message: CrmMessageId,
    /// The conversation that the message belongs to, where the message could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    pub wanted: CrmStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<CrmStatus>,
    /// The CRM refuses updates of a message for its first seconds; trying earlier is in vain.
    pub not_before: Timestamp,
    #[serde(default)]
    pub tries: u32,
    /// That it was given up, if it was. A person should look why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up: Option<GivenUp>,
    /// That it is held, and for what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

/// GoHighLevel refuses updates of a message for its first five to ten seconds
/// (highlevel-api-docs, issue 4). Most messages are delivered in that time, so waiting also saves a
/// call.
pub const CRM_SETTLES: SignedDuration = SignedDuration::from_secs(6);

impl Telling {
    /// The job that tells the CRM.
    pub fn job(&self, tenant: &TenantId) -> Job {
        let (tenant, crm_message) = (tenant.clone(), self.crm_message.clone());
        Job::Reports(FollowUp::Tell { tenant, crm_message })
    }

    pub fn new(crm_message: CrmMessageId, wanted: CrmStatus, not_before: Timestamp) -> Self {
        Self {
            crm_message,
            conversation: None,
            wanted,
            told: None,
            not_before,
            tries: 0,
            given_up: None,
            parked: None,
            due: Some(not_before),
        }
    }

    /// The work held.
    #[must_use]
    pub fn parked(self, parked: Parked) -> Self {
        Self { parked: Some(parked), due: None, ..self }
    }

    /// The work going on, after it was held or given up.
    #[must_use]
    pub fn resumed(self, due: Timestamp) -> Self {
        Self { parked: None, given_up: None, tries: 0, due: Some(due), ..self }
    }

    /// Nothing is to be told any more.
    #[must_use]
    pub fn discarded(self) -> Self {
        Self { parked: None, given_up: None, due: None, ..self }
    }

    /// The work after the message moved on to `status`, or `None` if that adds nothing to it.
    #[must_use]
    pub fn now_wants(&self, status: CrmStatus, now: Timestamp) -> Option<Self> {
        if status.rank() <= self.wanted.rank() {
            return None;
        }
        let due = Some(self.not_before.max(now));
        let due = due.filter(|_| self.parked.is_none());
        Some(Self { wanted: status, tries: 0, given_up: None, due, ..self.clone() })
    }

    /// The work after the CRM took `status`. Something more may have come up meanwhile.
    #[must_use]
    pub fn was_told(self, status: CrmStatus, now: Timestamp) -> Self {
        let due = (self.wanted != status).then_some(now);
        Self { told: Some(status), due, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

    fn telling(wanted: CrmStatus) -> Telling {
        Telling::new(CrmMessageId::parse("m").unwrap(), wanted, NOON)
    }

    #[test]
    fn a_later_status_replaces_an_earlier_that_was_not_told_yet() {
        let work = telling(CrmStatus::Pending).now_wants(CrmStatus::Delivered, NOON).unwrap();
        assert_eq!(work.wanted, CrmStatus::Delivered);
    }

    #[test]
    fn an_earlier_status_is_no_news() {
        assert_eq!(telling(CrmStatus::Delivered).now_wants(CrmStatus::Pending, NOON), None);
    }

    #[test]
    fn work_is_finished_once_the_wanted_status_was_told() {
        assert_eq!(telling(CrmStatus::Delivered).was_told(CrmStatus::Delivered, NOON).due, None);
    }

    #[test]
    fn news_that_came_while_we_were_telling_is_still_due() {
        let work = telling(CrmStatus::Delivered).was_told(CrmStatus::Pending, NOON);
        assert_eq!(work.due, Some(NOON));
    }
}
