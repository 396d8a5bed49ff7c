//! What the template tells a function when it starts.

use std::time::Duration;

use aws_config::{BehaviorVersion, retry::RetryConfig, timeout::TimeoutConfig};

use crate::{queue::Queue, store::Store, vault::Vault};

/// The environment, read once, in `main`. Each variable is asked for by name where it is used, so
/// a function's `main.rs` lists what it needs and `tests/it/template.rs` can hold the template
/// to it.
#[derive(Debug)]
pub struct Env {
    aws: aws_config::SdkConfig,
}

#[derive(Debug, thiserror::Error)]
pub enum EnvError {
    #[error(
        "the environment variable {0} is not set; template.yaml sets it for a deployed function"
    )]
    Missing(&'static str),
    #[error("the environment variable {name} is not usable: {why}")]
    Invalid { name: &'static str, why: String },
}

impl Env {
    pub async fn load() -> Self {
        Self {
            aws: aws_config::defaults(BehaviorVersion::latest())
                .timeout_config(timeouts())
                .retry_config(RetryConfig::standard().with_max_attempts(3))
                .load()
                .await,
        }
    }

    pub fn required(&self, name: &'static str) -> Result<String, EnvError> {
        #[expect(clippy::disallowed_methods, reason = "this is where configuration is read")]
        match std::env::var(name) {
            Ok(value) if !value.is_empty() => Ok(value),
            _ => Err(EnvError::Missing(name)),
        }
    }

    /// A variable that has its own form, read by that form's parser.
    pub fn parsed<T, E: std::fmt::Display>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, EnvError> {
        parse(&self.required(name)?).map_err(|e| EnvError::Invalid { name, why: e.to_string() })
    }

    pub fn store(&self) -> Result<Store, EnvError> {
        let client = aws_sdk_dynamodb::Client::new(&self.aws);
        Ok(Store::new(client, self.required("STATE_TABLE")?, self.required("JOURNAL_TABLE")?))
    }

    pub fn vault(&self) -> Result<Vault, EnvError> {
        Ok(Vault::new(aws_sdk_kms::Client::new(&self.aws), self.required("VAULT_KEY")?))
    }

    pub fn queue(&self, name: &'static str) -> Result<Queue, EnvError> {
        Ok(Queue::new(aws_sdk_sqs::Client::new(&self.aws), self.required(name)?))
    }
}

/// A webhook's caller waits 2 seconds at the shortest (Telnyx), and a function ends after 10: AWS
/// gets less than that to answer, or it counts as down.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(500))
        .operation_attempt_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(5))
        .build()
}
