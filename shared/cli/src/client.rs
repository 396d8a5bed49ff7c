//! Calls of the API. What it cannot answer just now is asked again, as often and as late as it says.

use std::{io::Write, time::Duration};

use egress::{Answer, CallError, Limits};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use crate::{
    failure::Failure,
    refusal::Refusal,
    request::{Method, Request},
};

/// How often a request is sent in all.
const TRIES: u32 = 5;

/// How often one is sent that is not answered at all.
const SILENCES: u32 = 2;

/// A key's budget is for a minute, so nothing that is worth waiting for takes longer.
const LONGEST_WAIT: Duration = Duration::from_secs(90);

/// API Gateway answers after thirty seconds at the latest. Pages of an export are large.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(5),
    total: Duration::from_secs(40),
    body: 32 * 1024 * 1024,
};

pub(crate) struct Client {
    http: egress::Client,
    url: Url,
    key: Option<SecretString>,
    tenant: Option<String>,
}

/// What the API answered.
pub(crate) struct Answered {
    /// The version of what is in the body.
    pub(crate) etag: Option<String>,
    /// `null` if there is none.
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn new(
        url: Url,
        key: Option<SecretString>,
        tenant: Option<String>,
    ) -> Result<Self, Failure> {
        let http = egress::Client::new(LIMITS).map_err(Failure::NoClient)?;
        Ok(Self { http, url, key, tenant })
    }

    /// Asks until there is an answer that counts, and says to `note` what it waits for.
    pub(crate) async fn call(
        &self,
        request: &Request,
        note: &mut dyn Write,
    ) -> Result<Answered, Failure> {
        let mut tried = 1;
        loop {
            let answer = self.send(request).await;
            let Some((wait, why)) = pause(request, &answer, tried) else {
                return self.read(answer);
            };
            drop(writeln!(note, "{why}: asking again in {} s", wait.as_secs()));
            tokio::time::sleep(wait).await;
            tried += 1;
        }
    }

    async fn send(&self, request: &Request) -> Result<Answer, CallError> {
        let url = request.url(&self.url);
        let mut call = match request.method {
            Method::Get => self.http.get(url),
            Method::Post => self.http.post(url),
            Method::Put => self.http.put(url),
            Method::Patch => self.http.patch(url),
            Method::Delete => self.http.delete(url),
        };
        if let Some(key) = &self.key {
            call = call.bearer(key);
        }
        let headers = [
            ("duplex-tenant", &self.tenant),
            ("idempotency-key", &request.once),
            ("if-match", &request.if_match),
        ];
        for (name, value) in headers {
            if let Some(value) = value {
                call = call.header(name, value);
            }
        }
        if let Some(body) = &request.body {
            call = call.json(body);
        }
        call.send().await
    }

    fn read(&self, answer: Result<Answer, CallError>) -> Result<Answered, Failure> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error @ CallError::NoAnswer(_)) => return Err(Failure::Silence(error)),
            Err(error @ (CallError::NotSent(_) | CallError::NotAllowed(_))) => {
                return Err(Failure::NobodyThere { url: self.url.clone(), source: error });
            }
        };
        let is_empty = answer.body().is_empty();
        let body = if is_empty { Some(Value::Null) } else { answer.json().ok() };
        match body {
            Some(body) if answer.is_success() => {
                Ok(Answered { etag: answer.header("etag").map(str::to_owned), body })
            }
            Some(body @ Value::Object(_)) => {
                let request = answer.header("x-request-id");
                let refusal = Refusal::new(answer.status(), body, request);
                Err(Failure::Refused(Box::new(refusal)))
            }
            _ => Err(Failure::NotTheApi { url: self.url.clone(), status: answer.status() }),
        }
    }
}

/// How long to wait before asking again, and why; nothing if the answer counts.
fn pause(
    request: &Request,
    answer: &Result<Answer, CallError>,
    tried: u32,
) -> Option<(Duration, &'static str)> {
    let later = Duration::from_secs(1 << (tried - 1).min(4));
    let (wait, why, most) = match answer {
        Ok(answer) => {
            let why = match answer.status() {
                429 => "too many requests",
                503 => "the service does not answer just now",
                // Only what is being worked on under the same key says when to come back.
                409 if answer.retry_after().is_some() => "this is being worked on",
                _ => return None,
            };
            (answer.retry_after().unwrap_or(later), why, TRIES)
        }
        Err(CallError::NoAnswer(_)) if request.is_repeatable() => {
            (later, "there was no answer", SILENCES)
        }
        Err(_) => return None,
    };
    (tried < most && wait <= LONGEST_WAIT).then_some((wait, why))
}
