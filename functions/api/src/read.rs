//! Reading what a caller sends, so that a fault is named by its place.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::{HeaderMap, header, request::Parts},
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};
use serde_json::{Map, Value};

use crate::problem::{Code, Problem};

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Input<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|_| Problem::new(Code::TooLarge, "The body is too large."))?;
        if !is_json {
            let detail = "Send the body as application/json.";
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        read(&body).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let essence = given.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // Every body is an object, and serde would read a struct from an array as well.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::at("/", "it is an object"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut deserializer).map_err(|e| {
        let path = pointer(e.path());
        // What is wrong, without the place in the text, which the path says better.
        let message = e.inner().to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        Problem::at(path, message)
    })?;
    deserializer.end().map_err(|_| Problem::at("/", "there is something after the JSON"))?;
    Ok(read)
}

/// Reads a part of a body that is an object, and from nothing else: serde would read a struct from an
/// array as well.
pub(crate) fn object<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    let fields = Option::<Map<String, Value>>::deserialize(deserializer)?;
    let read = fields.map(|it| serde_json::from_value(Value::Object(it))).transpose();
    read.map_err(Error::custom)
}

/// `a.b[0]` as a JSON pointer: `/a/b/0`.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        let part = match segment {
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Seq { index } => index.to_string(),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&part);
    }
    if pointer.is_empty() { "/".to_owned() } else { pointer }
}

/// The query of an address.
#[derive(Debug)]
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(params)) => Ok(Self(params)),
            Err(e) => Err(Problem::at("query", e.body_text())),
        }
    }
}

/// A part of the path, which axum has decoded.
#[derive(Debug)]
pub(crate) struct Named(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        path.map(|it| Self(it.0)).map_err(|_| Problem::not_found("resource"))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only whether it can be read matters")]
        inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[serde(rename = "a/b")]
        #[expect(dead_code, reason = "only whether it can be read matters")]
        number: u8,
    }

    #[derive(Debug, Deserialize)]
    struct Part {
        #[serde(default, deserialize_with = "object")]
        #[expect(dead_code, reason = "only whether it can be read matters")]
        outer: Option<Outer>,
    }

    #[test]
    fn an_array_is_no_object() {
        assert!(read::<Outer>(b" [[]]").is_err());
        assert!(read::<Part>(br#"{"outer":[[]]}"#).is_err());
        for good in [r#"{"outer":{"inner":[]}}"#, r#"{"outer":null}"#, "{}"] {
            assert!(read::<Part>(good.as_bytes()).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_fault_is_named_by_its_place() {
        let path = |body: &str| read::<Outer>(body.as_bytes()).unwrap_err().faults[0].path.clone();
        assert_eq!(path(r#"{"inner":[{"a/b":1},{"a/b":"x"}]}"#), "/inner/1/a~1b");
        assert_eq!(path(r#"{"inner":[],"outer":1}"#), "/outer");
        assert_eq!(path("{"), "/");
        assert_eq!(path(r#"{"inner":[]} x"#), "/");
    }
}
