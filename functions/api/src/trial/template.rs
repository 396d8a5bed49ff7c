//! The templates: what each kind of provider needs to know, and what is to be done there.

use std::sync::OnceLock;

use domain::integration::Provider;
use jsonschema::Validator;
use serde_json::Value;

use crate::problem::Fault;

/// A kind of provider.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) api_version: &'static str,
    pub(crate) kind: &'static str,
    /// What it becomes; nothing if it cannot be connected in this release.
    pub(crate) provider: Option<Provider>,
    pub(crate) setup: &'static str,
    schema: &'static str,
    /// Fields whose value before is good for a while after it was rotated, under its name with
    /// `_previous`: what others sign with.
    pub(crate) overlapping: &'static [&'static str],
    /// Settings that are only good with a secret, by the secret: they change together, and are tried
    /// together. Or a secret could be sent to wherever somebody likes.
    pub(crate) bound: &'static [(&'static str, &'static str)],
    parsed: OnceLock<(Value, Option<Validator>)>,
}

macro_rules! template {
    ($name:literal, $title:literal, $version:literal, $kind:literal, $provider:expr, $overlapping:expr, $bound:expr) => {
        Template {
            name: $name,
            title: $title,
            api_version: $version,
            kind: $kind,
            provider: $provider,
            setup: include_str!(concat!("../../templates/", $name, "/setup.md")),
            schema: include_str!(concat!("../../templates/", $name, "/schema.json")),
            overlapping: $overlapping,
            bound: $bound,
            parsed: OnceLock::new(),
        }
    };
}

pub(crate) static ALL: [Template; 7] = [
    template!(
        "ghl",
        "GoHighLevel",
        "2021-07-28",
        "crm",
        Some(Provider::Ghl),
        &["workflow_secret"],
        &[]
    ),
    template!(
        "twilio",
        "Twilio",
        "2010-04-01",
        "channel",
        Some(Provider::Twilio),
        &["auth_token"],
        &[("api_user", "api_secret")]
    ),
    template!("telnyx", "Telnyx", "v2", "channel", Some(Provider::Telnyx), &["public_key"], &[]),
    template!(
        "texting",
        "Texting",
        "TP/1",
        "channel",
        Some(Provider::Texting),
        &["webhook_secret"],
        &[("base_url", "api_key")]
    ),
    template!(
        "aloware",
        "Aloware",
        "v1",
        "copy",
        Some(Provider::Aloware),
        &["webhook_secret"],
        &[]
    ),
    template!("facebook_ads", "Facebook Lead Ads", "v23.0", "ads", None, &[], &[]),
    template!("google_analytics", "Google Analytics", "mp/collect", "ads", None, &[], &[]),
];

pub(crate) fn named(name: &str) -> Option<&'static Template> {
    ALL.iter().find(|it| it.name == name)
}

/// The template of a provider that can be connected.
pub(crate) fn of(provider: Provider) -> Option<&'static Template> {
    ALL.iter().find(|it| it.provider == Some(provider))
}

impl Template {
    pub(crate) fn schema(&self) -> Value {
        self.parsed().0.clone()
    }

    /// Whether this field is sealed and never shown.
    pub(crate) fn is_secret(&self, field: &str) -> bool {
        let name = field.strip_suffix("_previous").unwrap_or(field);
        let secret = |name: &str| self.parsed().0["properties"][name]["encrypted"] == true;
        secret(field) || secret(name)
    }

    /// The secret that this setting is only good with.
    pub(crate) fn bound_to(&self, field: &str) -> Option<&'static str> {
        self.bound.iter().find(|(setting, _)| *setting == field).map(|(_, secret)| *secret)
    }

    pub(crate) fn is_field(&self, field: &str) -> bool {
        self.parsed().0["properties"].get(field).is_some()
    }

    /// What is wrong with settings, by their places.
    pub(crate) fn faults(&self, settings: &Value) -> Vec<Fault> {
        let (_, Some(validator)) = self.parsed() else { return Vec::new() };
        let faults = validator.iter_errors(settings).map(|error| Fault {
            path: format!("/settings{}", error.instance_path()),
            message: error.masked_with("this").to_string(),
        });
        faults.collect()
    }

    /// The schema is part of the program and read once; a test reads them all.
    fn parsed(&self) -> &(Value, Option<Validator>) {
        self.parsed.get_or_init(|| {
            let schema: Value = serde_json::from_str(self.schema).unwrap_or_default();
            let validator = jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .with_pattern_options(jsonschema::PatternOptions::regex())
                .build(&schema);
            (schema, validator.ok())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_one_and_every_secret_is_write_only() {
        for template in &ALL {
            let (schema, validator) = template.parsed();
            assert!(validator.is_some(), "{}", template.name);
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
            for (name, field) in schema["properties"].as_object().unwrap() {
                assert_eq!(field["encrypted"], field["writeOnly"], "{}.{name}", template.name);
                assert!(field["description"].is_string(), "{}.{name}", template.name);
            }
        }
    }

    #[test]
    fn every_setup_says_what_to_paste() {
        for template in ALL.iter().filter(|it| it.provider.is_some()) {
            assert!(template.setup.contains("{{origin}}/"), "{}", template.name);
            for field in template.overlapping {
                assert!(template.is_field(field), "{}.{field}", template.name);
            }
            for (setting, secret) in template.bound {
                assert!(template.is_field(setting) && !template.is_secret(setting), "{setting}");
                assert!(template.is_secret(secret), "{secret}");
            }
        }
    }
}
