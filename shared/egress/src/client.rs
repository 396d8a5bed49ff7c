//! The client, its limits, and what can go wrong.

use std::{error::Error, time::Duration};

use reqwest::{ClientBuilder, Method, redirect};

use crate::{
    Answer, Call,
    reach::{Exceptions, NotAllowed, PublicNames},
};

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
    reach: Reach,
    limits: Limits,
}

/// Whom a client calls.
#[derive(Clone, Debug)]
enum Reach {
    Everywhere(reqwest::Client),
    /// The client that resolves names does not see the port, so what is excepted has one of its
    /// own.
    Public {
        http: reqwest::Client,
        exceptions: Exceptions,
        excepted: reqwest::Client,
    },
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
    NotSent(#[source] Box<dyn Error + Send + Sync>),
    /// No connection was made, and none will be: the address is not one that we call.
    #[error("the address is not called")]
    NotAllowed(#[source] NotAllowed),
    /// The request may have arrived and may have had its effect. Nobody knows.
    #[error("the call was not answered")]
    NoAnswer(#[source] Box<dyn Error + Send + Sync>),
}

impl CallError {
    pub(crate) fn of(error: reqwest::Error) -> Self {
        // Addresses can carry tokens and telephone numbers.
        let error = error.without_url();
        if let Some(not_allowed) = not_allowed(&error) {
            Self::NotAllowed(not_allowed)
        } else if error.is_builder() || error.is_connect() {
            Self::NotSent(error.into())
        } else {
            Self::NoAnswer(error.into())
        }
    }
}

/// What the resolver said, from below what the layers above it made of it.
fn not_allowed(error: &reqwest::Error) -> Option<NotAllowed> {
    std::iter::successors(error.source(), |it: &&(dyn Error + 'static)| (*it).source())
        .find_map(|it| it.downcast_ref::<NotAllowed>().copied())
}

impl Client {
    /// Calls any address. It is for addresses that whoever runs the installation chose.
    pub fn new(limits: Limits) -> Result<Self, Unusable> {
        let http = builder(limits).build().map_err(Unusable)?;
        Ok(Self { reach: Reach::Everywhere(http), limits })
    }

    /// Calls addresses that a tenant wrote, so only what [`reach`](crate::reach) allows.
    ///
    /// A proxy would resolve names itself and connect wherever they lead, so there is none.
    pub fn for_tenants_addresses(limits: Limits, exceptions: Exceptions) -> Result<Self, Unusable> {
        let public = builder(limits).no_proxy().https_only(true).dns_resolver(PublicNames);
        let reach = Reach::Public {
            http: public.build().map_err(Unusable)?,
            exceptions,
            excepted: builder(limits).no_proxy().build().map_err(Unusable)?,
        };
        Ok(Self { reach, limits })
    }

    pub fn get(&self, url: impl AsRef<str>) -> Call<'_> {
        self.call(Method::GET, url.as_ref())
    }

    pub fn post(&self, url: impl AsRef<str>) -> Call<'_> {
        self.call(Method::POST, url.as_ref())
    }

    pub fn put(&self, url: impl AsRef<str>) -> Call<'_> {
        self.call(Method::PUT, url.as_ref())
    }

    pub fn patch(&self, url: impl AsRef<str>) -> Call<'_> {
        self.call(Method::PATCH, url.as_ref())
    }

    pub fn delete(&self, url: impl AsRef<str>) -> Call<'_> {
        self.call(Method::DELETE, url.as_ref())
    }

    fn call(&self, method: Method, url: &str) -> Call<'_> {
        let request = match &self.reach {
            Reach::Everywhere(http) => Ok(http.request(method, url)),
            Reach::Public { http, exceptions, excepted } => exceptions.check(url).map(|url| {
                let http = if exceptions.contain(&url) { excepted } else { http };
                http.request(method, url)
            }),
        };
        Call::new(self, request)
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

fn builder(limits: Limits) -> ClientBuilder {
    reqwest::Client::builder()
        .connect_timeout(limits.connect)
        .timeout(limits.total)
        .redirect(redirect::Policy::none())
        .user_agent("duplex")
}
