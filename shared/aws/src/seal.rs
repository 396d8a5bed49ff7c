//! What others hold for us: cursors of lists, and answers that are given once. They are sealed, so
//! that they show nothing, and open only for the purpose that they were sealed for.
//!
//! **Invariant:** no key leaves this file.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey},
    digest::{SHA256, digest},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::secrets::{Secret, SecretError};

/// Seals with the application's own secret. What was sealed with its version before opens too.
#[derive(Clone, Debug)]
pub struct Seal {
    secret: Secret,
}

const NONCE: usize = 12;

impl Seal {
    pub fn new(secret: Secret) -> Self {
        Self { secret }
    }

    pub async fn seal(
        &self,
        purpose: &str,
        plain: &[u8],
        now: Timestamp,
    ) -> Result<String, SecretError> {
        let key = key(&self.secret.versions(now).await?.current)?;
        let mut sealed = plain.to_vec();
        let nonce = key
            .seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut sealed)
            .map_err(|_| SecretError::NotText)?;
        let mut whole = nonce.as_ref().to_vec();
        whole.extend(sealed);
        Ok(URL_SAFE_NO_PAD.encode(whole))
    }

    /// `None` if it was not sealed by us, or for another purpose.
    pub async fn open(
        &self,
        purpose: &str,
        sealed: &str,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, SecretError> {
        let versions = self.secret.versions(now).await?;
        let Ok(whole) = URL_SAFE_NO_PAD.decode(sealed) else { return Ok(None) };
        for secret in [Some(&versions.current), versions.previous.as_ref()].into_iter().flatten() {
            if let Some(plain) = opened(&key(secret)?, purpose, &whole) {
                return Ok(Some(plain));
            }
        }
        Ok(None)
    }
}

fn key(secret: &SecretString) -> Result<RandomizedNonceKey, SecretError> {
    let derived = digest(&SHA256, format!("duplex-seal\0{}", secret.expose_secret()).as_bytes());
    RandomizedNonceKey::new(&AES_256_GCM, derived.as_ref()).map_err(|_| SecretError::NotText)
}

fn opened(key: &RandomizedNonceKey, purpose: &str, whole: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = whole.split_at_checked(NONCE)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut sealed = sealed.to_vec();
    let plain = key.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut sealed).ok()?;
    Some(plain.to_vec())
}
