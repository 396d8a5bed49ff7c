//! The resources that we know, as the template declares them.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{Event, values::plain};

/// A Lambda function.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Function {
    /// The folder of its crate.
    pub code_uri: String,
    /// Seconds.
    #[serde(default = "three")]
    pub timeout: u32,
    /// Megabytes.
    #[serde(default = "smallest")]
    pub memory_size: u32,
    #[serde(default, deserialize_with = "variables")]
    pub environment: BTreeMap<String, String>,
    #[serde(default)]
    pub events: BTreeMap<String, Event>,
    #[serde(default)]
    pub policies: Vec<Value>,
    /// Everything else that it says.
    #[serde(flatten)]
    pub properties: Map<String, Value>,
}

impl Function {
    /// Its crate, which is also its binary.
    pub fn crate_name(&self) -> &str {
        self.code_uri.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
    }

    pub fn logs_json(&self) -> bool {
        self.properties.get("LoggingConfig").is_some_and(|it| it["LogFormat"] == "JSON")
    }
}

/// An HTTP API.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Api {
    /// By the names that routes call them.
    #[serde(default, rename = "Auth", deserialize_with = "authorizers")]
    pub authorizers: BTreeMap<String, Authorizer>,
    /// Everything else that it says.
    #[serde(flatten)]
    pub properties: Map<String, Value>,
}

/// A function that says who is asking, and what it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Authorizer {
    /// Its ARN.
    pub function_arn: String,
    #[serde(rename = "AuthorizerPayloadFormatVersion")]
    pub payload_format_version: String,
    #[serde(default, rename = "EnableSimpleResponses")]
    pub simple_responses: bool,
    #[serde(default)]
    pub identity: Identity,
}

/// What a request must show for an authorizer to be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Identity {
    #[serde(default)]
    pub headers: Vec<String>,
    /// For how many seconds an answer serves.
    #[serde(default)]
    pub reauthorize_every: u32,
}

/// A queue.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Queue {
    #[serde(default)]
    pub fifo_queue: bool,
    /// Seconds.
    #[serde(default = "thirty")]
    pub visibility_timeout: u32,
    #[serde(default)]
    pub content_based_deduplication: bool,
    #[serde(default)]
    pub redrive_policy: Option<Redrive>,
    /// Everything else that it says.
    #[serde(flatten)]
    pub properties: Map<String, Value>,
}

/// Where a queue puts what could not be processed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Redrive {
    /// The dead letters' ARN.
    pub dead_letter_target_arn: String,
    pub max_receive_count: u32,
}

/// A table.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Map<String, Value>")]
pub struct Table {
    /// The attribute with the time at which an item may go.
    pub time_to_live: Option<String>,
    pub has_point_in_time_recovery: bool,
    /// Everything that it says.
    pub properties: Map<String, Value>,
}

impl From<Map<String, Value>> for Table {
    fn from(properties: Map<String, Value>) -> Self {
        let said = Value::Object(properties.clone());
        let time_to_live = said["TimeToLiveSpecification"]["AttributeName"].as_str();
        let recovery = &said["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
        Self {
            time_to_live: time_to_live.map(str::to_owned),
            has_point_in_time_recovery: *recovery == true,
            properties,
        }
    }
}

/// A KMS key.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Key {
    #[serde(default)]
    pub description: String,
    /// Everything else that it says.
    #[serde(flatten)]
    pub properties: Map<String, Value>,
}

/// A secret, whose value is given or made up.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Secret {
    #[serde(default)]
    pub secret_string: Option<String>,
    /// How the value is made up.
    #[serde(default)]
    pub generate_secret_string: Option<Map<String, Value>>,
}

impl Secret {
    /// Its value here: the one it is given, or `made_up` where AWS would make one up.
    pub fn local_value(&self, made_up: &str) -> String {
        let Some(generate) = &self.generate_secret_string else {
            return self.secret_string.clone().unwrap_or_default();
        };
        let text = |name: &str| generate.get(name).and_then(Value::as_str);
        let Some(key) = text("GenerateStringKey") else { return made_up.to_owned() };
        let around = text("SecretStringTemplate").unwrap_or("{}");
        let mut around: Map<String, Value> = serde_json::from_str(around).unwrap_or_default();
        around.insert(key.to_owned(), made_up.into());
        Value::Object(around).to_string()
    }
}

/// The variables lie one level down, and may be numbers.
fn variables<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    #[derive(Deserialize)]
    struct Environment {
        #[serde(rename = "Variables", default)]
        variables: BTreeMap<String, Value>,
    }
    let environment = Environment::deserialize(from)?;
    Ok(environment.variables.into_iter().map(|(name, it)| (name, plain(&it))).collect())
}

/// They lie one level down.
fn authorizers<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, Authorizer>, D::Error> {
    #[derive(Deserialize)]
    struct Auth {
        #[serde(rename = "Authorizers", default)]
        authorizers: BTreeMap<String, Authorizer>,
    }
    Ok(Auth::deserialize(from)?.authorizers)
}

fn three() -> u32 {
    3
}

fn smallest() -> u32 {
    128
}

fn thirty() -> u32 {
    30
}
