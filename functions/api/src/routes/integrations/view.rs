//! How an integration is shown. Secrets are not: only that they are set.

use std::collections::BTreeMap;

use domain::integration::{Integration, Provider};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::consent::{Consent, TokenView};
use crate::Deps;

/// A connected provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntegrationView {
    #[schema(example = "acme-twilio")]
    id: String,
    name: String,
    /// The template that it was made of.
    #[schema(example = "twilio")]
    template: String,
    /// `pending`, `active`, `error` or `disconnected`.
    status: String,
    created_at: String,
    #[schema(value_type = Object)]
    settings: Value,
    /// The names of the secrets, each of them `set`. Their values are never shown.
    secrets: BTreeMap<String, &'static str>,
    /// What the provider is to call.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_url: Option<String>,
    /// How fresh the token is, if somebody consented to the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<TokenView>,
    /// What somebody has to do so that it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
    /// What came of trying it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    tested: Option<TestedView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TestedView {
    at: String,
    ok: bool,
    took_ms: u64,
    /// `INVALID_CREDENTIALS`, `CONNECTION_FAILED`, `RATE_LIMIT_EXCEEDED` or `CONFIG_SCHEMA_INVALID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

pub(crate) fn view(
    deps: &Deps,
    integration: &Integration,
    names: Vec<String>,
    consent: Option<Consent>,
) -> IntegrationView {
    let advice = consent.as_ref().and_then(|it| it.advice);
    IntegrationView {
        id: integration.id.to_string(),
        name: integration.name.clone(),
        template: integration.provider.to_string(),
        status: integration.status.to_string(),
        created_at: integration.created_at.to_string(),
        settings: integration.settings.clone(),
        secrets: names.into_iter().map(|it| (it, "set")).collect(),
        webhook_url: Some(webhook(deps, integration)),
        token: consent.map(|it| it.token),
        advice,
        tested: integration.tested.as_ref().map(|tested| TestedView {
            at: tested.at.to_string(),
            ok: tested.fault.is_none(),
            took_ms: tested.took_ms,
            code: tested.fault.as_ref().map(|it| it.code.to_string()),
            why: tested.fault.as_ref().map(|it| it.why.clone()),
        }),
    }
}

/// GoHighLevel has one address for everybody: the location in what it signs says whose it is.
fn webhook(deps: &Deps, integration: &Integration) -> String {
    let origin = &deps.origin;
    match integration.provider {
        Provider::Ghl => format!("{origin}/webhooks/messages/provider-delivery"),
        provider => format!("{origin}/webhooks/{provider}/{}", integration.id),
    }
}
