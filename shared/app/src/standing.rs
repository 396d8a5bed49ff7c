//! Someone's standing in the opt-out registry, when it is not the person who tells us.

use aws::{Commit, Scope, StoreError};
use domain::{
    consent::{Act, ConsentEntry, OptOut, Source},
    ids::ConversationId,
    jobs::Job,
    phone::PhoneNumber,
    sync_log::{LogEntry, LogResult, Operation},
};
use jiff::Timestamp;

/// Opts a phone out because a carrier says that it has: a send was refused for it. Gives the job
/// that tells the CRM, unless the phone was out already, or has been let in since `said_at`, when
/// the carrier said so. `cause` is what the carrier refused.
pub async fn opt_out_by_carrier(
    scope: Scope<'_>,
    phone: &PhoneNumber,
    code: &str,
    cause: &str,
    said_at: Timestamp,
) -> Result<Option<Job>, StoreError> {
    let read = scope.opt_out(phone).await?;
    let before = read.as_ref().map(|row| &row.body);
    let standing = match before {
        // The CRM's switch had said so alone.
        Some(it) if it.active && it.source == Source::Ghl => it.confirmed(Source::Carrier, said_at),
        Some(it) if it.active || it.is_newer_than(said_at) || it.since == said_at => {
            return Ok(None);
        }
        _ => OptOut::new(phone.clone(), true, Source::Carrier, said_at).after(before),
    };
    let (act, source) = (Act::Revoked, Source::Carrier);
    let entry = ConsentEntry::new(phone.clone(), act, source, code, said_at);
    let log = LogEntry::new(said_at, Operation::OptOut, &cause, LogResult::Success)
        .about(&ConversationId::with(scope.tenant_id(), phone));
    let commit = scope
        .transaction()
        .set_opt_out(read.as_ref(), &standing)
        .add_consent(&entry, cause)
        .log(&log)
        .commit()
        .await?;
    match commit {
        Commit::Done => Ok(Some(standing.job(scope.tenant_id()))),
        Commit::Refused(_) => Err(StoreError::Conflict),
    }
}
