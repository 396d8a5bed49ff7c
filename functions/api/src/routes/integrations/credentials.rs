//! An integration's secrets: opened to be tried, and rotated.

use std::collections::BTreeMap;

use app::Connection;
use aws::Row;
use domain::{
    ids::IntegrationId,
    integration::{Fault, FaultCode, Integration},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{consent, settle, status_after};
use crate::{
    asking::Member,
    problem::{Code, Problem},
    routes::tenants::done,
    trial::{
        self, Checked,
        template::{self, Template},
    },
};

/// New values for secrets, and for public keys that a provider signs with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSecrets {
    #[schema(value_type = Object, example = json!({ "auth_token": "the new one" }))]
    settings: Map<String, Value>,
}

type Secrets = BTreeMap<String, SecretString>;

/// All secrets of an integration, open.
pub(crate) async fn open(member: &Member, id: &IntegrationId) -> Result<Secrets, Problem> {
    let mut secrets = BTreeMap::new();
    for (name, sealed) in member.scope().credentials(id).await? {
        let vault = &member.deps.vault;
        let secret = vault.open(member.scope(), id, &name, &sealed, member.now()).await?;
        secrets.insert(name, secret);
    }
    Ok(secrets)
}

/// Tries the new values and, if the provider takes them, puts them in place.
pub(crate) async fn rotate(
    member: &Member,
    row: Row<Integration>,
    new: NewSecrets,
) -> Result<Row<Integration>, Problem> {
    let template = known(&row.body)?;
    only_rotatable(template, &new.settings)?;
    consent::not_rotated(&row.body, &new.settings)?;
    let old = open(member, &row.body.id).await?;
    let checked = checked(member, template, &row.body, &old, new.settings.clone())?;

    let mut next = row.body.clone();
    next.settings = Value::Object(with_previous(template, &row.body, &checked, &new.settings));
    let connection = Connection::new(member.tenant.clone(), next.clone(), checked.secrets.clone());
    let tested = trial::attempt(&member.deps, &connection, member.now()).await;
    if let Some(fault) = &tested.fault {
        return Err(refused(fault));
    }
    write(member, template, &row, &next, (&old, &checked.secrets, &new.settings)).await?;
    let status = status_after(next.status, &tested);
    settle(member, row.next(next), status, tested).await
}

async fn write(
    member: &Member,
    template: &Template,
    row: &Row<Integration>,
    next: &Integration,
    (old, secrets, new): (&Secrets, &Secrets, &Map<String, Value>),
) -> Result<(), Problem> {
    let (scope, vault, id) = (member.scope(), &member.deps.vault, &next.id);
    let mut entry = member.audit("integration.rotate", id);
    entry.before = json!({ "settings": row.body.settings });
    entry.after = json!({ "settings": next.settings, "rotated": new.keys().collect::<Vec<_>>() });
    let mut transaction = scope.transaction().replace_integration(row, next).audit(&entry);
    for name in new.keys().filter(|it| template.is_secret(it)) {
        let Some(secret) = secrets.get(name) else {
            // It is wanted no more, and so is what was before it.
            transaction = transaction.delete_credential(id, name);
            transaction = transaction.delete_credential(id, &format!("{name}_previous"));
            continue;
        };
        let sealed = vault.seal(scope, id, name, secret, member.now()).await?;
        transaction = transaction.set_credential(id, name, sealed);
        let previous = format!("{name}_previous");
        if let Some(before) = old.get(name)
            && template.overlapping.contains(&name.as_str())
            && before.expose_secret() != secret.expose_secret()
        {
            let sealed = vault.seal(scope, id, &previous, before, member.now()).await?;
            transaction = transaction.set_credential(id, &previous, sealed);
        }
    }
    done(&transaction.commit().await?)
}

/// The settings and secrets as they would be with `new` in their places.
pub(crate) fn checked(
    member: &Member,
    template: &Template,
    integration: &Integration,
    secrets: &Secrets,
    new: Map<String, Value>,
) -> Result<Checked, Problem> {
    let settings = integration.settings.as_object().cloned().unwrap_or_default();
    let settings = settings.into_iter().filter(|(name, _)| template.is_field(name));
    let mut document: Map<String, Value> = settings.collect();
    for (name, secret) in secrets.iter().filter(|(name, _)| template.is_field(name)) {
        document.insert(name.clone(), secret.expose_secret().into());
    }
    for (name, value) in new {
        match value {
            Value::Null => document.remove(&name),
            value => document.insert(name, value),
        };
    }
    let mut checked = trial::check(template, document, member.deps.guard())?;
    // What was before a rotation is not for the caller to say, and stays as long as what is now.
    let is_previous = |name: &str| {
        name.strip_suffix("_previous").is_some_and(|it| checked.secrets.contains_key(it))
    };
    let previous: Vec<_> = secrets.iter().filter(|(name, _)| is_previous(name)).collect();
    let previous = previous.into_iter();
    checked.secrets.extend(previous.map(|(name, secret)| (name.clone(), secret.clone())));
    Ok(checked)
}

pub(crate) fn known(integration: &Integration) -> Result<&'static Template, Problem> {
    template::of(integration.provider).ok_or_else(|| Problem::not_found("template"))
}

fn only_rotatable(template: &Template, new: &Map<String, Value>) -> Result<(), Problem> {
    if new.is_empty() {
        return Err(Problem::at("/settings", "name what is to be rotated"));
    }
    for name in new.keys() {
        let is_overlapping = template.overlapping.contains(&name.as_str());
        let fault = match template.bound_to(name) {
            Some(secret) if new.contains_key(secret) => continue,
            Some(secret) => format!("send {secret} with it"),
            None if name.ends_with("_previous") => "it changes with what is now".to_owned(),
            None if template.is_secret(name) || is_overlapping => continue,
            None => "this is no secret; change it with PATCH".to_owned(),
        };
        return Err(Problem::at(format!("/settings/{name}"), &fault));
    }
    Ok(())
}

/// A public key that is rotated stays beside the new one.
fn with_previous(
    template: &Template,
    before: &Integration,
    checked: &Checked,
    new: &Map<String, Value>,
) -> Map<String, Value> {
    let mut settings = checked.settings.clone();
    for name in template.overlapping {
        let previous = format!("{name}_previous");
        let was = before.settings.get(*name);
        let kept = if new.contains_key(*name) && was != checked.settings.get(*name) {
            was
        } else {
            before.settings.get(&previous)
        };
        if let Some(kept) = kept {
            settings.insert(previous, kept.clone());
        }
    }
    settings
}

/// Nothing has changed.
fn refused(fault: &Fault) -> Problem {
    let code = match fault.code {
        FaultCode::InvalidCredentials => Code::InvalidCredentials,
        FaultCode::ConnectionFailed | FaultCode::RateLimitExceeded => Code::ConnectionFailed,
        FaultCode::ConfigSchemaInvalid => Code::ConfigSchemaInvalid,
    };
    Problem::new(code, format!("The old credentials stay: {}.", fault.why))
}
