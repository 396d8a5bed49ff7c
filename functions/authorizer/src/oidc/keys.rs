//! The keys that an issuer publishes, read when they are needed and kept for a while.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use aws::logs::Chain;
use egress::CallError;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tracing::warn;
use url::Url;

use super::address::{self, Unsafe};

/// For how long keys are good before they are read again.
const KEPT: SignedDuration = SignedDuration::from_mins(10);

/// For how long they serve while the issuer does not answer, counted from when they were read. A
/// key that the issuer has withdrawn opens for no longer than this.
const KEPT_IN_NEED: SignedDuration = SignedDuration::from_hours(1);

/// An unknown key may be a new one. Whoever makes keys up does not make us ask more often.
const AT_MOST_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// The issuer's keys could not be read.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    #[error("the issuer did not answer")]
    NoAnswer(#[from] CallError),
    #[error("the issuer answered {0}")]
    Refused(u16),
    #[error("the issuer's answer is not what it should be")]
    Unreadable(#[from] serde_json::Error),
    #[error("the address belongs to another issuer")]
    OtherIssuer,
    #[error("the issuer's keys are not at an address to trust")]
    Unsafe(#[from] Unsafe),
}

/// What checks a signature: a key, and the one algorithm it is for.
#[derive(Clone)]
pub(crate) struct Verifier {
    pub(crate) key: DecodingKey,
    pub(crate) algorithm: Algorithm,
}

pub(crate) struct Keys {
    http: egress::Client,
    issuer: String,
    address: Url,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    keys: HashMap<String, Verifier>,
    read_at: Option<Timestamp>,
    asked_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// Each key is read by itself: one that we cannot read is one that we do not use.
#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Keys {
    pub(crate) fn new(http: egress::Client, issuer: String, address: Url) -> Self {
        Self { http, issuer, address, kept: Mutex::default() }
    }

    /// The key with this id, if the issuer has it.
    pub(crate) async fn find(
        &self,
        kid: &str,
        now: Timestamp,
    ) -> Result<Option<Verifier>, OidcError> {
        let (known, serves) = {
            let kept = self.kept();
            let known = kept.keys.get(kid).cloned();
            if kept.read_within(KEPT, now) && (known.is_some() || kept.asked_within(now)) {
                return Ok(known);
            }
            (known, kept.read_within(KEPT_IN_NEED, now))
        };
        if serves && self.kept().asked_within(now) {
            return Ok(known);
        }
        self.kept().asked_at = Some(now);
        match self.read().await {
            Ok(keys) => {
                let found = keys.get(kid).cloned();
                *self.kept() = Kept { keys, read_at: Some(now), asked_at: Some(now) };
                Ok(found)
            }
            Err(error) if serves => {
                warn!(error = %Chain(&error), "the issuer's keys serve beyond their time");
                Ok(known)
            }
            Err(error) => Err(error),
        }
    }

    async fn read(&self) -> Result<HashMap<String, Verifier>, OidcError> {
        let base = self.issuer.trim_end_matches('/');
        let discovery = format!("{base}/.well-known/openid-configuration");
        let discovery: Discovery = self.get(&discovery).await?;
        if discovery.issuer != self.issuer {
            return Err(OidcError::OtherIssuer);
        }
        let address = address::trusted_by(&self.address, &discovery.jwks_uri)?;
        let published: Published = self.get(address.as_str()).await?;
        Ok(published.keys.into_iter().filter_map(verifier).collect())
    }

    async fn get<T: DeserializeOwned>(&self, address: &str) -> Result<T, OidcError> {
        let answer = self.http.get(address).send().await?;
        if !answer.is_success() {
            return Err(OidcError::Refused(answer.status()));
        }
        Ok(answer.json()?)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn read_within(&self, time: SignedDuration, now: Timestamp) -> bool {
        self.read_at.is_some_and(|it| now.duration_since(it) < time)
    }

    fn asked_within(&self, now: Timestamp) -> bool {
        self.asked_at.is_some_and(|it| now.duration_since(it) < AT_MOST_EVERY)
    }
}

/// What a published key checks, if it is for signatures of a kind that we take.
fn verifier(published: Value) -> Option<(String, Verifier)> {
    let jwk: Jwk = serde_json::from_value(published).ok()?;
    if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
        return None;
    }
    let algorithm = algorithm(&jwk)?;
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    Some((jwk.common.key_id?, Verifier { key, algorithm }))
}

/// The algorithm that goes with the kind of key, unless the key is said to be for another one.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    use AlgorithmParameters::{EllipticCurve as Curve, OctetKeyPair, RSA};

    match (&jwk.algorithm, jwk.common.key_algorithm) {
        (RSA(_), None | Some(KeyAlgorithm::RS256)) => Some(Algorithm::RS256),
        (Curve(it), None | Some(KeyAlgorithm::ES256)) if it.curve == EllipticCurve::P256 => {
            Some(Algorithm::ES256)
        }
        (OctetKeyPair(it), None | Some(KeyAlgorithm::EdDSA))
            if it.curve == EllipticCurve::Ed25519 =>
        {
            Some(Algorithm::EdDSA)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The algorithm that we would check with.
    fn chosen(published: Value) -> Option<Algorithm> {
        verifier(published).map(|(_, it)| it.algorithm)
    }

    /// The coordinates of RFC 7515's own example of ES256, and RFC 8037's of Ed25519.
    const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    const ED: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn a_key_has_one_algorithm() {
        let rsa = json!({ "kty": "RSA", "kid": "1", "n": "AQAB", "e": "AQAB" });
        let ec = json!({ "kty": "EC", "kid": "1", "crv": "P-256", "x": X, "y": Y });
        let ed = json!({ "kty": "OKP", "kid": "1", "crv": "Ed25519", "x": ED });
        for (key, own, other) in [
            (&rsa, Algorithm::RS256, "RS512"),
            (&ec, Algorithm::ES256, "ES384"),
            (&ed, Algorithm::EdDSA, "HS256"),
        ] {
            let with = |name: &str, value: &str| {
                let mut key = key.clone();
                key[name] = value.into();
                key
            };
            assert_eq!(chosen(key.clone()), Some(own));
            assert_eq!(chosen(with("use", "sig")), Some(own));
            assert_eq!(chosen(with("use", "enc")), None);
            assert_eq!(chosen(with("alg", other)), None);
            assert_eq!(chosen(with("alg", "HS256")), None);
        }
    }

    #[test]
    fn a_secret_or_a_key_of_an_unknown_kind_checks_nothing() {
        for key in [
            json!({ "kty": "oct", "kid": "1", "k": "AAAA" }),
            json!({ "kty": "oct", "kid": "1", "k": "AAAA", "alg": "HS256" }),
            json!({ "kty": "EC", "kid": "1", "crv": "P-384", "x": X, "y": Y }),
            json!({ "kty": "OKP", "kid": "1", "crv": "X25519", "x": ED }),
            json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" }),
            json!("key"),
        ] {
            assert_eq!(chosen(key.clone()), None, "{key}");
        }
    }
}
