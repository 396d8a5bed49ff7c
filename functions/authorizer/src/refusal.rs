//! Why a caller may not pass. It goes to the log; the caller learns none of it.

use domain::ids::ApiKeyId;

use crate::oidc::TokenRefusal;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("it shows no bearer token")]
    NoToken,
    #[error("what it shows is nothing we know")]
    Unknown,
    #[error("there is no key {0}")]
    UnknownKey(ApiKeyId),
    #[error("the secret is not that of the key {0}")]
    WrongSecret(ApiKeyId),
    #[error("the key {0} has expired")]
    Expired(ApiKeyId),
    #[error("the key {0} was revoked")]
    Revoked(ApiKeyId),
    #[error("its token is not good")]
    Token(#[source] TokenRefusal),
}
