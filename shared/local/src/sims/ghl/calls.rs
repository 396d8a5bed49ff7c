//! Takes a call through the door, its fault if one is planned, and its operation.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State as Extracted,
    http::{HeaderMap, Method, Uri},
    response::Response,
};
use jiff::Timestamp;

use super::{
    Shared,
    answer::Answer,
    bearer, contacts, conversations, delivery,
    door::{self, Admission, Admitted, Examined},
    inbound,
    journal::{self, Call, Violation},
    limits::Allowance,
    locations, oauth,
    operations::Operation,
    refusal::Refusal,
    request::{Asked, Request},
    sending,
    state::State,
    status, tags,
};
use crate::sims::fault::{Fault, HANG};

pub(super) async fn handle(
    Extracted(shared): Extracted<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = uri.query().unwrap_or_default();
    let request = Request::new(method.as_str(), uri.path(), query, &headers).with_body(&body);
    let Outcome { answer, is_given, trace, allowance } = outcome(&shared, &request);
    if let Some(message) = answer.deliver.clone() {
        // A task of its own goes on when the caller does not wait.
        let shared = Arc::clone(&shared);
        let delivering = async move { delivery::deliver(&shared, &message).await };
        drop(tokio::spawn(delivering).await);
    }
    if !is_given {
        tokio::time::sleep(HANG).await;
    }
    answer.respond(&trace, allowance)
}

struct Outcome {
    answer: Answer,
    /// Or the caller is left hanging until it gives up.
    is_given: bool,
    trace: String,
    allowance: Option<Allowance>,
}

/// Everything but waiting: the caller may go away while it waits, and what it caused stays.
fn outcome(shared: &Shared, request: &Request) -> Outcome {
    let now = shared.options.clock.now();
    let mut state = shared.state();
    let Examined { admitted, problems, allowance, location } =
        door::examine(shared, &mut state, request, now);
    let (answer, is_given) = match admitted {
        Ok(call) => with_fault(shared, &mut state, &call),
        Err(refusal) => (refusal.into(), true),
    };
    let status = is_given.then_some(answer.status);
    record(&mut state, request, Recorded { problems, location, status, now });
    Outcome { answer, is_given, trace: state.ids.next(), allowance }
}

/// A fault may strike an operation, wherever it is asked for, or everything in one location:
/// `*@<location>`.
fn fault(shared: &Shared, call: &Admission) -> Option<Fault> {
    let of_location = || match call {
        Admission::Location(call) => shared.faults.next(&format!("*@{}", call.location.id)),
        Admission::App(_) => None,
    };
    shared.faults.next(call.asked().operation.name()).or_else(of_location)
}

/// The answer, and whether it is given.
fn with_fault(shared: &Shared, state: &mut State, call: &Admission) -> (Answer, bool) {
    match fault(shared, call) {
        None => (carry_out(shared, state, call), true),
        Some(Fault::HangBefore) => (Answer::of_status(504), false),
        Some(Fault::HangAfter) => (carry_out(shared, state, call), false),
        Some(Fault::Status { status, body, retry_after }) => {
            let mut answer = Answer::of_status(status);
            answer.body = body.unwrap_or(answer.body);
            answer.retry_after = retry_after;
            (answer, true)
        }
        Some(Fault::StatusAfter { status }) => {
            let deliver = carry_out(shared, state, call).deliver;
            (Answer { deliver, ..Answer::of_status(status) }, true)
        }
    }
}

fn carry_out(shared: &Shared, state: &mut State, call: &Admission) -> Answer {
    let done = match call {
        Admission::Location(call) => of_location(shared, state, call),
        Admission::App(asked) => of_app(state, asked),
    };
    done.unwrap_or_else(Answer::from)
}

fn of_app(state: &mut State, asked: &Asked) -> Result<Answer, Refusal> {
    match asked.operation {
        Operation::Token => oauth::token(state, asked),
        Operation::Reconnect => oauth::reconnect(state, asked),
        Operation::LocationToken => oauth::location_token(state, asked),
        Operation::InstalledLocations => oauth::installed_locations(state, asked),
        Operation::GetLocation => locations::get(state, &asked.id),
        _ => Err(bearer::mismatch()),
    }
}

fn of_location(shared: &Shared, state: &mut State, call: &Admitted) -> Result<Answer, Refusal> {
    match call.operation {
        Operation::UpsertContact => contacts::upsert(state, call),
        Operation::CreateContact => contacts::create(state, call),
        Operation::SearchDuplicate => Ok(contacts::search_duplicate(state, call)),
        Operation::GetContact => contacts::get(shared, state, call),
        Operation::UpdateContact => contacts::update(shared, state, call),
        Operation::DeleteContact => contacts::delete(shared, state, call),
        Operation::AddTags => tags::add(shared, state, call),
        Operation::RemoveTags => tags::remove(shared, state, call),
        Operation::AddInbound => inbound::add(state, call),
        Operation::SearchConversations => Ok(conversations::search(state, call)),
        Operation::ListMessages => conversations::list(shared, state, call),
        Operation::GetMessage => conversations::get(shared, state, call),
        Operation::UpdateStatus => status::update(shared, state, call),
        Operation::SendMessage => sending::send(state, call),
        Operation::GetLocation => locations::get(state, &call.id),
        Operation::Token
        | Operation::LocationToken
        | Operation::InstalledLocations
        | Operation::Reconnect => Err(bearer::mismatch()),
    }
}

struct Recorded {
    problems: Vec<String>,
    location: Option<String>,
    status: Option<u16>,
    now: Timestamp,
}

fn record(state: &mut State, request: &Request, recorded: Recorded) {
    let Recorded { problems, location, status, now } = recorded;
    let operation = Operation::find(&request.method, &request.path);
    let operation = operation.map_or("unknown", |(it, _)| it.name());
    let method = request.method.clone();
    if !problems.is_empty() {
        let method = method.clone();
        state.journal.violations.push(Violation { operation, method, problems });
    }
    let (path, body) = (request.path.clone(), request.body.as_ref().map(journal::without_secrets));
    state.journal.calls.push(Call { operation, method, path, location, status, body, at: now });
}
