//! Calls that have no text in them, and how they go wrong. All of them may be made again.

use std::time::Duration;

use egress::{Answer, CallError};
use url::Url;

use super::Account;
use crate::outcome::endpoint;

/// Why Aloware did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the base URL is no address")]
    NoAddress,
    /// A person must mend the token, what it may do, or the address.
    #[error("Aloware does not take the token, or is not there (http_{0})")]
    Misconfigured(u16),
    #[error("Aloware refused (http_{0})")]
    Refused(u16),
    #[error("Aloware cannot do it now (http_{status})")]
    Unavailable { status: u16, after: Option<Duration> },
    #[error("Aloware was not reached, or did not answer")]
    Unanswered(#[source] CallError),
}

impl Account {
    /// Where Aloware does something.
    pub(super) fn operation(&self, path: &[&str]) -> Result<Url, Error> {
        endpoint(&self.base_url, path).map_err(|_| Error::NoAddress)
    }
}

/// The answer, if it says that Aloware did it.
pub(super) fn done(answer: Result<Answer, CallError>) -> Result<Answer, Error> {
    let answer = answer.map_err(Error::Unanswered)?;
    let after = answer.retry_after();
    match answer.status() {
        200..=299 => Ok(answer),
        status @ (300..=399 | 401 | 403 | 404) => Err(Error::Misconfigured(status)),
        status @ (408 | 429) => Err(Error::Unavailable { status, after }),
        status @ 400..=499 => Err(Error::Refused(status)),
        status => Err(Error::Unavailable { status, after }),
    }
}
