//! Writing down what came of it.

use app::{CrmError, MENDING};
use aws::{
    Again, Commit, Condition, ForeignId, Row, Scope, StoreError, Transaction, logs::Chain, metrics,
};
use domain::{
    conversation::{Conversation, Route},
    crm_event::Medium,
    delivery::Delivery,
    event::{Outcome, Stage, WebhookEvent},
    ids::{ConversationId, MessageId},
    message::{Message, Purpose},
    parked::{Parked, Until},
    segments,
    sync_log::{LogEntry, LogResult, Operation},
    work::due_again,
};
use ghl::Kind;
use jiff::{SignedDuration, Timestamp};
use tracing::{error, info};

use crate::{
    Deps, Told,
    claim::{Claimed, Earlier},
    contact_copy,
    thread::{Added, NotAdded},
};

/// How often a conversation is read again that changes under our hands.
const TRIES: u32 = 4;

/// Refusals after which one is believed that may have had its effect.
const REFUSALS: u32 = 2;

/// The text is in the CRM's thread. Everything we know of it is written in one transaction, so no
/// crash leaves a message without its mapping, or an event that is done without its message.
pub(crate) async fn added(
    deps: &Deps,
    told: Told<'_>,
    row: &Row<WebhookEvent>,
    added: &Added,
    now: Timestamp,
) -> Result<(), Again> {
    let scope = deps.store.of(told.tenant);
    let message = message(told, added);
    let copy = contact_copy::wanted(deps, told, now).await;
    for _ in 0..TRIES {
        let stood = scope.conversation(&message.conversation).await?;
        let mirrored = mirrored(scope, added).await?;
        let conversation = conversation(told, added, stood.as_ref().map(|it| &it.body));
        let mut transaction = told_of(scope.transaction(), told, row, (&message, added), now)
            .put_conversation(stood.as_ref(), &conversation);
        if let Some(copy) = &copy {
            transaction = copy.write(transaction);
        }
        if let Some(mirrored) = &mirrored {
            transaction = transaction.replace_message(mirrored, &mirrored.body.clone().erased(now));
        }
        match transaction.commit().await? {
            Commit::Done => {
                metrics::count("TextsAddedToCrm");
                info!(message.id = %message.id, "message {} is in the CRM", message.id);
                if let Some(copy) = &copy {
                    deps.reports.offer(&copy.job(told), now).await;
                }
                return Ok(());
            }
            // A reply went out, or somebody read it, in the same moment.
            Commit::Refused(conditions) if conditions.iter().all(is_about_conversation) => {}
            Commit::Refused(_) => break,
        }
    }
    Err(StoreError::Conflict.into())
}

/// What is kept of the text as somebody else's. While nobody knew whether it was added, the CRM may
/// have told of it, and nobody knew it for ours.
async fn mirrored(scope: Scope<'_>, added: &Added) -> Result<Option<Row<Message>>, StoreError> {
    if !added.was_in_doubt {
        return Ok(None);
    }
    let id = MessageId::mirrored(scope.tenant_id(), added.crm.message.as_str());
    scope.message(&id).await
}

fn is_about_conversation(condition: &Condition) -> bool {
    matches!(condition, Condition::New("conversation") | Condition::Unchanged("conversation"))
}

fn told_of<'a>(
    transaction: Transaction<'a>,
    told: Told<'_>,
    row: &Row<WebhookEvent>,
    (message, added): (&Message, &Added),
    now: Timestamp,
) -> Transaction<'a> {
    let log = LogEntry::new(now, Operation::AddInbound, &message.id, LogResult::Success)
        .about(&message.conversation)
        .caused_by(&told.event.id)
        .took(added.took);
    let provider = ForeignId::Provider(&told.event.integration, &told.text.provider_message);
    transaction
        .add_message(message)
        .map_message(provider, &message.id)
        .map_message(ForeignId::CrmMessage(&added.crm.message), &message.id)
        .replace_event(row, &row.body.clone().done(Outcome::Applied, now))
        .log(&log)
}

