//! From YAML with `CloudFormation`'s short tags to the long form: `!Ref X` is `{"Ref": "X"}`.

use std::path::Path;

use serde_json::{Map, Value, json};
use serde_norway::Value as Yaml;

use super::{Template, TemplateError};

impl Template {
    /// Reads a file.
    pub fn read_from(path: &Path) -> Result<Self, TemplateError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| TemplateError::Missing { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let long = long_form(serde_norway::from_str(text)?);
        serde_json::from_value(long).map_err(TemplateError::Shape)
    }
}

fn long_form(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => value.into(),
        Yaml::Number(value) => number(&value),
        Yaml::String(value) => value.into(),
        Yaml::Sequence(items) => items.into_iter().map(long_form).collect(),
        Yaml::Mapping(entries) => {
            let entries = entries.into_iter().map(|(key, value)| (text(key), long_form(value)));
            Value::Object(entries.collect())
        }
        Yaml::Tagged(tagged) => intrinsic(&tagged.tag.to_string(), long_form(tagged.value)),
    }
}

fn intrinsic(tag: &str, argument: Value) -> Value {
    match tag.trim_start_matches('!') {
        "GetAtt" => json!({ "Fn::GetAtt": name_and_attribute(argument) }),
        name @ ("Ref" | "Condition") => Map::from_iter([(name.to_owned(), argument)]).into(),
        name => Map::from_iter([(format!("Fn::{name}"), argument)]).into(),
    }
}

/// The short form joins the two with a dot.
fn name_and_attribute(argument: Value) -> Value {
    match argument.as_str().and_then(|it| it.split_once('.')) {
        Some((name, attribute)) => json!([name, attribute]),
        None => argument,
    }
}

fn number(value: &serde_norway::Number) -> Value {
    match (value.as_i64(), value.as_f64()) {
        (Some(whole), _) => whole.into(),
        (None, Some(fraction)) => fraction.into(),
        (None, None) => Value::Null,
    }
}

/// Keys that look like something else, such as a date or an account's number, are text.
fn text(key: Yaml) -> String {
    match long_form(key) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
