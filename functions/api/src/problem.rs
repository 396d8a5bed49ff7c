//! What a caller is told that does not get what it asked for: RFC 9457 problem details, with a code
//! that programs can rely on.

use std::error::Error;

use aws::{StoreError, VaultError, logs::Chain};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tracing::{error, info};
use utoipa::ToSchema;

/// The codes. Each has one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema, strum::Display)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Code {
    /// The request is not understood. `faults` says where.
    InvalidRequest,
    /// Settings do not fit the template's schema. `faults` says where.
    ConfigSchemaInvalid,
    /// An operator has to name a tenant in the header `Duplex-Tenant`.
    TenantRequired,
    /// A send needs the header `Idempotency-Key`.
    IdempotencyKeyRequired,
    /// Nobody has proven who is asking.
    Unauthenticated,
    /// The caller's role does not allow this.
    Forbidden,
    NotFound,
    MethodNotAllowed,
    /// It is there already, or something else has its name.
    AlreadyExists,
    /// It changed while it was being changed. Read it again and decide again.
    Conflict,
    /// The state it is in does not allow this.
    InvalidState,
    /// The person does not want to be texted.
    OptedOut,
    /// The integration is not active.
    IntegrationNotActive,
    /// The provider does not take the credentials.
    InvalidCredentials,
    /// The provider could not be reached, or did not answer as it should.
    ConnectionFailed,
    /// What can be connected by this template is not part of this release.
    TemplateNotAvailable,
    /// This installation has no app in GoHighLevel's marketplace, by which locations are connected.
    NoMarketplaceApp,
    /// The same `Idempotency-Key` came with another request before.
    IdempotencyKeyReused,
    /// The request with this `Idempotency-Key` is being worked on.
    RequestInProgress,
    /// `If-Match` names another version than there is.
    VersionMismatch,
    TooLarge,
    UnsupportedMediaType,
    /// Too many requests with this key. `Retry-After` says when to come back.
    RateLimitExceeded,
    Internal,
    /// We, or a provider, cannot answer now. `Retry-After` says when to come back.
    Unavailable,
}

/// Where a request is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Fault {
    /// A JSON pointer into the body, or the name of a parameter.
    #[schema(example = "/settings/account_sid")]
    pub(crate) path: String,
    pub(crate) message: String,
}

/// Problem details.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `about:blank`: the code says more than a page could.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) title: &'static str,
    pub(crate) status: u16,
    pub(crate) code: Code,
    /// What is wrong and what to do about it.
    pub(crate) detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(crate) faults: Vec<Fault>,
    #[serde(skip)]
    retry_after: Option<u32>,
}

/// Seconds after which to come back when something did not answer.
const SOON: u32 = 5;

impl Code {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest
            | Self::ConfigSchemaInvalid
            | Self::TenantRequired
            | Self::IdempotencyKeyRequired => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::AlreadyExists
            | Self::Conflict
            | Self::InvalidState
            | Self::OptedOut
            | Self::IntegrationNotActive
            | Self::InvalidCredentials
            | Self::ConnectionFailed
            | Self::TemplateNotAvailable
            | Self::NoMarketplaceApp
            | Self::RequestInProgress => StatusCode::CONFLICT,
            Self::VersionMismatch => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimitExceeded => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        let status = code.status();
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            faults: Vec::new(),
            retry_after: None,
        }
    }

    /// One fault in the request.
    pub(crate) fn at(path: impl Into<String>, message: impl Into<String>) -> Self {
        let fault = Fault { path: path.into(), message: message.into() };
        let detail = format!("{}: {}", fault.path, fault.message);
        Self { faults: vec![fault], ..Self::new(Code::InvalidRequest, detail) }
    }

    /// Neither whether it exists nor whose it is can be learnt from this.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {what}."))
    }

    pub(crate) fn state(detail: impl Into<String>) -> Self {
        Self::new(Code::InvalidState, detail)
    }

    pub(crate) fn changed() -> Self {
        let detail = "It changed while it was being changed. Read it again and decide again.";
        Self::new(Code::Conflict, detail)
    }

    #[must_use]
    pub(crate) fn with_faults(self, faults: Vec<Fault>) -> Self {
        Self { faults, ..self }
    }

    #[must_use]
    pub(crate) fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    fn unavailable(error: &dyn Error) -> Self {
        error!(error = %Chain(error), "a request could not be answered");
        let detail = "Something that this needs does not answer. Try again in a moment.";
        Self::new(Code::Unavailable, detail).retry_after(SOON)
    }

    fn internal(error: &dyn Error) -> Self {
        error!(error = %Chain(error), "a request failed");
        let detail = "This is our fault. The request id leads us to what happened.";
        Self::new(Code::Internal, detail)
    }
}

/// Reads a part of a request that has its own form.
pub(crate) fn parsed<T, E: ToString>(path: &str, read: Result<T, E>) -> Result<T, Problem> {
    read.map_err(|e| Problem::at(path, e.to_string()))
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Conflict => Self::changed(),
            StoreError::Unavailable(_) => Self::unavailable(&error),
            StoreError::Missing(_) | StoreError::Corrupt { .. } | StoreError::Encode(_) => {
                Self::internal(&error)
            }
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        if error.is_transient() { Self::unavailable(&error) } else { Self::internal(&error) }
    }
}

impl From<aws::SecretError> for Problem {
    fn from(error: aws::SecretError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<app::LinkError> for Problem {
    fn from(error: app::LinkError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<aws::QueueError> for Problem {
    fn from(error: aws::QueueError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<aws::NoRandomness> for Problem {
    fn from(error: aws::NoRandomness) -> Self {
        Self::internal(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        info!(problem.code = %self.code, problem.status = self.status, "a request was refused");
        let status = self.code.status();
        let (retry_after, body) = (self.retry_after, Json(self));
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
