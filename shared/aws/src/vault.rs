//! Credentials, sealed.
//!
//! Every tenant has a data key of its own, which KMS made and which is stored only as KMS
//! encrypted it, under an encryption context that names the tenant. With it each credential is
//! sealed by AES-256-GCM, bound to its tenant, integration, field and key version: a ciphertext
//! copied to another place does not open there.
//!
//! **Invariant:** nothing here is ever printed, and no key leaves this file.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_sdk_kms::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::Blob,
    types::DataKeySpec,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::ids::{IntegrationId, TenantId};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    item::{Item, Table},
    keys::Key,
    store::{Added, Scope, StoreError},
};

/// For how long an opened data key is kept in memory. A tenant whose KMS grant is withdrawn is
/// locked out after this.
const KEPT: SignedDuration = SignedDuration::from_mins(5);

/// The version that new credentials are sealed with.
const CURRENT: u32 = 1;

/// A sealed credential. It is safe to store and to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    key_version: u32,
    nonce: String,
    ciphertext: String,
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the tenant's data key could not be read")]
    Store(#[from] StoreError),
    #[error("the key service did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the key service refused the tenant's data key")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Not sealed for this place, or changed since.
    #[error("the credential does not open here")]
    DoesNotOpen,
}

impl VaultError {
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Unavailable(_) => true,
            Self::Refused(_) | Self::DoesNotOpen => false,
        }
    }
}

/// A tenant's data key as KMS encrypted it.
#[derive(Debug, Serialize, Deserialize)]
struct WrappedKey {
    wrapped: String,
}

impl Item for WrappedKey {
    const KIND: &'static str = "data key";
    const TABLE: Table = Table::State;
}

/// A tenant has no key before its first credential is sealed. To open one without its key is not
/// possible, and a new key would only hide that the old one is lost.
#[derive(Clone, Copy, PartialEq, Eq)]
enum IfMissing {
    Create,
    Fail,
}

struct OpenedKey {
    bytes: Zeroizing<Vec<u8>>,
    forget_at: Timestamp,
}

pub struct Vault {
    kms: Client,
    master_key: String,
    opened: Mutex<HashMap<(TenantId, u32), OpenedKey>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("master_key", &self.master_key).finish_non_exhaustive()
    }
}

impl Vault {
    /// `master_key` is the ARN of the KMS key that wraps the tenants' data keys.
    pub fn new(kms: Client, master_key: impl Into<String>) -> Self {
        Self { kms, master_key: master_key.into(), opened: Mutex::default() }
    }

    /// Seals a credential for one field of one integration.
    pub async fn seal(
        &self,
        scope: Scope<'_>,
        integration: &IntegrationId,
        field: &str,
        plain: &SecretString,
        now: Timestamp,
    ) -> Result<Sealed, VaultError> {
        let key = self.data_key(scope, CURRENT, IfMissing::Create, now).await?;
        let place = place(scope.tenant, integration, field, CURRENT);
        let mut sealed = plain.expose_secret().as_bytes().to_vec();
        let nonce = cipher(&key)?
            .seal_in_place_append_tag(Aad::from(place), &mut sealed)
            .map_err(|_| VaultError::DoesNotOpen)?;
        Ok(Sealed {
            key_version: CURRENT,
            nonce: STANDARD.encode(nonce.as_ref()),
            ciphertext: STANDARD.encode(sealed),
        })
    }

    /// Opens a credential that was sealed for this field of this integration.
    pub async fn open(
        &self,
        scope: Scope<'_>,
        integration: &IntegrationId,
        field: &str,
        sealed: &Sealed,
        now: Timestamp,
    ) -> Result<SecretString, VaultError> {
        let version = sealed.key_version;
        let key = self.data_key(scope, version, IfMissing::Fail, now).await?;
        let place = place(scope.tenant, integration, field, sealed.key_version);
        let decoded = |text: &str| STANDARD.decode(text).map_err(|_| VaultError::DoesNotOpen);
        let nonce = Nonce::try_assume_unique_for_key(&decoded(&sealed.nonce)?)
            .map_err(|_| VaultError::DoesNotOpen)?;
        let mut opened = Zeroizing::new(decoded(&sealed.ciphertext)?);
        let plain = cipher(&key)?
            .open_in_place(nonce, Aad::from(place), &mut opened)
            .map_err(|_| VaultError::DoesNotOpen)?;
        let plain = std::str::from_utf8(plain).map_err(|_| VaultError::DoesNotOpen)?;
        Ok(SecretString::from(plain))
    }

