//! Writing down what came of it.

use std::time::Duration;

use app::CrmError;
use aws::{Again, Commit, ForeignId, Row, StoreError, logs::Chain, metrics};
use domain::{
    conversation::{Conversation, Route},
    delivery::Delivery,
    event::{Outcome, Stage, WebhookEvent},
    ids::{ConversationId, TenantId},
    message::{Message, Purpose},
    segments,
    sync_log::{LogEntry, LogResult, Operation},
    work::due_again,
};
use ghl::Kind;
use jiff::{SignedDuration, Timestamp};
use tracing::{error, info};

use crate::{
    Deps, Told,
    claim::Claimed,
    thread::{Added, NotAdded},
};

/// How long to wait for a person to mend what only a person can mend.
const MENDING: SignedDuration = SignedDuration::from_mins(15);

/// The text is in the CRM's thread. Everything we know of it is written in one transaction, so no
/// crash leaves a message without its mapping, or an event that is done without its message.
pub(crate) async fn added(
    deps: &Deps,
    told: Told<'_>,
    row: &Row<WebhookEvent>,
    added: &Added,
    now: Timestamp,
) -> Result<(), Again> {
    let message = message(told, added);
    let log = LogEntry::new(now, Operation::AddInbound, &message.id, LogResult::Success);
    let provider = ForeignId::Provider(&told.event.integration, &told.text.provider_message);
    let commit = deps
        .store
        .of(told.tenant)
        .transaction()
        .add_message(&message)
        .map_message(provider, &message.id)
        .map_message(ForeignId::CrmMessage(&added.crm.message), &message.id)
        .set_conversation(&conversation(told, added))
        .replace_event(row, &row.body.clone().done(Outcome::Applied, now))
        .log(&log)
        .commit()
        .await?;
    match commit {
        Commit::Done => {
            metrics::count("TextsAddedToCrm");
            info!(message.id = %message.id, "message {} is in the CRM", message.id);
            Ok(())
        }
        Commit::Refused(_) => Err(StoreError::Conflict.into()),
    }
}

pub(crate) async fn nothing_new(
    deps: &Deps,
    tenant: &TenantId,
    row: Row<WebhookEvent>,
    now: Timestamp,
) -> Result<(), Again> {
    let done = row.body.clone().done(Outcome::NothingNew, now);
    deps.store.of(tenant).replace_event(row, done).await?;
    Ok(())
}

/// The text is not in the CRM's thread, or nobody knows. It stays due, unless the CRM has said
/// that it never will take it.
pub(crate) async fn not_added(
    deps: &Deps,
    tenant: &TenantId,
    claimed: Claimed,
    error: NotAdded,
    now: Timestamp,
) -> Result<(), Again> {
    let row = claimed.row;
    let why = Chain(&error).to_string();
    if let NotAdded::Crm(CrmError::Ghl(ghl)) = &error
        && is_final(ghl.kind())
    {
        error!(event.id = %row.body.id, error = why, "event {} is quarantined", row.body.id);
        let quarantined = row.body.clone().quarantined(why.clone(), now);
        return write(deps, tenant, &row, &quarantined, LogResult::Failed { why }, now).await;
    }
    let stage = stage(claimed.may_be_posted_since, &error, now);
    let next = deferred(&row.body, stage, &error, now);
    let wait = wait(&next, now);
    write(deps, tenant, &row, &next, LogResult::Deferred { why }, now).await?;
    Err(Again::after(wait, error))
}

/// Asking again would get the same answer.
fn is_final(kind: Kind) -> bool {
    match kind {
        Kind::Refused | Kind::OptedOut | Kind::NotFound => true,
        Kind::Unauthorized
        | Kind::Forbidden
        | Kind::Configuration
        | Kind::NotReady
        | Kind::RateLimited { .. }
        | Kind::Suspended
        | Kind::Unavailable
        | Kind::InDoubt => false,
    }
}

/// What the next try must know. It looks for the text in the thread if this try may have added it,
/// or an earlier one may have and this one did not get to look.
fn stage(earlier: Option<Timestamp>, error: &NotAdded, now: Timestamp) -> Stage {
    if may_be_added(error) {
        return Stage::Posting { since: now };
    }
    earlier.map_or(Stage::Open, |since| Stage::Posting { since })
}

fn may_be_added(error: &NotAdded) -> bool {
    match error {
        NotAdded::Crm(CrmError::Ghl(ghl)) => ghl.may_have_happened() || ghl.kind() == Kind::InDoubt,
        NotAdded::Crm(_) | NotAdded::TooEarly(_) | NotAdded::Store(_) => false,
    }
}

fn deferred(event: &WebhookEvent, stage: Stage, error: &NotAdded, now: Timestamp) -> WebhookEvent {
    let due = match error {
        NotAdded::TooEarly(left) => now + SignedDuration::try_from(*left).unwrap_or(MENDING),
        _ => due_again(now, event.deferrals, event.id.as_str(), asked(error)),
    };
    let deferrals = event.deferrals + 1;
    WebhookEvent { stage, claims: 0, deferrals, due: Some(due), ..event.clone() }
}

fn asked(error: &NotAdded) -> Option<SignedDuration> {
    let NotAdded::Crm(error) = error else { return None };
    match error {
        CrmError::Ghl(ghl) if ghl.is_transient() => {
            ghl.retry_after().and_then(|it| SignedDuration::try_from(it).ok())
        }
        CrmError::Ghl(_) | CrmError::NotConnected | CrmError::Unusable(_) => Some(MENDING),
        CrmError::Connection(_) | CrmError::Store(_) => None,
    }
}

fn wait(event: &WebhookEvent, now: Timestamp) -> Duration {
    let wait = event.due.map_or(MENDING, |due| due.duration_since(now));
    Duration::try_from(wait).unwrap_or_default()
}

async fn write(
    deps: &Deps,
    tenant: &TenantId,
    row: &Row<WebhookEvent>,
    next: &WebhookEvent,
    result: LogResult,
    now: Timestamp,
) -> Result<(), Again> {
    let log = LogEntry::new(now, Operation::AddInbound, &next.id, result);
    let scope = deps.store.of(tenant);
    match scope.transaction().replace_event(row, next).log(&log).commit().await? {
        Commit::Done => Ok(()),
        Commit::Refused(_) => Err(StoreError::Conflict.into()),
    }
}

fn message(told: Told<'_>, added: &Added) -> Message {
    let text = told.text.text.clone();
    Message {
        id: added.message.clone(),
        conversation: ConversationId::with(told.tenant, &told.text.from),
        purpose: Purpose::Inbound,
        phone: told.text.from.clone(),
        route: Some(route(told)),
        segments: segments::analyse(text.as_str()).segments,
        text,
        media: told.text.media.clone(),
        delivery: Delivery::Received { at: told.event.received_at },
        created_at: told.text.sent_at,
        send_by: None,
        provider_message: Some(told.text.provider_message.clone()),
        crm_message: Some(added.crm.message.clone()),
        crm_contact: Some(added.owner.crm_contact.clone()),
        due: None,
    }
}

fn conversation(told: Told<'_>, added: &Added) -> Conversation {
    Conversation {
        id: ConversationId::with(told.tenant, &told.text.from),
        phone: told.text.from.clone(),
        contact: added.owner.contact.clone(),
        route: route(told),
        crm_conversation: Some(added.crm.conversation.clone()),
        last_at: told.text.sent_at,
    }
}

fn route(told: Told<'_>) -> Route {
    Route { channel: told.event.integration.clone(), number: told.text.to.clone() }
}