pub(crate) async fn nothing_new(
    deps: &Deps,
    told: Told<'_>,
    row: &Row<WebhookEvent>,
    now: Timestamp,
) -> Result<(), Again> {
    let done = row.body.clone().done(Outcome::NothingNew, now);
    let result = LogResult::Refused { why: "we have this text already".to_owned() };
    let log = LogEntry::new(now, Operation::AddInbound, &row.body.id, result)
        .about(&ConversationId::with(told.tenant, &told.text.from))
        .caused_by(&row.body.id);
    let transaction = deps.store.of(told.tenant).transaction();
    match transaction.replace_event(row, &done).log(&log).commit().await? {
        Commit::Done => Ok(()),
        Commit::Refused(_) => Err(StoreError::Conflict.into()),
    }
}

/// The text is not in the CRM's thread, or nobody knows. It stays due, unless trying again could
/// only do harm or nothing.
pub(crate) async fn not_added(
    deps: &Deps,
    told: Told<'_>,
    claimed: &Claimed,
    error: NotAdded,
    now: Timestamp,
) -> Result<(), Again> {
    let event = &claimed.row.body;
    let why = Chain(&error).to_string();
    if let NotAdded::Crm(crm) = &error
        && let Some(until) = crm.waits_for()
    {
        return hold(deps, told, claimed, until, now).await;
    }
    if is_final(&error, event) {
        error!(event.id = %event.id, error = why, "event {} is quarantined", event.id);
        metrics::count("EventsQuarantined");
        let quarantined = event.clone().quarantined(why.clone(), now);
        return write(deps, told, claimed, &quarantined, LogResult::Failed { why }, now).await;
    }
    let held = held_until(&error, now);
    let due = held.unwrap_or_else(|| due(event, &error, now));
    let next = WebhookEvent {
        stage: stage(claimed.earlier, &error, now),
        claims: 0,
        deferrals: event.deferrals + u32::from(held.is_none()),
        due: Some(due),
        ..event.clone()
    };
    if held.is_some() {
        deps.store.of(told.tenant).replace_event(claimed.row.clone(), next).await?;
        return Err(Again::at(due, now, error));
    }
    write(deps, told, claimed, &next, LogResult::Deferred { why }, now).await?;
    Err(Again::at(due, now, error))
}

/// Until when it is held back, if it was not tried for that.
fn held_until(error: &NotAdded, now: Timestamp) -> Option<Timestamp> {
    match error {
        NotAdded::Crm(error) => error.held_until(now),
        NotAdded::Asked(error) => error.held_until(now),
        NotAdded::TooEarly(_) | NotAdded::TooManyDoubts | NotAdded::Store(_) => None,
    }
}

/// What it waits for is for a person to do. Nobody is called for it until then.
async fn hold(
    deps: &Deps,
    told: Told<'_>,
    claimed: &Claimed,
    until: Until,
    now: Timestamp,
) -> Result<(), Again> {
    let why = until.explanation();
    let event = WebhookEvent { stage: claimed.stage_before(), ..claimed.row.body.clone() };
    let held = event.parked(Parked::new(until, now));
    metrics::count("EventsParked");
    write(deps, told, claimed, &held, LogResult::Deferred { why }, now).await
}

/// Asking again would get the same answer, or could double the text.
///
/// GoHighLevel is known to refuse with 422 what it did all the same. So such a refusal is believed
/// when it is repeated, after we had time to find what it may have done.
fn is_final(error: &NotAdded, event: &WebhookEvent) -> bool {
    match error {
        NotAdded::TooManyDoubts => true,
        NotAdded::Crm(CrmError::Ghl(ghl)) | NotAdded::Asked(ghl) => match ghl.kind() {
            Kind::Refused | Kind::OptedOut | Kind::NotFound => {
                !ghl.may_have_happened() || event.deferrals >= REFUSALS
            }
            Kind::Unauthorized
            | Kind::NeedsReconnect
            | Kind::CodeNotAccepted
            | Kind::Forbidden
            | Kind::Configuration
            | Kind::NotReady
            | Kind::Held { .. }
            | Kind::RateLimited { .. }
            | Kind::Suspended
            | Kind::Unavailable
            | Kind::InDoubt => false,
        },
        NotAdded::Crm(_) | NotAdded::TooEarly(_) | NotAdded::Store(_) => false,
    }
}

