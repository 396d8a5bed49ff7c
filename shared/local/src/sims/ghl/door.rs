//! What every call goes through before its operation: who asks, with which version, how often, and
//! whether the call is one that GHL's documents allow.

use axum::http::HeaderMap;
use jiff::Timestamp;
use serde_json::Value;

use super::{
    Shared, limits::Allowance, operations::Operation, options::Location, overrides,
    refusal::Refusal, state::State,
};

/// A call as it came in.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) token: Option<String>,
    pub(super) version: Option<String>,
    pub(super) body: Option<Value>,
}

/// A call that may be carried out.
pub(super) struct Admitted {
    pub(super) operation: Operation,
    /// The id in the path, if the operation has one.
    pub(super) id: String,
    pub(super) location: Location,
    /// Whether the token is of the app that owns the location's provider.
    pub(super) owns_provider: bool,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Value,
    pub(super) now: Timestamp,
}

impl Request {
    pub(super) fn new(method: &str, path: &str, query: &str, headers: &HeaderMap) -> Self {
        let header = |name| headers.get(name).and_then(|it| it.to_str().ok()).map(str::to_owned);
        let token = header("authorization");
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            token: token.and_then(|it| it.strip_prefix("Bearer ").map(str::to_owned)),
            version: header("version"),
            body: None,
        }
    }

    /// Only what is declared to be JSON is read as such.
    #[must_use]
    pub(super) fn with_body(mut self, headers: &HeaderMap, body: &[u8]) -> Self {
        let content_type = headers.get("content-type").and_then(|it| it.to_str().ok());
        if content_type.is_some_and(|it| it.starts_with("application/json")) {
            self.body = serde_json::from_slice(body).ok();
        }
        self
    }
}

impl Admitted {
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.body[field].as_str()
    }

    pub(super) fn texts(&self, field: &str) -> Vec<String> {
        let texts = self.body[field].as_array().into_iter().flatten();
        texts.filter_map(|it| it.as_str().map(str::to_owned)).collect()
    }
}

/// What the door has found out about a call, whether it lets it in or not.
pub(super) struct Examined {
    pub(super) admitted: Result<Admitted, Refusal>,
    /// What only a wrong client does.
    pub(super) problems: Vec<String>,
    /// What the caller has left, if it is known whose call it is.
    pub(super) allowance: Option<Allowance>,
    pub(super) location: Option<String>,
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
    match identify(state, request, now, &mut examined.problems) {
        Err(refusal) => examined.admitted = Err(refusal),
        Ok(call) => {
            let allowance = state.meter.count(&call.location.id, shared.options.limits, now);
            examined.allowance = Some(allowance);
            examined.location = Some(call.location.id.clone());
            if !allowance.is_exceeded {
                examined.problems = problems(shared, request, call.operation);
                examined.admitted = allowed(request, call, &examined.problems);
            }
        }
    }
    examined
}

/// Who asks for what.
fn identify(
    state: &State,
    request: &Request,
    now: Timestamp,
    problems: &mut Vec<String>,
) -> Result<Admitted, Refusal> {
    let Some((operation, id)) = Operation::find(&request.method, &request.path) else {
        problems.push("no such route".to_owned());
        let message = format!("Cannot {} {}", request.method, request.path);
        return Err(Refusal::new(404, &message));
    };
    check_version(request.version.as_deref(), problems)?;
    let token = request.token.as_deref().unwrap_or_default();
    let knows =
        |it: &&Location| it.token == token || it.foreign_tokens.iter().any(|it| it == token);
    let location = state.locations.iter().find(knows);
    let location = location.cloned().ok_or_else(|| Refusal::new(401, "Invalid JWT"))?;
    Ok(Admitted {
        operation,
        id,
        owns_provider: location.token == token,
        location,
        query: request.query.clone(),
        body: request.body.clone().unwrap_or_default(),
        now,
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
    let mut problems = shared.schema.problems(operation, &request.query, request.body.as_ref());
    let version = request.version.as_deref().unwrap_or_default();
    if !shared.schema.takes_version(operation, version) {
        problems.push("a version that the operation is not described with".to_owned());
    }
    problems
}

/// A call may have no problems, and name no location but the one that its token is for.
fn allowed(request: &Request, call: Admitted, problems: &[String]) -> Result<Admitted, Refusal> {
    if !problems.is_empty() {
        return Err(Refusal::unprocessable(problems));
    }
    let in_query = request.query.iter().find(|(name, _)| name == "locationId");
    let in_query = in_query.map(|(_, value)| value.as_str());
    let in_body = call.body["locationId"].as_str();
    if in_query.into_iter().chain(in_body).any(|named| named != call.location.id) {
        return Err(Refusal::foreign_location());
    }
    Ok(call)
}
