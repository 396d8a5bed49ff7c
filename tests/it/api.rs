//! The API, through the real handlers and the real authorizer.

mod answered_once;
mod audited;
mod connecting;
mod conversations;
mod crm;
mod description;
mod exporting;
mod forgetting;
mod holding;
mod isolation;
mod keys;
mod lists;
mod numbers;
mod operators;
mod opting_out;
mod quarantine;
mod remembered;
mod sending;
mod tried_again;

use reqwest::{Method, header::HeaderMap};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::world::World;

/// Somebody with a key.
pub(crate) struct Key<'a> {
    world: &'a World,
    token: String,
    tenant: Option<String>,
}

/// What they were answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl<'a> Key<'a> {
    pub(crate) async fn operator(world: &'a World) -> Self {
        let token = world.operator_key().await.expose_secret().to_owned();
        Self { world, token, tenant: None }
    }

    /// A new key of a tenant's.
    pub(crate) async fn of(world: &'a World, tenant: &str, role: &str) -> Self {
        let operator = Self::operator(world).await.acting_for(tenant);
        let new = json!({ "name": role, "role": role });
        let made = operator.post("/v1/keys", &new).await.expect(201);
        Self { world, token: made["token"].as_str().unwrap().to_owned(), tenant: None }
    }

    pub(crate) fn with_token(world: &'a World, token: &str) -> Self {
        Self { world, token: token.to_owned(), tenant: None }
    }

    pub(crate) fn acting_for(self, tenant: &str) -> Self {
        Self { tenant: Some(tenant.to_owned()), ..self }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None, &[]).await
    }

    /// Everything that a list has, page after page.
    pub(crate) async fn get_all(&self, path: &str) -> Vec<Value> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let (mut items, mut next) = (Vec::new(), path.to_owned());
        loop {
            let page = self.get(&next).await.expect(200);
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(cursor) = page["next_cursor"].as_str() else { return items };
            next = format!("{path}{joint}cursor={cursor}");
        }
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, Some(body), &[]).await
    }

    /// A POST under an `Idempotency-Key`.
    pub(crate) async fn post_once(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, Some(body), &[("idempotency-key", key)]).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::PATCH, path, Some(body), &[]).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, None, &[]).await
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request =
            http.request(method, format!("{}{path}", self.world.origin)).bearer_auth(&self.token);
        if let Some(tenant) = &self.tenant {
            request = request.header("duplex-tenant", tenant);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status, headers, body }
    }
}

impl Answer {
    /// The body, if the status is this.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:?}", self.body);
        self.body
    }

    /// A refusal with this status and code. Gives its whole body.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{:?}", self.body);
        assert!(self.headers.contains_key("x-request-id"));
        assert_eq!(self.body["code"], code, "{:?}", self.body);
        assert_eq!(self.body["status"], status);
        self.expect(status)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}
