//! A call as it came in, and what its operation sees of it.

use axum::http::HeaderMap;
use jiff::Timestamp;
use serde_json::Value;

use super::operations::Operation;

/// A call as it came in.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) token: Option<String>,
    pub(super) version: Option<String>,
    pub(super) body: Option<Value>,
    /// What the body is declared to be.
    encoding: Option<Encoding>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Json,
    Form,
}

/// What an operation sees of a call.
pub(super) struct Asked {
    pub(super) operation: Operation,
    /// The id in the path, if the operation has one.
    pub(super) id: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Value,
    pub(super) now: Timestamp,
}

impl Request {
    pub(super) fn new(method: &str, path: &str, query: &str, headers: &HeaderMap) -> Self {
        let header = |name| headers.get(name).and_then(|it| it.to_str().ok()).map(str::to_owned);
        let token = header("authorization");
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            token: token.and_then(|it| it.strip_prefix("Bearer ").map(str::to_owned)),
            version: header("version"),
            body: None,
            encoding: header("content-type").as_deref().and_then(Encoding::of),
        }
    }

    /// Only what is declared to be JSON, or a form, is read as such.
    #[must_use]
    pub(super) fn with_body(mut self, body: &[u8]) -> Self {
        self.body = match self.encoding {
            None => None,
            Some(Encoding::Json) => serde_json::from_slice(body).ok(),
            Some(Encoding::Form) => {
                let fields = form_urlencoded::parse(body);
                Some(fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
            }
        };
        self
    }

    /// The body, if it came in this form.
    pub(super) fn body_as(&self, encoding: Encoding) -> Option<&Value> {
        self.body.as_ref().filter(|_| self.encoding == Some(encoding))
    }
}

impl Encoding {
    fn of(content_type: &str) -> Option<Self> {
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/json" => Some(Self::Json),
            "application/x-www-form-urlencoded" => Some(Self::Form),
            _ => None,
        }
    }
}

impl Asked {
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.body[field].as_str()
    }

    pub(super) fn texts(&self, field: &str) -> Vec<String> {
        let texts = self.body[field].as_array().into_iter().flatten();
        texts.filter_map(|it| it.as_str().map(str::to_owned)).collect()
    }
}
