//! API keys: what is stored of one, and what somebody shows to be let in.
//!
//! A key is written `dpx_<id>_<secret>`. The id finds what is stored; of the secret only a hash is
//! stored, and the whole key is seen once, when it is made. A secret is 256 random bits: nobody
//! can go through them all, so the hash need not be a slow one, as a password's must.

use std::fmt::{self, Write};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Standing;
use crate::ids::ApiKeyId;

/// How every key begins, so that one is recognised where it should not be.
const PREFIX: &str = "dpx_";
/// How whoever uses a key is called, before the key's id.
pub(super) const SUBJECT: &str = "key:";
const ID_DIGITS: usize = 20;
const SECRET_DIGITS: usize = 64;

/// A key as it is stored. It cannot be compared with `==`, which would compare the hash, and not
/// in constant time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    /// What its owner calls it.
    pub name: String,
    pub standing: Standing,
    pub hash: KeyHash,
    pub created_at: Timestamp,
    /// The subject of who made it.
    pub created_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// Requests that may be made with it in a minute.
    pub per_minute: u32,
    /// How the secret ends, by which its owner tells it from others.
    pub last4: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum KeyState {
    Active,
    Expired,
    Revoked,
}

/// The SHA-256 of a secret.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyHash([u8; 32]);

/// A stored hash that is not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the hash of a key")]
pub struct InvalidHash;

/// A key as somebody shows it. It has the form of one, and nothing is proven yet.
#[derive(Clone, Debug)]
pub struct PresentedKey {
    pub id: ApiKeyId,
    pub secret: SecretString,
}

impl ApiKey {
    /// Revoked is said before expired: it was somebody's decision.
    pub fn state(&self, now: Timestamp) -> KeyState {
        if self.revoked_at.is_some_and(|it| it <= now) {
            KeyState::Revoked
        } else if self.expires_at.is_some_and(|it| it <= now) {
            KeyState::Expired
        } else {
            KeyState::Active
        }
    }

    /// What the audit trail calls whoever uses this key.
    pub fn subject(&self) -> String {
        format!("{SUBJECT}{}", self.id)
    }
}

impl KeyHash {
    pub fn of(secret: &SecretString) -> Self {
        Self(Sha256::digest(secret.expose_secret()).into())
    }

    /// For a comparison in constant time, which is not for this crate to make.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Shows that it is one, and not which.
impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash")
    }
}

impl From<KeyHash> for String {
    fn from(hash: KeyHash) -> Self {
        hash.0.iter().fold(Self::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}"); // Writing to a string cannot fail.
            hex
        })
    }
}

impl TryFrom<String> for KeyHash {
    type Error = InvalidHash;

    fn try_from(hex: String) -> Result<Self, InvalidHash> {
        if !is_hex(&hex, 64) {
            return Err(InvalidHash);
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let digits = str::from_utf8(digits).map_err(|_| InvalidHash)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| InvalidHash)?;
        }
        Ok(Self(bytes))
    }
}

impl PresentedKey {
    /// Reads `dpx_<id>_<secret>`, or nothing if this is not the form of a key.
    pub fn parse(token: &str) -> Option<Self> {
        let (id, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
        if !is_hex(id, ID_DIGITS) || !is_hex(secret, SECRET_DIGITS) {
            return None;
        }
        Some(Self { id: ApiKeyId::parse(id).ok()?, secret: secret.into() })
    }

    /// What [`Self::parse`] reads. This is what its owner is given, once.
    pub fn to_token(&self) -> SecretString {
        format!("{PREFIX}{}_{}", self.id, self.secret.expose_secret()).into()
    }

    /// How the secret ends.
    pub fn last4(&self) -> String {
        let secret = self.secret.expose_secret();
        secret.get(secret.len().saturating_sub(4)..).unwrap_or_default().to_owned()
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}
