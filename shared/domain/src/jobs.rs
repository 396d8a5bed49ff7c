//! Work that waits in a queue. A job is only a pointer: the work itself is an item in the table,
//! which stays due until it is finished, so that a job may be lost or doubled without harm.
//!
//! A job written by yesterday's code is read by today's: fields are only ever added, and added as
//! optional.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{
        CompanyId, ConversationId, CrmMessageId, EventId, IntegrationId, LocationId, MessageId,
        TenantId,
    },
    phone::PhoneNumber,
};

/// Bring a text that somebody sent us to the CRM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadText {
    pub tenant: TenantId,
    pub event: EventId,
    pub conversation: ConversationId,
    /// It asks something of us (STOP, START, HELP), and so does not wait behind texts that only
    /// have something to say.
    #[serde(default)]
    pub asks: bool,
}

/// Send a message of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendText {
    pub tenant: TenantId,
    pub message: MessageId,
    pub conversation: ConversationId,
    /// It answers a keyword, and so does not wait behind messages that are put off.
    #[serde(default)]
    pub answers: bool,
}

/// Follow up on a message that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum FollowUp {
    /// Write down what a carrier reported.
    Record { tenant: TenantId, event: EventId },
    /// Tell the CRM what became of the message it asked us to send.
    Tell { tenant: TenantId, crm_message: CrmMessageId },
    /// Tell the CRM who must not be texted, or may be again.
    TellStanding { tenant: TenantId, phone: PhoneNumber },
    /// Let go on what was parked, where it has nothing to wait for any more.
    Resume { tenant: TenantId },
    /// Copy the contact of somebody who texted to another system of the tenant's.
    CopyContact { tenant: TenantId, integration: IntegrationId, phone: PhoneNumber },
}

/// Work on a connection to the CRM, and on what the CRM tells us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum CrmWork {
    /// See to it that there is a token.
    MindToken(MindToken),
    /// Find the locations of an agency that has just consented.
    FindLocations { company: CompanyId },
    /// Go on with an installation: give it to whom it is wanted for.
    Settle { location: LocationId },
    /// Act on what the CRM told us. What is about the same is done in order.
    Apply { tenant: TenantId, event: EventId, about: String },
}

/// See to it that there is a token, or another one than that which was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MindToken {
    pub tenant: TenantId,
    pub holder: IntegrationId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Timestamp>,
    /// Somebody says that the business is active again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_awake: bool,
    /// It follows somebody who asks for a token until then. It waits behind nobody: the one whom it
    /// follows may have died with a job of the same token in hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<Timestamp>,
}

impl MindToken {
    pub fn due(tenant: &TenantId, holder: &IntegrationId) -> Self {
        let (tenant, holder) = (tenant.clone(), holder.clone());
        Self { tenant, holder, refused: None, is_awake: false, follows: None }
    }

    /// Somebody says that the business is active again.
    pub fn awake(tenant: &TenantId, holder: &IntegrationId) -> Self {
        Self { is_awake: true, ..Self::due(tenant, holder) }
    }

    /// Somebody asks for a token, alone until then.
    pub fn following(tenant: &TenantId, holder: &IntegrationId, until: Timestamp) -> Self {
        Self { follows: Some(until), ..Self::due(tenant, holder) }
    }

    /// A token that was issued then was refused.
    pub fn refused(tenant: &TenantId, holder: &IntegrationId, issued_at: Timestamp) -> Self {
        Self { refused: Some(issued_at), ..Self::due(tenant, holder) }
    }
}

impl From<MindToken> for CrmWork {
    fn from(job: MindToken) -> Self {
        Self::MindToken(job)
    }
}

/// A job with the queue it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "queue", content = "job", rename_all = "snake_case")]
pub enum Job {
    Inbound(ReadText),
    Outbound(SendText),
    Reports(FollowUp),
    Crm(CrmWork),
}

impl Job {
    /// Jobs of one group are done in order, one at a time.
    pub fn group(&self) -> String {
        match self {
            Self::Inbound(ReadText { tenant, conversation, asks: true, .. }) => {
                format!("{tenant}:{conversation}:asks")
            }
            Self::Outbound(SendText { tenant, conversation, answers: true, .. }) => {
                format!("{tenant}:{conversation}:answers")
            }
            Self::Inbound(ReadText { tenant, conversation, .. })
            | Self::Outbound(SendText { tenant, conversation, .. }) => {
                format!("{tenant}:{conversation}")
            }
            Self::Reports(FollowUp::Record { tenant, event }) => format!("{tenant}:{event}"),
            Self::Reports(FollowUp::Tell { tenant, crm_message }) => {
                short("tell", tenant, crm_message.as_str())
            }
            Self::Reports(FollowUp::TellStanding { tenant, phone }) => {
                short("standing", tenant, phone.as_str())
            }
            Self::Reports(FollowUp::Resume { tenant }) => format!("{tenant}:resume"),
            Self::Reports(FollowUp::CopyContact { tenant, integration, phone }) => {
                short(&format!("copy:{integration}"), tenant, phone.as_str())
            }
            Self::Crm(work) => work.group(),
        }
    }

