//! Why a caller is turned away, and what it is told.

use std::error::Error;

use app::{IntakeError, Unusable};
use aws::{logs::Chain, metrics};
use carriers::{Forged, Malformed};
use lambda_http::{
    Body, Response,
    http::{StatusCode, header::RETRY_AFTER},
};
use tracing::{error, info};

use crate::answer::{json, set};

/// Why a carrier's webhook was turned away (design: one answer for each case).
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the address names nothing of ours")]
    NotOurs,
    #[error("the caller is not who it should be")]
    Forged,
    #[error("the body is larger than 256 KiB")]
    TooLarge,
    #[error("the body is not of the kind this address takes")]
    WrongContent,
    #[error("the body is signed and cannot be read")]
    Malformed(#[source] Malformed),
    /// What the caller said is not stored. It must say it again.
    #[error("the event could not be taken in")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl From<Forged> for Refusal {
    fn from(_: Forged) -> Self {
        Self::Forged
    }
}

impl From<Malformed> for Refusal {
    fn from(fault: Malformed) -> Self {
        Self::Malformed(fault)
    }
}

impl From<Unusable> for Refusal {
    /// We cannot tell whether the caller is who it should be, so it must try again until somebody
    /// has set the integration right.
    fn from(error: Unusable) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<IntakeError> for Refusal {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::UnknownIntegration => Self::NotOurs,
            IntakeError::Connection(_) | IntakeError::Store(_) => Self::Unavailable(error.into()),
        }
    }
}

/// The one place where a refusal becomes a status. The caller learns what it needs to mend or to
/// try again, and nothing about us.
pub fn refuse(refusal: &Refusal) -> Response<Body> {
    let (status, body) = match refusal {
        Refusal::NotOurs => (StatusCode::NOT_FOUND, r#"{"error":"not found"}"#),
        Refusal::Forged => (StatusCode::UNAUTHORIZED, r#"{"error":"signature missing or wrong"}"#),
        Refusal::TooLarge => {
            (StatusCode::PAYLOAD_TOO_LARGE, r#"{"error":"the body is larger than 256 KiB"}"#)
        }
        Refusal::WrongContent => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, r#"{"error":"unexpected content type"}"#)
        }
        Refusal::Malformed(_) => {
            (StatusCode::BAD_REQUEST, r#"{"error":"the body cannot be read"}"#)
        }
        Refusal::Unavailable(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, r#"{"error":"try again later"}"#)
        }
    };
    note(refusal, status);
    let mut response = json(status, body);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        set(&mut response, RETRY_AFTER, "5");
    }
    response
}

fn note(refusal: &Refusal, status: StatusCode) {
    metrics::count("WebhookRefusals");
    if status.is_server_error() {
        error!(error = %Chain(refusal), "a webhook failed");
    } else {
        info!(status = status.as_u16(), "a webhook was refused: {}", Chain(refusal));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_the_status_that_the_design_gives_it() {
        let down = || Refusal::Unavailable("down".into());
        for (refusal, status) in [
            (Refusal::NotOurs, 404),
            (Refusal::Forged, 401),
            (Refusal::TooLarge, 413),
            (Refusal::WrongContent, 415),
            (Refusal::Malformed(Malformed { what: "a.b".to_owned() }), 400),
            (down(), 503),
        ] {
            assert_eq!(refuse(&refusal).status().as_u16(), status, "{refusal}");
        }
        assert_eq!(refuse(&down()).headers()[RETRY_AFTER], "5");
    }
}
