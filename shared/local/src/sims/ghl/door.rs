//! What every call goes through before its operation: who asks, with which version, how often, and
//! whether the call is one that GHL's documents allow.

use std::ops::Deref;

use jiff::Timestamp;

use super::{
    Shared,
    bearer::{self, Bearer},
    limits::Allowance,
    location::Location,
    oauth,
    operations::Operation,
    overrides,
    refusal::Refusal,
    request::{Asked, Request},
    state::State,
};

/// A call that may be carried out.
pub(super) enum Admission {
    Location(Admitted),
    /// By an agency's token, or with the app's secret in it.
    App(Asked),
}

/// A call by a location's token.
pub(super) struct Admitted {
    asked: Asked,
    pub(super) location: Location,
    /// Whether the token is of the app that owns the location's provider.
    pub(super) owns_provider: bool,
}

/// What the door has found out about a call, whether it lets it in or not.
pub(super) struct Examined {
    pub(super) admitted: Result<Admission, Refusal>,
    /// What only a wrong client does.
    pub(super) problems: Vec<String>,
    /// What the caller has left, if it is known whose call it is.
    pub(super) allowance: Option<Allowance>,
    pub(super) location: Option<String>,
}

impl Deref for Admitted {
    type Target = Asked;

    fn deref(&self) -> &Asked {
        &self.asked
    }
}

impl Admission {
    pub(super) fn asked(&self) -> &Asked {
        match self {
            Self::Location(call) => call,
            Self::App(asked) => asked,
        }
    }

    /// Whose calls are counted. Whether the endpoints that ask for the secret count is not known.
    fn counted_for(&self, state: &State) -> Option<String> {
        match self {
            Self::Location(call) => Some(call.location.id.clone()),
            Self::App(asked) if asked.operation.is_open() => None,
            Self::App(_) => Some(state.company.clone()),
        }
    }
}

pub(super) fn examine(
    shared: &Shared,
    state: &mut State,
    request: &Request,
    now: Timestamp,
) -> Examined {
    let mut examined = Examined {
        admitted: Err(Refusal::new(429, "Too Many Requests")),
        problems: Vec::new(),
        allowance: None,
        location: None,
    };
    match identify(shared, state, request, now, &mut examined.problems) {
        Err(refusal) => examined.admitted = Err(refusal),
        Ok(call) => {
            examined.location = call.counted_for(state);
            if let Some(location) = &examined.location {
                state.peaks.count(location, now);
                let allowance = state.meter.count(location, shared.options.limits, now);
                examined.allowance = Some(allowance);
            }
            if !examined.allowance.is_some_and(|it| it.is_exceeded) {
                examined.problems = problems(shared, request, call.asked().operation);
                examined.admitted = allowed(call, &examined.problems);
            }
        }
    }
    examined
}

/// Who asks for what.
fn identify(
    shared: &Shared,
    state: &State,
    request: &Request,
    now: Timestamp,
    problems: &mut Vec<String>,
) -> Result<Admission, Refusal> {
    let Some((operation, id)) = Operation::find(&request.method, &request.path) else {
        problems.push("no such route".to_owned());
        let message = format!("Cannot {} {}", request.method, request.path);
        return Err(Refusal::new(404, &message));
    };
    let body = shared.schema.body(operation, request).cloned().unwrap_or_default();
    let asked = Asked { operation, id, query: request.query.clone(), body, now };
    if operation.is_open() {
        return Ok(Admission::App(asked));
    }
    check_version(request.version.as_deref(), problems)?;
    let token = request.token.as_deref().unwrap_or_default();
    Ok(match bearer::identify(state, token, now)? {
        Bearer::Agency => Admission::App(asked),
        Bearer::Location { location, owns_provider } => {
            Admission::Location(Admitted { asked, location, owns_provider })
        }
    })
}

fn check_version(version: Option<&str>, problems: &mut Vec<String>) -> Result<(), Refusal> {
    let message = match version {
        None => "version header was not found.",
        Some(version) if overrides::PUBLISHED_VERSIONS.contains(&version) => return Ok(()),
        Some(_) => "version header is invalid",
    };
    problems.push(message.to_owned());
    Err(Refusal::new(401, message))
}

fn problems(shared: &Shared, request: &Request, operation: Operation) -> Vec<String> {
    let mut problems = shared.schema.problems(operation, request);
    let version = request.version.as_deref().unwrap_or_default();
    if !operation.is_open() && !shared.schema.takes_version(operation, version) {
        problems.push("a version that the operation is not described with".to_owned());
    }
    problems
}

/// A call may have no problems, and name no location but the one that its token is for.
fn allowed(call: Admission, problems: &[String]) -> Result<Admission, Refusal> {
    if !problems.is_empty() {
        return Err(match call.asked().operation {
            Operation::Token => oauth::unfit(call.asked(), problems),
            _ => Refusal::unprocessable(problems),
        });
    }
    if let Admission::Location(call) = &call {
        let in_path = Some(call.id.as_str()).filter(|_| call.operation == Operation::GetLocation);
        let named = [in_path, call.query("locationId"), call.text("locationId")];
        if named.into_iter().flatten().any(|named| named != call.location.id) {
            return Err(Refusal::foreign_location());
        }
    }
    Ok(call)
}
