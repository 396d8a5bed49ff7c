//! Secrets of the application itself, from Secrets Manager.
//!
//! Two versions of each are good at once, the current and the one before it, so that a secret can
//! be changed while somebody still uses the old one. docs/decisions/0012-application-secrets.md
//! has the reasons.
//!
//! **Invariant:** no secret is printed, and none is written anywhere.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use aws_sdk_secretsmanager::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::get_secret_value::GetSecretValueError,
};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use tracing::warn;

use crate::logs::Chain;

/// For how long a secret is kept in memory before it is asked for again.
const KEPT: SignedDuration = SignedDuration::from_mins(5);

/// For how long it serves while Secrets Manager does not answer, counted from when it was read.
const KEPT_IN_NEED: SignedDuration = SignedDuration::from_hours(1);

/// How long to leave Secrets Manager alone after it did not answer.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// What a secret is now, and what it was before it was changed.
#[derive(Clone, Debug)]
pub struct Versions {
    pub current: SecretString,
    pub previous: Option<SecretString>,
}

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("Secrets Manager did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("Secrets Manager refused the secret")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the secret is not a text")]
    NotText,
}

impl SecretError {
    /// Whether trying again could help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Refused(_) | Self::NotText => false,
        }
    }
}

/// Reads secrets, and keeps them for a while. Clones share what they keep.
#[derive(Clone)]
pub struct Secrets {
    client: Client,
    kept: Arc<Mutex<HashMap<String, Kept>>>,
}

#[derive(Clone)]
struct Kept {
    versions: Versions,
    read_at: Timestamp,
    ask_again_at: Timestamp,
}

/// One secret of the application's.
#[derive(Clone, Debug)]
pub struct Secret {
    secrets: Secrets,
    arn: String,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secret {
    pub fn new(secrets: Secrets, arn: impl Into<String>) -> Self {
        Self { secrets, arn: arn.into() }
    }

    pub async fn versions(&self, now: Timestamp) -> Result<Versions, SecretError> {
        self.secrets.get(&self.arn, now).await
    }
}

impl Versions {
    /// Whether this text is one of them. It takes as long whatever the text is.
    pub fn has(&self, shown: &str) -> bool {
        let is_current = is_same(&self.current, shown);
        let is_previous = self.previous.as_ref().is_some_and(|it| is_same(it, shown));
        is_current | is_previous
    }
}

impl Secrets {
    pub fn new(client: Client) -> Self {
        Self { client, kept: Arc::default() }
    }

    /// The secret with this name or ARN.
    pub async fn get(&self, name_or_arn: &str, now: Timestamp) -> Result<Versions, SecretError> {
        let kept = self.kept().get(name_or_arn).cloned();
        if let Some(kept) = kept.as_ref().filter(|it| now < it.ask_again_at) {
            return Ok(kept.versions.clone());
        }
        match self.read(name_or_arn).await {
            Ok(versions) => {
                let kept = Kept { versions, read_at: now, ask_again_at: after(now, KEPT) };
                Ok(self.keep(name_or_arn, kept))
            }
            Err(error) => {
                let kept = kept.filter(|it| now < after(it.read_at, KEPT_IN_NEED));
                let Some(kept) = kept.filter(|_| error.is_transient()) else {
                    return Err(error);
                };
                warn!(error = %Chain(&error), "a secret serves beyond its time");
                let kept = Kept { ask_again_at: after(now, PATIENCE), ..kept };
                Ok(self.keep(name_or_arn, kept))
            }
        }
    }

    async fn read(&self, id: &str) -> Result<Versions, SecretError> {
        let current = self.version(id, "AWSCURRENT").await.map_err(told)?;
        let previous = match self.version(id, "AWSPREVIOUS").await {
            Ok(previous) => previous,
            // It was never changed, or what it was before has been thrown away.
            Err(error) if is_missing(&error) => None,
            Err(error) => return Err(told(error)),
        };
        Ok(Versions { current: current.ok_or(SecretError::NotText)?, previous })
    }

    async fn version(
        &self,
        id: &str,
        stage: &str,
    ) -> Result<Option<SecretString>, SdkError<GetSecretValueError>> {
        let found =
            self.client.get_secret_value().secret_id(id).version_stage(stage).send().await?;
        Ok(found.secret_string.map(SecretString::from))
    }

    fn keep(&self, id: &str, kept: Kept) -> Versions {
        let versions = kept.versions.clone();
        self.kept().insert(id.to_owned(), kept);
        versions
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn after(time: Timestamp, wait: SignedDuration) -> Timestamp {
    time.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// Compares hashes, so that not even the length can be measured.
fn is_same(secret: &SecretString, shown: &str) -> bool {
    let of = |text: &str| digest(&SHA256, text.as_bytes());
    let is_same = verify_slices_are_equal(of(secret.expose_secret()).as_ref(), of(shown).as_ref());
    is_same.is_ok() && !shown.is_empty()
}

fn is_missing(error: &SdkError<GetSecretValueError>) -> bool {
    error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception)
}

/// A service that answers "no" will say so again; anything else may pass.
fn told(error: SdkError<GetSecretValueError>) -> SecretError {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    match code {
        Some(
            "AccessDeniedException"
            | "DecryptionFailure"
            | "InvalidParameterException"
            | "InvalidRequestException"
            | "ResourceNotFoundException",
        ) => SecretError::Refused(error.into()),
        _ => SecretError::Unavailable(error.into()),
    }
}

#[cfg(test)]
mod tests;
