//! What happens after a message was sent: carriers report on it, and the CRM is told. What can wait as
//! well is done here too: contacts of people who texted are copied where a tenant wants it, and what
//! was parked goes on, once what it waited for has happened.
//!
//! Both come in any order and any number of times. A report that tells nothing new changes
//! nothing, and the CRM is only ever told of the latest.

mod copy_contact;
mod record;
mod resume;
mod standing;
mod tell;

use app::{Connections, Crm, CrmError, MENDING};
use aws::{Again, Queues, Store, queue};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::{jobs::FollowUp, parked::Until};
use jiff::{SignedDuration, Timestamp};

#[derive(Debug)]
pub struct Deps {
    pub store: Store,
    pub connections: Connections,
    pub crm: Crm,
    /// What is let go on may belong to any of them.
    pub queues: Queues,
    pub aloware_base_url: String,
    /// For calls to others than the CRM.
    pub http: egress::Client,
}

pub async fn handle(deps: &Deps, event: SqsEvent, now: Timestamp) -> SqsBatchResponse {
    queue::work(&deps.queues.reports, event, now, async |job, now| follow_up(deps, job, now).await)
        .await
}

async fn follow_up(deps: &Deps, job: FollowUp, now: Timestamp) -> Result<(), Again> {
    match job {
        FollowUp::Record { tenant, event } => record::record(deps, &tenant, &event, now).await,
        FollowUp::Tell { tenant, crm_message } => {
            tell::tell(deps, &tenant, &crm_message, now).await
        }
        FollowUp::TellStanding { tenant, phone } => {
            standing::tell(deps, &tenant, &phone, now).await
        }
        FollowUp::Resume { tenant } => resume::resume(deps, &tenant, now).await,
        FollowUp::CopyContact { tenant, integration, phone } => {
            copy_contact::copy(deps, &tenant, (&integration, &phone), now).await
        }
    }
}

/// What to do about a call that failed.
enum Remedy {
    /// Try again, and not before this has passed, where that is known.
    Wait(Option<SignedDuration>),
    /// It was not tried. Try it then, and count nothing.
    Hold(Timestamp),
    /// Leave it until a person has done this.
    Park(Until),
    GiveUp,
}

fn remedy(error: &CrmError, now: Timestamp) -> Remedy {
    if let Some(until) = error.waits_for() {
        return Remedy::Park(until);
    }
    if let Some(until) = error.held_until(now) {
        return Remedy::Hold(until);
    }
    match error {
        CrmError::Ghl(ghl) if ghl.is_transient() => {
            Remedy::Wait(ghl.retry_after().and_then(|it| SignedDuration::try_from(it).ok()))
        }
        CrmError::Ghl(ghl) => match ghl.kind() {
            ghl::Kind::Unauthorized
            | ghl::Kind::NeedsReconnect
            | ghl::Kind::Forbidden
            | ghl::Kind::Configuration
            | ghl::Kind::Suspended => Remedy::Wait(Some(MENDING)),
            _ => Remedy::GiveUp,
        },
        CrmError::NotConnected | CrmError::TenantNotActive | CrmError::Unusable(_) => {
            Remedy::Wait(Some(MENDING))
        }
        CrmError::Connection(_) | CrmError::Store(_) | CrmError::Token(_) => Remedy::Wait(None),
    }
}
