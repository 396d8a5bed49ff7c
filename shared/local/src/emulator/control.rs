//! Calls to the emulator's control plane: create this, invoke that.
//!
//! The emulator checks no signature, but finds the service by the credential's scope, so every
//! call carries an `Authorization` header that is right in form only.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::REGION;

/// A client for the emulator's control plane.
#[derive(Clone, Debug)]
pub struct Control {
    http: reqwest::Client,
    endpoint: String,
}

/// The emulator did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("the local AWS could not be reached for {action}")]
    Unreachable { action: String, source: reqwest::Error },
    #[error("the local AWS refused {action} with {status}: {body}")]
    Refused { action: String, status: u16, body: String },
    #[error("the local AWS did not say {field} in its answer to {action}")]
    Incomplete { action: String, field: &'static str },
}

impl Control {
    pub fn new(endpoint: impl Into<String>) -> Self {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_mins(1))
            .no_proxy()
            .build()
            .unwrap_or_default();
        Self { http, endpoint: endpoint.into() }
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Calls a service that names its actions in a header: `("sqs", "AmazonSQS.CreateQueue")`.
    pub async fn call(
        &self,
        service: &str,
        target: &str,
        body: &Value,
    ) -> Result<Value, ControlError> {
        let request = self.request(Method::POST, service, "/");
        self.send(target, request.header("x-amz-target", target), body).await
    }

    /// Calls a service that names its actions by path.
    pub async fn post(
        &self,
        service: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value, ControlError> {
        self.send(path, self.request(Method::POST, service, path), body).await
    }

    fn request(&self, method: Method, service: &str, path: &str) -> RequestBuilder {
        let scope = format!("local/20260101/{REGION}/{service}/aws4_request");
        self.http
            .request(method, format!("{}{path}", self.endpoint))
            .header("x-amz-date", "20260101T000000Z")
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
            )
    }

    async fn send(
        &self,
        action: &str,
        request: RequestBuilder,
        body: &Value,
    ) -> Result<Value, ControlError> {
        let unreachable = |source| ControlError::Unreachable { action: action.to_owned(), source };
        let request =
            request.header("content-type", "application/x-amz-json-1.0").body(body.to_string());
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let body = answer.text().await.map_err(unreachable)?;
        if !status.is_success() {
            let action = action.to_owned();
            return Err(ControlError::Refused { action, status: status.as_u16(), body });
        }
        Ok(serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }
}

/// The text at `pointer` in an answer to `action`.
pub(crate) fn text(
    answer: &Value,
    pointer: &'static str,
    action: &str,
) -> Result<String, ControlError> {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found
        .map(str::to_owned)
        .ok_or_else(|| ControlError::Incomplete { action: action.to_owned(), field: pointer })
}
