//! One call, put together step by step.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::{Answer, CallError, Client, reach::NotAllowed};

#[must_use = "a call does nothing until it is sent"]
pub struct Call<'a> {
    client: &'a Client,
    request: Result<reqwest::RequestBuilder, NotAllowed>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(
        client: &'a Client,
        request: Result<reqwest::RequestBuilder, NotAllowed>,
    ) -> Self {
        Self { client, request }
    }

    fn with(self, change: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder) -> Self {
        Self { client: self.client, request: self.request.map(change) }
    }

    pub fn bearer(self, token: &SecretString) -> Self {
        self.with(|it| it.bearer_auth(token.expose_secret()))
    }

    pub fn basic(self, user: &str, password: &SecretString) -> Self {
        self.with(|it| it.basic_auth(user, Some(password.expose_secret())))
    }

    pub fn header(self, name: &'static str, value: &str) -> Self {
        self.with(|it| it.header(name, value))
    }

    pub fn query(self, pairs: &[(&str, &str)]) -> Self {
        self.with(|it| it.query(pairs))
    }

    pub fn json(self, body: &impl Serialize) -> Self {
        self.with(|it| it.json(body))
    }

    pub fn form(self, fields: &[(&str, String)]) -> Self {
        self.with(|it| it.form(fields))
    }

    /// Sends the call once. Every status is an answer; only silence is an error.
    pub async fn send(self) -> Result<Answer, CallError> {
        let request = self.request.map_err(CallError::NotAllowed)?;
        let response = request.send().await.map_err(CallError::of)?;
        self.client.read(response).await
    }
}

/// The address, the headers and the body can all hold secrets.
impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Call(…)")
    }
}
