//! One request to the API, before it is sent.

use aws_lc_rs::rand;
use serde_json::Value;
use url::Url;

use crate::failure::Failure;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// What is asked for. It has no `Debug`: bodies hold credentials and texts.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The parts of the path below `/v1`, not encoded.
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
    /// The `Idempotency-Key`, which makes a POST safe to repeat.
    pub(crate) once: Option<String>,
    /// The version that a change is meant for.
    pub(crate) if_match: Option<String>,
}

impl Request {
    fn new(method: Method, path: &[&str], body: Option<Value>) -> Self {
        let path = path.iter().map(|&it| it.to_owned()).collect();
        Self { method, path, query: Vec::new(), body, once: None, if_match: None }
    }

    pub(crate) fn get(path: &[&str]) -> Self {
        Self::new(Method::Get, path, None)
    }

    /// A POST under a key of its own.
    pub(crate) fn post(path: &[&str], body: Value) -> Result<Self, Failure> {
        Ok(Self::post_once(path, body, new_key()?))
    }

    pub(crate) fn post_once(path: &[&str], body: Value, key: String) -> Self {
        Self { once: Some(key), ..Self::new(Method::Post, path, Some(body)) }
    }

    pub(crate) fn put(path: &[&str], body: Value) -> Self {
        Self::new(Method::Put, path, Some(body))
    }

    pub(crate) fn patch(path: &[&str], body: Value) -> Self {
        Self::new(Method::Patch, path, Some(body))
    }

    pub(crate) fn delete(path: &[&str]) -> Self {
        Self::new(Method::Delete, path, None)
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// The same, where there is a value.
    pub(crate) fn query_if(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    pub(crate) fn if_match(self, version: Option<String>) -> Self {
        Self { if_match: version, ..self }
    }

    pub(crate) fn url(&self, base: &Url) -> Url {
        let mut url = base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("v1").extend(&self.path);
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        url
    }

    /// Whether it may be sent again when nobody knows whether it arrived. A POST has its key, and a
    /// PATCH says how things should be. What was deleted would not be found any more.
    pub(crate) fn is_repeatable(&self) -> bool {
        self.method != Method::Delete
    }
}

/// A key that nobody else makes.
pub(crate) fn new_key() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| Failure::NoRandomness)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_stays_in_its_place_in_the_path() {
        let base: Url = "http://here:1/stage/".parse().unwrap();
        let request = Request::get(&["keys", "a/../b?c#d"]).query("cursor", "e&f=+g");
        let url = request.url(&base);
        assert_eq!(
            url.as_str(),
            "http://here:1/stage/v1/keys/a%2F..%2Fb%3Fc%23d?cursor=e%26f%3D%2Bg"
        );
    }

    #[test]
    fn every_post_has_a_key_of_its_own() {
        let keys = [(); 2].map(|()| Request::post(&["keys"], Value::Null).unwrap().once.unwrap());
        assert_ne!(keys[0], keys[1]);
        assert_eq!(keys[0].len(), 32);
    }
}
