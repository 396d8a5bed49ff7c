//! The client, its limits, and what can go wrong.

use std::time::Duration;

use crate::{Answer, Call};

/// How long a call may take and how much we read of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub connect: Duration,
    /// For the whole call, connection included. Keep it well below the function's own timeout.
    pub total: Duration,
    /// Bytes of the answer's body. The rest is not read.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(1), total: Duration::from_secs(5), body: 1024 * 1024 }
    }
}

/// Calls strangers. Cheap to clone; connections are kept and shared.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) limits: Limits,
}

/// The system's TLS could not be set up, which no retry mends.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be set up")]
pub struct Unusable(#[source] reqwest::Error);

/// A call without an answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No byte of the request left: calling again is safe.
    #[error("the call did not leave")]
    NotSent(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The request may have arrived and may have had its effect. Nobody knows.
    #[error("the call was not answered")]
    NoAnswer(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl CallError {
    pub(crate) fn of(error: reqwest::Error) -> Self {
        // Addresses can carry tokens and telephone numbers.
        let error = error.without_url();
        if error.is_builder() || error.is_connect() {
            Self::NotSent(error.into())
        } else {
            Self::NoAnswer(error.into())
        }
    }
}

impl Client {
    pub fn new(limits: Limits) -> Result<Self, Unusable> {
        let http = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("duplex")
            .build()
            .map_err(Unusable)?;
        Ok(Self { http, limits })
    }

    pub fn get(&self, url: impl AsRef<str>) -> Call<'_> {
        Call::new(self, self.http.get(url.as_ref()))
    }

    pub fn post(&self, url: impl AsRef<str>) -> Call<'_> {
        Call::new(self, self.http.post(url.as_ref()))
    }

    pub fn put(&self, url: impl AsRef<str>) -> Call<'_> {
        Call::new(self, self.http.put(url.as_ref()))
    }

    pub fn delete(&self, url: impl AsRef<str>) -> Call<'_> {
        Call::new(self, self.http.delete(url.as_ref()))
    }

    pub(crate) async fn read(&self, mut response: reqwest::Response) -> Result<Answer, CallError> {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(CallError::of)? {
            let room = self.limits.body.saturating_sub(body.len());
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() >= self.limits.body {
                break;
            }
        }
        Ok(Answer::new(status, headers, body))
    }
}
