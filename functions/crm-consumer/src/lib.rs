//! Works on the connection to the CRM itself, tokens and who has installed our app where, and on
//! what the CRM tells us that happened on its side.
//!
//! Each job may come twice, and may find that its work is done.

mod contact;
mod install;
mod message;
mod mirror;
mod standing;
mod token;
mod told;

use app::Installing;
use aws::{Again, Queue, queue};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::jobs::CrmWork;
use jiff::Timestamp;

#[derive(Debug)]
pub struct Deps {
    pub installing: Installing,
    pub crm: Queue,
}

pub async fn handle(deps: &Deps, event: SqsEvent, now: Timestamp) -> SqsBatchResponse {
    queue::work(&deps.crm, event, now, async |job, now| do_it(deps, job, now).await).await
}

async fn do_it(deps: &Deps, job: CrmWork, now: Timestamp) -> Result<(), Again> {
    match job {
        CrmWork::MindToken(job) => token::mind(deps, &job, now).await,
        CrmWork::FindLocations { company } => install::find(deps, &company, now).await,
        CrmWork::Settle { location } => install::settle(deps, &location, now).await,
        CrmWork::Apply { tenant, event, .. } => told::apply(deps, &tenant, &event, now).await,
    }
}