    /// What the job is about: two jobs with the same subject are the same work.
    pub fn subject(&self) -> String {
        match self {
            Self::Inbound(ReadText { event, .. })
            | Self::Reports(FollowUp::Record { event, .. })
            | Self::Crm(CrmWork::Apply { event, .. }) => event.to_string(),
            Self::Outbound(SendText { message, .. }) => message.to_string(),
            Self::Reports(FollowUp::Tell { tenant, crm_message }) => {
                short("tell", tenant, crm_message.as_str())
            }
            Self::Reports(FollowUp::TellStanding { tenant, phone }) => {
                short("standing", tenant, phone.as_str())
            }
            Self::Reports(FollowUp::Resume { tenant }) => format!("{tenant}:resume"),
            Self::Reports(FollowUp::CopyContact { tenant, integration, phone }) => {
                short(&format!("copy:{integration}"), tenant, phone.as_str())
            }
            Self::Crm(work) => work.about(),
        }
    }
}

impl CrmWork {
    fn group(&self) -> String {
        match self {
            Self::MindToken(MindToken { follows: Some(until), .. }) => {
                format!("{}:{}", self.about(), until.as_millisecond())
            }
            _ => self.about(),
        }
    }

    fn about(&self) -> String {
        match self {
            Self::MindToken(MindToken { tenant, holder, .. }) => {
                short("token", tenant, holder.as_str())
            }
            Self::FindLocations { company } => {
                short("agency", &TenantId::platform(), company.as_str())
            }
            Self::Settle { location } => short("install", &TenantId::platform(), location.as_str()),
            Self::Apply { tenant, about, .. } => short("told", tenant, about),
        }
    }
}

/// Queues take 128 characters of a narrow alphabet, which foreign ids do not keep to; and a group
/// is seen where a telephone number should not be.
fn short(what: &str, tenant: &TenantId, foreign: &str) -> String {
    let short = MessageId::derived(&[tenant.as_str(), foreign]);
    format!("{what}:{short}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Jobs outlive a deployment: what was queued by the old code is read by the new.
    #[test]
    fn the_queued_form_is_stable() {
        let job = Job::Outbound(SendText {
            tenant: TenantId::parse("acme").unwrap(),
            message: MessageId::parse("msg_1").unwrap(),
            conversation: ConversationId::parse("cnv_1").unwrap(),
            answers: false,
        });
        assert_eq!(
            serde_json::to_string(&job).unwrap(),
            r#"{"queue":"outbound","job":{"tenant":"acme","message":"msg_1","conversation":"cnv_1","answers":false}}"#
        );
    }

    /// Who died with a job in hand would hold up the one that follows it.
    #[test]
    fn whoever_follows_a_renewal_waits_behind_nobody() {
        let (tenant, holder) =
            (TenantId::parse("acme").unwrap(), IntegrationId::parse("acme-ghl").unwrap());
        let group = |job: MindToken| Job::Crm(job.into()).group();
        let noon = Timestamp::UNIX_EPOCH;
        let follower = group(MindToken::following(&tenant, &holder, noon));
        assert_ne!(follower, group(MindToken::refused(&tenant, &holder, noon)));
        let next = noon + jiff::SignedDuration::from_secs(8);
        assert_ne!(follower, group(MindToken::following(&tenant, &holder, next)));
    }

    #[test]
    fn a_group_fits_a_queue_whatever_the_foreign_id_looks_like() {
        let tenant = TenantId::parse(&"t".repeat(64)).unwrap();
        let told = Job::Reports(FollowUp::Tell {
            tenant: tenant.clone(),
            crm_message: CrmMessageId::parse(&"#".repeat(256)).unwrap(),
        });
        let copied = Job::Reports(FollowUp::CopyContact {
            tenant,
            integration: IntegrationId::parse(&"i".repeat(64)).unwrap(),
            phone: "+12125550123".parse().unwrap(),
        });
        for job in [told, copied] {
            assert!(job.group().len() <= 128);
        }
    }
}
