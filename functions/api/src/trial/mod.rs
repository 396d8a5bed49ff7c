//! From what a caller writes to a working connection: checked against the template's schema, split
//! into settings and secrets, and tried before anything depends on it.

mod attempt;
pub(crate) mod template;

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::{Map, Value};

pub(crate) use attempt::{attempt, wake};
use template::Template;

use crate::problem::{Code, Fault, Problem};

/// Checked settings, with the secrets apart.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) settings: Map<String, Value>,
    pub(crate) secrets: BTreeMap<String, SecretString>,
}

/// Checks `document` against the template's schema. Every fault is named by its place, and none by
/// what was found there, for that may be a secret.
pub(crate) fn check(
    template: &Template,
    document: Map<String, Value>,
    guard: impl Fn(&str) -> Result<(), String>,
) -> Result<Checked, Problem> {
    let document = Value::Object(document);
    let faults = template.faults(&document);
    if !faults.is_empty() {
        return Err(wrong(faults));
    }
    let Value::Object(document) = document else { return Err(wrong(Vec::new())) };
    if let Some(url) = document.get("base_url").and_then(Value::as_str) {
        guard(url).map_err(|message| {
            wrong(vec![Fault { path: "/settings/base_url".to_owned(), message }])
        })?;
    }
    let mut checked = Checked { settings: Map::new(), secrets: BTreeMap::new() };
    for (name, value) in document {
        if template.is_secret(&name) {
            let secret = value.as_str().unwrap_or_default();
            checked.secrets.insert(name, SecretString::from(secret));
        } else {
            checked.settings.insert(name, value);
        }
    }
    Ok(checked)
}

/// The settings are refused for these.
pub(crate) fn wrong(faults: Vec<Fault>) -> Problem {
    let detail = match faults.first() {
        Some(fault) => format!("{}: {}", fault.path, fault.message),
        None => "The settings are not an object.".to_owned(),
    };
    Problem::new(Code::ConfigSchemaInvalid, detail).with_faults(faults)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(name: &str, document: Value) -> Result<Checked, Problem> {
        let Value::Object(document) = document else { panic!("not an object") };
        check(template::named(name).unwrap(), document, |_| Ok(()))
    }

    #[test]
    fn settings_and_secrets_part_here() {
        let document = json!({
            "account_sid": "AC00000000000000000000000000000000", "auth_token": "secret",
        });
        let found = checked("twilio", document).unwrap();
        assert_eq!(found.settings.keys().collect::<Vec<_>>(), ["account_sid"]);
        assert_eq!(found.secrets.keys().collect::<Vec<_>>(), ["auth_token"]);
    }

    #[test]
    fn every_fault_is_named_by_its_place_and_none_by_what_was_there() {
        let document = json!({ "account_sid": "private", "auth_token": 7, "colour": "red" });
        let problem = checked("twilio", document).unwrap_err();
        assert_eq!(problem.code, Code::ConfigSchemaInvalid);
        let paths: Vec<_> = problem.faults.iter().map(|it| it.path.as_str()).collect();
        assert!(paths.contains(&"/settings/account_sid"), "{paths:?}");
        assert!(paths.contains(&"/settings/auth_token"), "{paths:?}");
        assert!(!format!("{problem:?}").contains("private"), "{problem:?}");
    }
}
