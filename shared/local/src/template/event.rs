//! What calls a function.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An event of a function.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "Type", content = "Properties")]
pub enum Event {
    #[serde(rename_all = "PascalCase")]
    HttpApi {
        /// `$default` and `ANY` are as API Gateway means them.
        #[serde(default = "any")]
        method: String,
        #[serde(default = "any_path")]
        path: String,
        #[serde(default)]
        api_id: Option<String>,
        /// The API's authorizer that is asked first. A route without one is open.
        #[serde(default, rename = "Auth", deserialize_with = "authorizer")]
        authorizer: Option<String>,
    },
    #[serde(rename = "SQS", rename_all = "PascalCase")]
    Queue {
        /// The queue's ARN.
        queue: String,
        #[serde(default = "ten")]
        batch_size: u32,
        #[serde(default)]
        function_response_types: Vec<String>,
        #[serde(default)]
        scaling_config: Option<Value>,
        #[serde(default)]
        maximum_batching_window_in_seconds: Option<u32>,
    },
    #[serde(alias = "ScheduleV2", rename_all = "PascalCase")]
    Schedule {
        #[serde(alias = "Schedule")]
        schedule_expression: String,
        #[serde(default)]
        input: Option<String>,
    },
}

impl Event {
    /// How many runs of its function a queue may cause at once, if it is limited.
    pub fn maximum_concurrency(&self) -> Option<u64> {
        match self {
            Self::Queue { scaling_config: Some(it), .. } => it["MaximumConcurrency"].as_u64(),
            _ => None,
        }
    }

    /// Whether a failed record of a batch is repeated without the others.
    pub fn reports_failures(&self) -> bool {
        match self {
            Self::Queue { function_response_types: types, .. } => {
                types.iter().any(|it| it == "ReportBatchItemFailures")
            }
            Self::HttpApi { .. } | Self::Schedule { .. } => false,
        }
    }
}

/// Its name lies one level down. `NONE` is SAM's word for an open route.
fn authorizer<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    struct Auth {
        #[serde(rename = "Authorizer")]
        authorizer: Option<String>,
    }
    Ok(Auth::deserialize(from)?.authorizer.filter(|it| it != "NONE"))
}

fn any() -> String {
    "ANY".to_owned()
}

fn any_path() -> String {
    "$default".to_owned()
}

fn ten() -> u32 {
    10
}
