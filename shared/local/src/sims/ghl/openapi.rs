//! Reads an `OpenAPI` 3.0 file as far as JSON Schema needs it.

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::{overrides, request::Encoding};

/// A file, with the schemas shared by all files put in, and its known mistakes put right.
#[derive(Debug)]
pub(super) struct Document {
    paths: Value,
    schemas: Value,
}

/// One method of one path.
#[derive(Debug)]
pub(super) struct Described<'a>(&'a Value);

#[derive(Debug)]
pub(super) struct Parameter<'a> {
    pub(super) name: &'a str,
    pub(super) is_required: bool,
    pub(super) schema: Value,
}

impl Document {
    pub(super) fn parse(file: &str, common: &str) -> anyhow::Result<Self> {
        let common: Value = serde_json::from_str(common)?;
        let mut file: Value = serde_json::from_str(file)?;
        let mut schemas = schemas_of(common)?;
        schemas.extend(schemas_of(file.clone())?);
        overrides::apply(&mut schemas);
        let schemas = as_json_schema(Value::Object(schemas));
        Ok(Self { paths: file["paths"].take(), schemas })
    }

    pub(super) fn operation(&self, method: &str, path: &str) -> anyhow::Result<Described<'_>> {
        let described = self.paths.get(path).and_then(|it| it.get(method.to_lowercase()));
        Ok(Described(described.context("not in the file")?))
    }

    /// The schema with everything it refers to.
    pub(super) fn closed(&self, schema: &Value) -> Value {
        json!({
            "allOf": [as_json_schema(schema.clone())],
            "components": { "schemas": self.schemas },
        })
    }
}

impl<'a> Described<'a> {
    pub(super) fn parameters(&self, place: &str) -> impl Iterator<Item = Parameter<'a>> {
        let parameters = self.0["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        parameters.iter().filter(move |it| it["in"] == place).filter_map(|it| {
            Some(Parameter {
                name: it["name"].as_str()?,
                is_required: it["required"] == true,
                schema: as_json_schema(it["schema"].clone()),
            })
        })
    }

    pub(super) fn versions(&self) -> Vec<String> {
        let version = self.parameters("header").find(|it| it.name == "Version");
        let values = version.map(|it| it.schema["enum"].clone());
        values.and_then(|it| serde_json::from_value(it).ok()).unwrap_or_default()
    }

    /// What the body is declared to be, and its schema.
    pub(super) fn body(&self) -> Option<(Encoding, &'a Value)> {
        let content = self.0.get("requestBody")?["content"].as_object()?;
        let is_form = content.contains_key("application/x-www-form-urlencoded");
        let encoding = if is_form { Encoding::Form } else { Encoding::Json };
        Some((encoding, &content.values().next()?["schema"]))
    }
}

fn schemas_of(mut file: Value) -> anyhow::Result<Map<String, Value>> {
    match file["components"]["schemas"].take() {
        Value::Object(schemas) => Ok(schemas),
        _ => anyhow::bail!("a file without schemas"),
    }
}

/// `OpenAPI` 3.0 differs from JSON Schema: `nullable`, the type `any`, and references to other
/// files, whose schemas are put into this one. An object takes only the fields it names, as GHL's
/// validation does.
fn as_json_schema(schema: Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut fields: Map<_, _> =
                fields.into_iter().map(|(name, it)| (name, as_json_schema(it))).collect();
            translate(&mut fields);
            Value::Object(fields)
        }
        Value::Array(items) => items.into_iter().map(as_json_schema).collect(),
        other => other,
    }
}

fn translate(fields: &mut Map<String, Value>) {
    if fields.get("type").is_some_and(|it| it == "any") {
        fields.remove("type");
    }
    if let Some(kind) = fields.get("type").filter(|it| it.is_string()).cloned() {
        if fields.get("nullable").is_some_and(|it| it == true) {
            fields.insert("type".to_owned(), json!([kind, "null"]));
        }
        if kind == "object" && fields.get("properties").is_some_and(Value::is_object) {
            fields.insert("additionalProperties".to_owned(), false.into());
        }
    }
    if let Some(reference) = fields.get("$ref").and_then(Value::as_str)
        && let Some((_, inside)) = reference.split_once('#')
    {
        let inside = format!("#{inside}");
        fields.insert("$ref".to_owned(), inside.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_openapi_says_differently_is_translated() {
        let schema = json!({ "type": "object", "properties": {
            "name": { "type": "string", "nullable": true },
            "error": { "$ref": "../common/common-schemas.json#/components/schemas/BadRequestDTO" },
        }});

        let translated = as_json_schema(schema);

        assert_eq!(translated["additionalProperties"], false);
        assert_eq!(translated["properties"]["name"]["type"], json!(["string", "null"]));
        let reference = &translated["properties"]["error"]["$ref"];
        assert_eq!(reference, "#/components/schemas/BadRequestDTO");
    }
}