    async fn data_key(
        &self,
        scope: Scope<'_>,
        version: u32,
        if_missing: IfMissing,
        now: Timestamp,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let id = (scope.tenant.clone(), version);
        if let Some(bytes) = self.remembered(&id, now) {
            return Ok(bytes);
        }
        let key = Key::data_key(scope.tenant, version);
        let bytes = match scope.get::<WrappedKey>(&key).await? {
            Some(row) => self.unwrap(scope.tenant, &row.body).await?,
            None if if_missing == IfMissing::Create => self.create(scope, &key).await?,
            None => return Err(StoreError::Missing("data key").into()),
        };
        let forget_at = now.checked_add(KEPT).unwrap_or(Timestamp::MAX);
        let opened = OpenedKey { bytes: bytes.clone(), forget_at };
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(id, opened);
        Ok(bytes)
    }

    fn remembered(&self, id: &(TenantId, u32), now: Timestamp) -> Option<Zeroizing<Vec<u8>>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|_, key| key.forget_at > now);
        Some(opened.get(id)?.bytes.clone())
    }

    /// Makes the tenant's first data key. If two do so at once, the first one stored is the key.
    async fn create(&self, scope: Scope<'_>, key: &Key) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let made = self
            .kms
            .generate_data_key()
            .key_id(&self.master_key)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context("tenant", scope.tenant.as_str())
            .send()
            .await
            .map_err(kms_error)?;
        let (Some(plain), Some(wrapped)) = (made.plaintext, made.ciphertext_blob) else {
            return Err(VaultError::Unavailable("no key in the answer".into()));
        };
        let plain = Zeroizing::new(plain.into_inner());
        let wrapped = WrappedKey { wrapped: STANDARD.encode(wrapped.into_inner()) };
        match scope.add(key, &wrapped).await? {
            Added::New => Ok(plain),
            Added::AlreadyThere => {
                let first = scope.get::<WrappedKey>(key).await?;
                let first = first.ok_or(StoreError::Missing("data key"))?;
                self.unwrap(scope.tenant, &first.body).await
            }
        }
    }

    async fn unwrap(
        &self,
        tenant: &TenantId,
        key: &WrappedKey,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let wrapped = STANDARD.decode(&key.wrapped).map_err(|_| VaultError::DoesNotOpen)?;
        let opened = self
            .kms
            .decrypt()
            .key_id(&self.master_key)
            .ciphertext_blob(Blob::new(wrapped))
            .encryption_context("tenant", tenant.as_str())
            .send()
            .await
            .map_err(kms_error)?;
        let plain = opened.plaintext.ok_or(VaultError::DoesNotOpen)?;
        Ok(Zeroizing::new(plain.into_inner()))
    }
}

fn cipher(key: &[u8]) -> Result<RandomizedNonceKey, VaultError> {
    RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| VaultError::DoesNotOpen)
}

/// What a ciphertext is bound to. Ids hold no `#`, so no two places look alike.
fn place(tenant: &TenantId, integration: &IntegrationId, field: &str, version: u32) -> Vec<u8> {
    format!("{tenant}#{integration}#{version}#{field}").into_bytes()
}

/// A key service that answers "no" will say so again; anything else may pass.
fn kms_error<E, R>(error: SdkError<E, R>) -> VaultError
where
    E: std::error::Error + Send + Sync + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let refused = matches!(
        error.as_service_error().and_then(ProvideErrorMetadata::code),
        Some(
            "AccessDeniedException"
                | "InvalidCiphertextException"
                | "IncorrectKeyException"
                | "DisabledException"
                | "NotFoundException"
        )
    );
    if refused { VaultError::Refused(error.into()) } else { VaultError::Unavailable(error.into()) }
}

#[cfg(test)]
mod tests;
