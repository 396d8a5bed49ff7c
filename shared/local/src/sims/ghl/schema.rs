//! Whether a request is one that the published `OpenAPI` files allow.
//!
//! **Invariant:** no problem found here repeats a value of the request: it may end up in a log.

use std::{collections::HashMap, sync::LazyLock};

use anyhow::{Context as _, anyhow};
use jsonschema::{Draft, ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Map, Value, json};

use super::{
    openapi::Document,
    operations::Operation,
    overrides,
    request::{Encoding, Request},
};

const CONTACTS: &str = include_str!("../../../contracts/ghl-openapi/v2/contacts.json");
const CONVERSATIONS: &str = include_str!("../../../contracts/ghl-openapi/v2/conversations.json");
const LOCATIONS: &str = include_str!("../../../contracts/ghl-openapi/v2/locations.json");
const OAUTH: &str = include_str!("../../../contracts/ghl-openapi/v2/oauth.json");
const COMMON: &str = include_str!("../../../contracts/ghl-openapi/common/common-schemas.json");

/// Compiled once per process: the files are large, and tests start many simulators.
static SCHEMA: LazyLock<Result<Schema, String>> =
    LazyLock::new(|| Schema::compile().map_err(|error| format!("{error:#}")));

/// What each operation may be called with.
#[derive(Debug)]
pub(super) struct Schema(HashMap<Operation, Expected>);

#[derive(Debug)]
struct Expected {
    versions: Vec<String>,
    query: Validator,
    /// The declared type of each parameter: on the wire they are all strings.
    query_types: HashMap<String, String>,
    body: Option<(Encoding, Validator)>,
}

impl Schema {
    pub(super) fn published() -> anyhow::Result<&'static Self> {
        SCHEMA.as_ref().map_err(|error| anyhow!("{error}"))
    }

    /// Whether this published version is one the operation was described or measured with.
    pub(super) fn takes_version(&self, operation: Operation, version: &str) -> bool {
        self.0.get(&operation).is_some_and(|it| it.versions.iter().any(|known| known == version))
    }

    /// What is wrong with a call, in GHL's words where they are known.
    pub(super) fn problems(&self, operation: Operation, request: &Request) -> Vec<String> {
        let Some(expected) = self.0.get(&operation) else { return Vec::new() };
        let query = typed(&request.query, &expected.query_types);
        let mut problems = problems_in(&expected.query, &query);
        if let Some((encoding, validator)) = &expected.body {
            match (request.body_as(*encoding), encoding) {
                (Some(body), _) => problems.extend(problems_in(validator, body)),
                (None, Encoding::Json) => problems.push("body should be JSON".to_owned()),
                (None, Encoding::Form) => problems.push("body should be a form".to_owned()),
            }
        }
        problems
    }

    /// The body, if it came as the operation takes it.
    pub(super) fn body<'a>(&self, operation: Operation, request: &'a Request) -> Option<&'a Value> {
        let (encoding, _) = self.0.get(&operation)?.body.as_ref()?;
        request.body_as(*encoding)
    }

    fn compile() -> anyhow::Result<Self> {
        let contacts = Document::parse(CONTACTS, COMMON)?;
        let conversations = Document::parse(CONVERSATIONS, COMMON)?;
        let locations = Document::parse(LOCATIONS, COMMON)?;
        let oauth = Document::parse(OAUTH, COMMON)?;
        let expected = Operation::all().map(|operation| {
            let expected = match operation.template().split('/').nth(1) {
                _ if operation == Operation::Reconnect => Expected::of_reconnect(),
                Some("contacts") => Expected::compile(operation, &contacts),
                Some("locations") => Expected::compile(operation, &locations),
                Some("oauth") => Expected::compile(operation, &oauth),
                _ => Expected::compile(operation, &conversations)
                    .map(Expected::also_contacts_version),
            };
            Ok((operation, expected.with_context(|| operation.template())?))
        });
        Ok(Self(expected.collect::<anyhow::Result<_>>()?))
    }
}

impl Expected {
    fn compile(operation: Operation, document: &Document) -> anyhow::Result<Self> {
        let described = document.operation(operation.method(), operation.template())?;
        let mut properties = Map::new();
        let mut required = Vec::new();
        for parameter in described.parameters("query") {
            properties.insert(parameter.name.to_owned(), parameter.schema.clone());
            required.extend(parameter.is_required.then_some(parameter.name));
        }
        let query_types = properties
            .iter()
            .filter_map(|(name, it)| Some((name.clone(), it["type"].as_str()?.to_owned())))
            .collect();
        let query = json!({ "properties": properties, "required": required,
            "additionalProperties": false });
        let body = described.body().map(|(encoding, schema)| {
            compile(&document.closed(schema)).map(|validator| (encoding, validator))
        });
        Ok(Self {
            versions: described.versions(),
            query: compile(&query)?,
            query_types,
            body: body.transpose()?,
        })
    }

    /// No file describes it.
    fn of_reconnect() -> anyhow::Result<Self> {
        Ok(Self {
            versions: Vec::new(),
            query: compile(&json!({ "additionalProperties": false }))?,
            query_types: HashMap::new(),
            body: Some((Encoding::Json, compile(&overrides::reconnect())?)),
        })
    }

    fn also_contacts_version(mut self) -> Self {
        self.versions.push(overrides::ALSO_ACCEPTED_BY_CONVERSATIONS.to_owned());
        self
    }
}

fn compile(schema: &Value) -> anyhow::Result<Validator> {
    jsonschema::options()
        .with_draft(Draft::Draft7)
        .should_validate_formats(true)
        .build(schema)
        .map_err(|error| anyhow!("{error}"))
}

/// The query as an object, with numbers and truth values as what they are.
fn typed(query: &[(String, String)], types: &HashMap<String, String>) -> Value {
    let fields = query.iter().map(|(name, value)| {
        let read = match types.get(name).map(String::as_str) {
            Some("number") => value.parse::<serde_json::Number>().ok().map(Value::from),
            Some("boolean") => value.parse::<bool>().ok().map(Value::from),
            _ => None,
        };
        (name.clone(), read.unwrap_or_else(|| value.clone().into()))
    });
    Value::Object(fields.collect())
}

fn problems_in(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).flat_map(|error| in_ghl_words(&error)).collect()
}

fn in_ghl_words(error: &ValidationError<'_>) -> Vec<String> {
    let path = error.instance_path().to_string();
    let field = path.trim_start_matches('/').replace('/', ".");
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            unexpected.iter().map(|name| format!("property {name} should not exist")).collect()
        }
        ValidationErrorKind::Enum { .. } => vec![format!("{field} must be a valid enum value")],
        _ => vec![format!("{field} {}", error.masked()).trim().to_owned()],
    }
}
