//! The key behind `X-GHL-Signature`.

use std::fmt;

use anyhow::Context as _;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, prelude::BASE64_STANDARD};

/// Everything before the 32 bytes in an Ed25519 `SubjectPublicKeyInfo`.
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

pub(super) struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    pub(super) fn from_seed(seed: &[u8; 32]) -> anyhow::Result<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).context("not an Ed25519 seed")?;
        Ok(Self(pair))
    }

    /// The signature over exactly these bytes, in standard Base64.
    pub(super) fn sign(&self, body: &[u8]) -> String {
        BASE64_STANDARD.encode(self.0.sign(body))
    }

    pub(super) fn public_key(&self) -> PublicKey {
        PublicKey(self.0.public_key().as_ref().to_vec())
    }
}

/// Says only which key it is.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public_key().hex()).finish()
    }
}

/// The half of the signing key that GHL publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// As GHL prints it.
    pub fn pem(&self) -> String {
        let encoded = BASE64_STANDARD.encode([&SPKI_PREFIX[..], &self.0].concat());
        format!("-----BEGIN PUBLIC KEY-----\n{encoded}\n-----END PUBLIC KEY-----\n")
    }

    pub fn raw(&self) -> &[u8] {
        &self.0
    }

    pub fn hex(&self) -> String {
        hex::encode(&self.0)
    }

    pub fn base64(&self) -> String {
        BASE64_STANDARD.encode(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key that GHL publishes, in both forms its documents print.
    #[test]
    fn a_public_key_is_printed_as_ghl_prints_its_own() {
        let raw = BASE64_STANDARD.decode("i2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=").unwrap();
        let key = PublicKey(raw);

        assert!(key.pem().contains("MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg="));
        assert!(key.hex().starts_with("8b61d1d6cacbe28d"));
    }
}
