//! Reads `template.yaml`, so that what runs here is what would be deployed.
//!
//! A template is read as it stands; its resources are read with [`Values`], which say what the
//! names in it stand for. A name without a value yet becomes a placeholder such as
//! `${InboundQueue.Arn}`, so a template can be looked at before anything exists.
//!
//! **Invariant:** knows no resource by name. What the template does not say does not exist here.

mod conditions;
mod event;
mod parts;
mod read;
mod values;

use std::{collections::BTreeMap, io, path::PathBuf};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

pub use event::Event;
pub use parts::{Api, Authorizer, Function, Key, Queue, Redrive, Secret, Table};
pub(crate) use values::plain;
pub use values::{Values, is_placeholder};

/// A template.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Template {
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
    #[serde(default)]
    conditions: BTreeMap<String, Value>,
    #[serde(default)]
    globals: BTreeMap<String, Value>,
    pub resources: BTreeMap<String, Resource>,
}

/// A parameter of the template.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parameter {
    #[serde(default)]
    pub default: Option<Value>,
}

/// A resource as the template writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Resource {
    #[serde(rename = "Type")]
    pub kind: String,
    #[serde(default)]
    condition: Option<String>,
    #[serde(default)]
    properties: Value,
}

#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("{} could not be read", path.display())]
    Missing { path: PathBuf, source: io::Error },
    #[error("the template is not YAML")]
    Yaml(#[from] serde_norway::Error),
    #[error("the template is not a template")]
    Shape(#[source] serde_json::Error),
    #[error("the template's {name} is not a {kind} as we know it")]
    Resource { name: String, kind: String, source: serde_json::Error },
}

impl Template {
    /// The resources of a `CloudFormation` type, with their properties.
    pub fn resources(&self, kind: &str, values: &Values) -> BTreeMap<&str, Value> {
        self.resources
            .iter()
            .filter(|(_, it)| it.kind == kind && is_wanted(it, values))
            .map(|(name, it)| (name.as_str(), values.fill(&it.properties)))
            .collect()
    }

    pub fn tables(&self, values: &Values) -> Result<BTreeMap<&str, Table>, TemplateError> {
        self.read("AWS::DynamoDB::Table", values)
    }

    pub fn queues(&self, values: &Values) -> Result<BTreeMap<&str, Queue>, TemplateError> {
        self.read("AWS::SQS::Queue", values)
    }

    pub fn keys(&self, values: &Values) -> Result<BTreeMap<&str, Key>, TemplateError> {
        self.read("AWS::KMS::Key", values)
    }

    pub fn secrets(&self, values: &Values) -> Result<BTreeMap<&str, Secret>, TemplateError> {
        self.read("AWS::SecretsManager::Secret", values)
    }

    pub fn apis(&self, values: &Values) -> Result<BTreeMap<&str, Api>, TemplateError> {
        self.read("AWS::Serverless::HttpApi", values)
    }

    /// The functions, each with what `Globals` adds to it.
    pub fn functions(&self, values: &Values) -> Result<BTreeMap<&str, Function>, TemplateError> {
        const KIND: &str = "AWS::Serverless::Function";
        let shared = self.globals.get("Function").map(|it| values.fill(it)).unwrap_or_default();
        self.resources(KIND, values)
            .into_iter()
            .map(|(name, own)| Ok((name, parse(name, KIND, merge(shared.clone(), own))?)))
            .collect()
    }

    fn read<T: DeserializeOwned>(
        &self,
        kind: &str,
        values: &Values,
    ) -> Result<BTreeMap<&str, T>, TemplateError> {
        self.resources(kind, values)
            .into_iter()
            .map(|(name, properties)| Ok((name, parse(name, kind, properties)?)))
            .collect()
    }
}

fn is_wanted(resource: &Resource, values: &Values) -> bool {
    resource.condition.as_ref().is_none_or(|it| values.holds(it))
}

fn parse<T: DeserializeOwned>(
    name: &str,
    kind: &str,
    properties: Value,
) -> Result<T, TemplateError> {
    let properties = match properties {
        Value::Null => Value::Object(serde_json::Map::new()),
        other => other,
    };
    serde_json::from_value(properties).map_err(|source| TemplateError::Resource {
        name: name.to_owned(),
        kind: kind.to_owned(),
        source,
    })
}

/// `own` on top of `shared`; maps are merged, as SAM merges `Globals`.
fn merge(shared: Value, own: Value) -> Value {
    match (shared, own) {
        (Value::Object(mut shared), Value::Object(own)) => {
            for (name, value) in own {
                let below = shared.remove(&name).unwrap_or_default();
                shared.insert(name, merge(below, value));
            }
            Value::Object(shared)
        }
        (shared, Value::Null) => shared,
        (_, own) => own,
    }
}

#[cfg(test)]
mod tests;
