//! The key that GoHighLevel signed events with before 2026, and announced to stop using that year.

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::{Engine, engine::general_purpose::STANDARD};

/// The key as GoHighLevel published it.
pub const GHL_LEGACY_KEY: &str = "-----BEGIN PUBLIC KEY-----
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAokvo/r9tVgcfZ5DysOSC
Frm602qYV0MaAiNnX9O8KxMbiyRKWeL9JpCpVpt4XHIcBOK4u3cLSqJGOLaPuXw6
dO0t6Q/ZVdAV5Phz+ZtzPL16iCGeK9po6D6JHBpbi989mmzMryUnQJezlYJ3DVfB
csedpinheNnyYeFXolrJvcsjDtfAeRx5ByHQmTnSdFUzuAnC9/GepgLT9SM4nCpv
uxmZMxrJt5Rw+VUaQ9B8JSvbMPpez4peKaJPZHBbU3OdeCVx5klVXXZQGNHOs8gF
3kvoV5rTnXV0IknLBXlcKKAQLZcY/Q9rG6Ifi9c+5vqlvHPCUJFT5XUGG5RKgOKU
J062fRtN+rLYZUV+BjafxQauvC8wSWeYja63VSUruvmNj8xkx2zE/Juc+yjLjTXp
IocmaiFeAO6fUtNjDeFVkhf5LNb59vECyrHD2SQIrhgXpO4Q3dVNA5rw576PwTzN
h/AMfHKIjE4xQA1SZuYJmNnmVZLIZBlQAF9Ntd03rfadZ+yDiOXCCs9FkHibELhC
HULgCsnuDJHcrGNd5/Ddm5hxGQ0ASitgHeMZ0kcIOwKDOzOU53lDza6/Y09T7sYJ
PQe7z0cvj7aE4B+Ax1ZoZGPzpJlZtGXCsu9aTEGEnKzmsFqwcSsnw3JB31IGKAyk
T1hhTiaCeIY/OwwwNUY2yvcCAwEAAQ==
-----END PUBLIC KEY-----
";

/// An RSA key whose signatures (RSASSA-PKCS1-v1_5 with SHA-256) are accepted. To have one is to
/// have switched the old way on.
#[derive(Clone, Debug)]
pub struct LegacyKey(ParsedPublicKey);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an RSA public key in PEM or base64")]
pub struct InvalidLegacyKey;

impl LegacyKey {
    /// Reads a PEM block, or its base64 alone. Line ends may be written `\n`, as some environments
    /// have it.
    pub fn parse(pem: &str) -> Result<Self, InvalidLegacyKey> {
        let bare = ["-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----", "\\n"]
            .iter()
            .fold(pem.to_owned(), |text, mark| text.replace(mark, ""));
        let base64: String = bare.split_whitespace().collect();
        let der = STANDARD.decode(base64).map_err(|_| InvalidLegacyKey)?;
        let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der);
        key.map(Self).map_err(|_| InvalidLegacyKey)
    }

    pub(super) fn has_signed(&self, body: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(body, signature).is_ok()
    }
}

#[cfg(test)]
pub(super) mod testing {
    use aws_lc_rs::{
        encoding::{AsDer, PublicKeyX509Der},
        rand::SystemRandom,
        rsa::{KeyPair, KeySize},
        signature::{KeyPair as _, RSA_PKCS1_SHA256},
    };

    use super::*;

    pub(in crate::webhook) struct LegacyPair {
        pair: KeyPair,
        pub(in crate::webhook) key: LegacyKey,
    }

    impl LegacyPair {
        pub(in crate::webhook) fn generate() -> Self {
            let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
            let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
            let key = LegacyKey::parse(&STANDARD.encode(der.as_ref())).unwrap();
            Self { pair, key }
        }

        pub(in crate::webhook) fn sign(&self, body: &[u8]) -> String {
            let mut signature = vec![0; self.pair.public_modulus_len()];
            let random = SystemRandom::new();
            self.pair.sign(&RSA_PKCS1_SHA256, &random, body, &mut signature).unwrap();
            STANDARD.encode(signature)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_be_written_in_many_ways() {
        let escaped = GHL_LEGACY_KEY.replace('\n', "\\n");
        let bare: String = GHL_LEGACY_KEY.lines().filter(|it| !it.starts_with('-')).collect();
        for written in [GHL_LEGACY_KEY, &escaped, &bare] {
            assert!(LegacyKey::parse(written).is_ok(), "{written}");
        }
    }

    #[test]
    fn what_is_not_an_rsa_key_is_refused() {
        let cut: String = GHL_LEGACY_KEY.lines().take(4).collect();
        for bad in ["", "nonsense", &cut, crate::webhook::GHL_PUBLIC_KEY] {
            assert_eq!(LegacyKey::parse(bad).unwrap_err(), InvalidLegacyKey, "{bad}");
        }
    }
}