/// What the next try must know. It looks for the text in the thread if this try may have added it,
/// or an earlier one may have and this one did not get to look.
fn stage(earlier: Option<Earlier>, error: &NotAdded, now: Timestamp) -> Stage {
    let in_doubt = earlier.map_or(0, |it| it.in_doubt);
    if may_be_added(error) {
        return Stage::Posting { since: now, in_doubt: in_doubt + 1 };
    }
    earlier.map_or(Stage::Open, |it| Stage::Posting { since: it.since, in_doubt })
}

fn may_be_added(error: &NotAdded) -> bool {
    match error {
        NotAdded::Asked(ghl) => ghl.may_have_happened() || ghl.kind() == Kind::InDoubt,
        NotAdded::Crm(_) | NotAdded::TooEarly(_) | NotAdded::TooManyDoubts | NotAdded::Store(_) => {
            false
        }
    }
}

fn due(event: &WebhookEvent, error: &NotAdded, now: Timestamp) -> Timestamp {
    match error {
        NotAdded::TooEarly(shows_up) => *shows_up,
        _ => due_again(now, event.deferrals, event.id.as_str(), asked(error)),
    }
}

fn asked(error: &NotAdded) -> Option<SignedDuration> {
    match error {
        NotAdded::Asked(ghl) | NotAdded::Crm(CrmError::Ghl(ghl))
            if ghl.is_transient() || ghl.may_have_happened() =>
        {
            ghl.retry_after().and_then(|it| SignedDuration::try_from(it).ok())
        }
        NotAdded::Asked(_)
        | NotAdded::Crm(
            CrmError::Ghl(_)
            | CrmError::NotConnected
            | CrmError::TenantNotActive
            | CrmError::Unusable(_),
        ) => Some(MENDING),
        NotAdded::Crm(CrmError::Connection(_) | CrmError::Store(_) | CrmError::Token(_))
        | NotAdded::TooEarly(_)
        | NotAdded::TooManyDoubts
        | NotAdded::Store(_) => None,
    }
}

async fn write(
    deps: &Deps,
    told: Told<'_>,
    claimed: &Claimed,
    next: &WebhookEvent,
    result: LogResult,
    now: Timestamp,
) -> Result<(), Again> {
    let log = LogEntry::new(now, Operation::AddInbound, &next.id, result)
        .about(&ConversationId::with(told.tenant, &told.text.from))
        .caused_by(&next.id);
    let transaction = deps.store.of(told.tenant).transaction();
    match transaction.replace_event(&claimed.row, next).log(&log).commit().await? {
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
        medium: Medium::Sms,
        phone: told.text.from.clone(),
        route: Some(route(told)),
        segments: segments::analyse(text.as_str()).segments,
        text,
        media: told.text.media.clone(),
        delivery: Delivery::Received { at: told.event.received_at },
        created_at: told.text.sent_at,
        send_by: None,
        known_to: None,
        repeat_until: None,
        provider_message: Some(told.text.provider_message.clone()),
        crm_message: Some(added.crm.message.clone()),
        crm_contact: Some(added.owner.crm_contact.clone()),
        asked_by: None,
        parked: None,
        erased_at: None,
        due: None,
    }
}

/// Where the conversation stands now. A text that comes late must not decide which number the next
/// reply goes out from.
fn conversation(told: Told<'_>, added: &Added, stood: Option<&Conversation>) -> Conversation {
    let sent_at = told.text.sent_at;
    let later = stood.filter(|it| it.last_at > sent_at);
    Conversation {
        id: ConversationId::with(told.tenant, &told.text.from),
        phone: told.text.from.clone(),
        contact: Some(added.owner.contact.clone()),
        route: later.map_or_else(|| route(told), |it| it.route.clone()),
        crm_conversation: Some(added.crm.conversation.clone()),
        last_at: later.map_or(sent_at, |it| it.last_at),
        last_inbound_at: stood.and_then(|it| it.last_inbound_at).max(Some(sent_at)),
        read_until: stood.and_then(|it| it.read_until),
        unread: stood.and_then(|it| it.unread),
        unread_at: stood.and_then(|it| it.unread_at),
    }
}

fn route(told: Told<'_>) -> Route {
    Route { channel: told.event.integration.clone(), number: told.text.to.clone() }
}
