//! People who signed in elsewhere: their tokens, checked with the keys that the issuer publishes.
//!
//! The issuer is whoever runs the installation's choice. Its tokens say in two claims which tenant
//! a person belongs to and in which role; `operator` is a role of no tenant.

mod address;
mod claims;
mod keys;

use domain::access::Caller;
use egress::Limits;
use jiff::Timestamp;
use jsonwebtoken::{Validation, decode, decode_header};
use serde_json::{Map, Value};

use claims::Claims;
use keys::{Keys, Verifier};

pub use address::Unsafe;
pub(crate) use claims::TokenRefusal;
pub use keys::OidcError;

/// API Gateway waits ten seconds for us, and reading the issuer's keys takes two calls.
pub const LIMITS: Limits = Limits {
    connect: std::time::Duration::from_secs(1),
    total: std::time::Duration::from_secs(3),
    body: 256 * 1024,
};

/// What the template says of the issuer. Without one, nobody signs in elsewhere.
#[derive(Clone, Debug)]
pub struct Settings {
    pub issuer: Option<String>,
    pub audience: Option<String>,
    pub tenant_claim: String,
    pub role_claim: String,
}

/// The settings name an issuer whose tokens could not be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misconfigured {
    #[error("OIDC_ISSUER is set and OIDC_AUDIENCE is not: any token of the issuer would do")]
    NoAudience,
    #[error("OIDC_ISSUER is not an address to trust")]
    Issuer(#[source] Unsafe),
}

/// The issuer, and what it has to say of somebody for them to be let in.
#[derive(Debug)]
pub struct Oidc {
    issuer: String,
    audience: String,
    tenant_claim: String,
    role_claim: String,
    keys: Keys,
}

impl Oidc {
    pub fn configured(
        settings: Settings,
        http: egress::Client,
    ) -> Result<Option<Self>, Misconfigured> {
        let Some(issuer) = settings.issuer else { return Ok(None) };
        let address = address::trusted(&issuer).map_err(Misconfigured::Issuer)?;
        Ok(Some(Self {
            audience: settings.audience.ok_or(Misconfigured::NoAudience)?,
            tenant_claim: settings.tenant_claim,
            role_claim: settings.role_claim,
            keys: Keys::new(http, issuer.clone(), address),
            issuer,
        }))
    }

    /// Whom the token is about. The signature is checked first: what nobody signed is not read.
    pub(crate) async fn caller(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Result<Caller, TokenRefusal>, OidcError> {
        // A header with an algorithm that does not exist, such as `none`, does not read.
        let Ok(header) = decode_header(token) else { return Ok(Err(TokenRefusal::Unreadable)) };
        let Some(kid) = header.kid else { return Ok(Err(TokenRefusal::NoKeyId)) };
        let Some(verifier) = self.keys.find(&kid, now).await? else {
            return Ok(Err(TokenRefusal::UnknownKey));
        };
        Ok(signed(token, &verifier).and_then(|claims| self.read(&claims, now)))
    }

    fn read(&self, claims: &Claims, now: Timestamp) -> Result<Caller, TokenRefusal> {
        claims.expect_issuer(&self.issuer)?;
        claims.expect_audience(&self.audience)?;
        let expires_at = claims.expect_in_time(now)?;
        Ok(Caller {
            subject: claims.subject()?,
            standing: claims.standing(&self.tenant_claim, &self.role_claim)?,
            expires_at: Some(expires_at),
            per_minute: crate::PER_MINUTE,
        })
    }
}

/// The claims, if the key signed them with the one algorithm it is for. Which that is, the token
/// has no say in. What the library would check against a clock of its own is checked by us.
fn signed(token: &str, verifier: &Verifier) -> Result<Claims, TokenRefusal> {
    let mut validation = Validation::new(verifier.algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let decoded = decode::<Map<String, Value>>(token, &verifier.key, &validation);
    let decoded = decoded.map_err(|_| TokenRefusal::BadSignature)?;
    Ok(Claims::new(decoded.claims))
}
