//! What happens after a message was sent: carriers report on it, and the CRM is told.
//!
//! Both come in any order and any number of times. A report that tells nothing new changes
//! nothing, and the CRM is only ever told of the latest.

mod record;
mod standing;
mod tell;

use app::{Connections, Crm, CrmError, MENDING};
use aws::{Again, Queue, Store, queue};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::jobs::FollowUp;
use jiff::{SignedDuration, Timestamp};

#[derive(Debug)]
pub struct Deps {
    pub store: Store,
    pub connections: Connections,
    pub crm: Crm,
    pub reports: Queue,
}

pub async fn handle(deps: &Deps, event: SqsEvent, now: Timestamp) -> SqsBatchResponse {
    queue::work(&deps.reports, event, async |job| follow_up(deps, job, now).await).await
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
    }
}

/// What to do about a call to the CRM that failed.
enum Remedy {
    /// Try again, and not before this has passed, where that is known.
    Wait(Option<SignedDuration>),
    GiveUp,
}

fn remedy(error: &CrmError) -> Remedy {
    match error {
        CrmError::Ghl(ghl) if ghl.is_transient() => {
            Remedy::Wait(ghl.retry_after().and_then(|it| SignedDuration::try_from(it).ok()))
        }
        CrmError::Ghl(ghl) => match ghl.kind() {
            ghl::Kind::Unauthorized
            | ghl::Kind::Forbidden
            | ghl::Kind::Configuration
            | ghl::Kind::Suspended => Remedy::Wait(Some(MENDING)),
            _ => Remedy::GiveUp,
        },
        CrmError::NotConnected | CrmError::Unusable(_) => Remedy::Wait(Some(MENDING)),
        CrmError::Connection(_) | CrmError::Store(_) => Remedy::Wait(None),
    }
}
