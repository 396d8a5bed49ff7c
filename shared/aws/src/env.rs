//! What the template tells a function when it starts.

use std::{cell::OnceCell, collections::BTreeMap, time::Duration};

use aws_config::{
    BehaviorVersion, ConfigLoader, Region, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_sdk_sqs::config::Credentials;

use crate::{
    queue::Queue,
    seal::Seal,
    secrets::{Secret, Secrets},
    store::Store,
    vault::Vault,
};

/// The environment, read once, in `main`. Each variable is asked for by name where it is used, so
/// a function's `main.rs` lists what it needs and `tests/it/template.rs` can hold the template
/// to it.
#[derive(Debug)]
pub struct Env {
    others: aws_config::SdkConfig,
    variables: Variables,
    /// One for all that ask: each would keep connections of its own.
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: OnceCell<aws_sdk_sqs::Client>,
    secrets: OnceCell<Secrets>,
}

#[derive(Debug)]
enum Variables {
    OfTheProcess,
    Given(BTreeMap<String, String>),
}

/// Where an emulator plays AWS.
#[derive(Clone, Debug)]
pub struct Endpoints {
    pub dynamodb: String,
    /// Everything but DynamoDB.
    pub others: String,
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
    /// What the process was started with.
    pub async fn load() -> Self {
        let aws = defaults().load().await;
        Self::with(&aws.clone(), aws, Variables::OfTheProcess)
    }

    /// What a function would find that was started with these variables, by an emulator: for who
    /// runs functions in its own process. Every call is tried once, so that a fault on demand
    /// strikes a call and not one of its tries.
    pub async fn given(variables: BTreeMap<String, String>, endpoints: &Endpoints) -> Self {
        let nobody = Credentials::new("local", "local", None, None, "local");
        let at = |url: &str| {
            defaults()
                .region(Region::new("us-east-1"))
                .credentials_provider(nobody.clone())
                .endpoint_url(url)
                .retry_config(RetryConfig::disabled())
                .load()
        };
        let (dynamodb, others) = (at(&endpoints.dynamodb).await, at(&endpoints.others).await);
        Self::with(&dynamodb, others, Variables::Given(variables))
    }

    fn with(
        dynamodb: &aws_config::SdkConfig,
        others: aws_config::SdkConfig,
        variables: Variables,
    ) -> Self {
        let dynamodb = aws_sdk_dynamodb::Client::new(dynamodb);
        Self { others, variables, dynamodb, sqs: OnceCell::new(), secrets: OnceCell::new() }
    }

    pub fn required(&self, name: &'static str) -> Result<String, EnvError> {
        self.optional(name).ok_or(EnvError::Missing(name))
    }

    /// A variable that is empty where what it is for is not wanted.
    pub fn optional(&self, name: &'static str) -> Option<String> {
        let value = match &self.variables {
            #[expect(clippy::disallowed_methods, reason = "this is where configuration is read")]
            Variables::OfTheProcess => std::env::var(name).ok(),
            Variables::Given(variables) => variables.get(name).cloned(),
        };
        value.filter(|it| !it.is_empty())
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
        Ok(Store::new(
            self.dynamodb.clone(),
            self.required("STATE_TABLE")?,
            self.required("JOURNAL_TABLE")?,
        ))
    }

    /// The store for a function that is not told of the journal, and may not use it.
    pub fn state(&self) -> Result<Store, EnvError> {
        Ok(Store::new(self.dynamodb.clone(), self.required("STATE_TABLE")?, ""))
    }

    pub fn vault(&self) -> Result<Vault, EnvError> {
        Ok(Vault::new(aws_sdk_kms::Client::new(&self.others), self.required("VAULT_KEY")?))
    }

    pub fn queue(&self, name: &'static str) -> Result<Queue, EnvError> {
        let client = self.sqs.get_or_init(|| aws_sdk_sqs::Client::new(&self.others));
        Ok(Queue::new(client.clone(), self.required(name)?))
    }

    /// What seals for callers, with the secret whose ARN the variable has.
    pub fn seal(&self, name: &'static str) -> Result<Seal, EnvError> {
        Ok(Seal::new(self.secret(name)?))
    }

    /// A secret of the application's, whose ARN the variable has.
    pub fn secret(&self, name: &'static str) -> Result<Secret, EnvError> {
        let client = || aws_sdk_secretsmanager::Client::new(&self.others);
        let secrets = self.secrets.get_or_init(|| Secrets::new(client()));
        Ok(Secret::new(secrets.clone(), self.required(name)?))
    }
}

fn defaults() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(timeouts())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
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
