//! What came of a send that the carrier did not explain.

use domain::{
    failure::{Failure, Reason},
    ids::ProviderMessageId,
    outbound::Sending,
};
use egress::{Answer, CallError};
use url::Url;

/// The address of a carrier's operation. An address that cannot be built was never going to work.
pub(crate) fn endpoint(base: &str, path: &[&str]) -> Result<Url, Sending> {
    let mut url = Url::parse(base).map_err(|_| misconfigured("base_url"))?;
    url.path_segments_mut().map_err(|()| misconfigured("base_url"))?.pop_if_empty().extend(path);
    Ok(url)
}

/// The carrier took the text, if it named it. Success without a name leaves us in doubt, for we
/// could not tell the text's reports from others.
pub(crate) fn accepted(id: Option<&str>, segments: Option<u32>, answer: &Answer) -> Sending {
    match id.map(ProviderMessageId::parse) {
        Some(Ok(provider_message)) => Sending::Accepted { provider_message, segments },
        Some(Err(_)) | None => unexplained(answer),
    }
}

pub(crate) fn unanswered(error: &CallError) -> Sending {
    match error {
        CallError::NotSent(_) => {
            Sending::Deferred { failure: Failure::new(Reason::Busy, "no_connection"), after: None }
        }
        CallError::NotAllowed(_) => misconfigured("address_not_allowed"),
        CallError::NoAnswer(_) => Sending::InDoubt { why: error.to_string() },
    }
}

/// What an answer means of which only the status can be understood.
pub(crate) fn unexplained(answer: &Answer) -> Sending {
    let status = answer.status();
    let failure = |reason| Failure::new(reason, format!("http_{status}"));
    match status {
        429 => Sending::Deferred { failure: failure(Reason::Busy), after: answer.retry_after() },
        // A redirect is refused, not followed: it would carry the text to somebody else.
        300..=399 | 401 | 403 | 404 => Sending::Refused(failure(Reason::Misconfigured)),
        // Our request was slow to arrive; whether all of it did, only the carrier knows.
        408 => in_doubt(status),
        400..=499 => Sending::Refused(failure(Reason::Unknown)),
        _ => in_doubt(status),
    }
}

fn in_doubt(status: u16) -> Sending {
    Sending::InDoubt { why: format!("the carrier answered {status} and nothing we can read") }
}

fn misconfigured(what: &str) -> Sending {
    Sending::Refused(Failure::new(Reason::Misconfigured, what))
}
