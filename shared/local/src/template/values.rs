//! What the names in a template stand for.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Template, conditions};

/// What is known: parameters, and of resources their reference and attributes.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// By `Name` or `Name.Attribute`.
    known: BTreeMap<String, Value>,
    conditions: BTreeMap<String, bool>,
}

impl Values {
    /// What the template says itself: its parameters' defaults, with `given` on top, and its
    /// conditions.
    pub fn of(template: &Template, given: &BTreeMap<String, String>) -> Self {
        let defaults = template
            .parameters
            .iter()
            .filter_map(|(name, it)| Some((name.clone(), it.default.clone()?)));
        let given = given.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
        let mut values =
            Self { known: defaults.chain(given).collect(), conditions: BTreeMap::new() };
        values.conditions = conditions::decide(&template.conditions, &values);
        values
    }

    /// From now on `!Ref name` is `value`.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.known.insert(name.to_owned(), Value::String(value.into()));
    }

    /// From now on `!GetAtt name.attribute` is `value`.
    pub fn set_attribute(&mut self, name: &str, attribute: &str, value: impl Into<String>) {
        self.set(&format!("{name}.{attribute}"), value);
    }

    /// The value of `!Ref name`, or of `!GetAtt` if the name has a dot.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.known.get(name).and_then(Value::as_str)
    }

    /// Whether a condition holds. One that the template does not have does not.
    pub fn holds(&self, condition: &str) -> bool {
        self.conditions.get(condition).copied().unwrap_or_default()
    }

    /// The same with every intrinsic function replaced by what it says.
    pub fn fill(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => {
                items.iter().map(|it| self.fill(it)).filter(|it| !is_no_value(it)).collect()
            }
            Value::Object(map) => {
                intrinsic(map).map_or_else(|| self.fill_map(map), |(name, it)| self.call(name, it))
            }
            plain => plain.clone(),
        }
    }

    fn fill_map(&self, map: &Map<String, Value>) -> Value {
        let filled = map.iter().map(|(name, it)| (name.clone(), self.fill(it)));
        filled.filter(|(_, it)| !is_no_value(it)).collect::<Map<_, _>>().into()
    }

    fn call(&self, function: &str, argument: &Value) -> Value {
        match function {
            "Ref" => self.look_up(argument.as_str().unwrap_or_default()),
            "Fn::GetAtt" => self.look_up(&joined(&self.fill(argument), ".")),
            "Fn::Sub" => self.substitute(argument).into(),
            "Fn::Join" => {
                let argument = self.fill(argument);
                joined(&argument[1], argument[0].as_str().unwrap_or_default()).into()
            }
            "Fn::Select" => {
                let argument = self.fill(argument);
                let index = plain(&argument[0]).parse::<usize>().unwrap_or_default();
                argument[1][index].clone()
            }
            "Fn::Split" => {
                let argument = self.fill(argument);
                let at = argument[0].as_str().unwrap_or_default();
                argument[1].as_str().unwrap_or_default().split(at).collect()
            }
            "Fn::If" => {
                let holds = argument[0].as_str().is_some_and(|it| self.holds(it));
                self.fill(&argument[if holds { 1 } else { 2 }])
            }
            // What we do not know stays visible.
            other => placeholder(other).into(),
        }
    }

    fn look_up(&self, name: &str) -> Value {
        self.known.get(name).cloned().unwrap_or_else(|| placeholder(name).into())
    }

    /// `Fn::Sub`, with or without names of its own.
    fn substitute(&self, argument: &Value) -> String {
        let (text, own) = match argument {
            Value::Array(_) => (&argument[0], self.fill(&argument[1])),
            text => (text, Value::Null),
        };
        let mut rest = text.as_str().unwrap_or_default();
        let mut filled = String::new();
        while let Some((before, name, after)) = next_name(rest) {
            filled += before;
            filled += &match (name.strip_prefix('!'), own.get(name)) {
                (Some(literal), _) => placeholder(literal),
                (None, Some(value)) => plain(value),
                (None, None) => plain(&self.look_up(name)),
            };
            rest = after;
        }
        filled + rest
    }
}

/// Whether a text still names something that has no value.
pub fn is_placeholder(text: &str) -> bool {
    text.contains("${")
}

fn placeholder(name: &str) -> String {
    format!("${{{name}}}")
}

/// A map with one entry that `CloudFormation` calls a function.
fn intrinsic(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = map.iter().next().filter(|_| map.len() == 1)?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name, argument))
}

fn is_no_value(value: &Value) -> bool {
    value == "${AWS::NoValue}"
}

fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

fn joined(list: &Value, with: &str) -> String {
    list.as_array()
        .map(|it| it.iter().map(plain).collect::<Vec<_>>().join(with))
        .unwrap_or_default()
}

/// A scalar as `CloudFormation` writes it into a text.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
