//! Changing an integration, and switching it off and on.

use app::Connection;
use aws::Row;
use domain::integration::{Integration, Provider, Status};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{consent, create, credentials, opened, settle, status_after};
use crate::{
    asking::{Member, seen},
    problem::Problem,
    routes::tenants::{done, text},
    trial,
};

/// What is to change. What is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntegrationChange {
    #[schema(min_length = 1, max_length = 80, pattern = r"\S")]
    name: Option<String>,
    /// `active` or `disconnected`.
    status: Option<Switch>,
    /// Settings that are to change; `null` takes one away. Secrets are not changed here.
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Switch {
    Active,
    Disconnected,
}

pub(crate) async fn change(
    member: &Member,
    row: Row<Integration>,
    wanted: IntegrationChange,
) -> Result<Row<Integration>, Problem> {
    let mut next = row.body.clone();
    if let Some(name) = &wanted.name {
        next.name = text("/name", name, 80)?;
    }
    if let Some(settings) = wanted.settings {
        next = with_settings(member, next, settings).await?;
    }
    if wanted.status == Some(Switch::Disconnected) {
        next.status = Status::Disconnected;
    }
    let row = if next == row.body { row } else { written(member, row, next).await? };
    if row.body.status == Status::Active {
        create::take_up(member, &row.body).await?;
    }
    match wanted.status {
        Some(Switch::Active) if row.body.status != Status::Active => switch_on(member, row).await,
        _ => Ok(row),
    }
}

async fn with_settings(
    member: &Member,
    integration: Integration,
    new: Map<String, Value>,
) -> Result<Integration, Problem> {
    let template = credentials::known(&integration)?;
    for name in new.keys() {
        if template.is_secret(name) {
            let message = "this is a secret; change it with POST …/credentials/rotate";
            return Err(Problem::at(format!("/settings/{name}"), message));
        }
        if let Some(secret) = template.bound_to(name) {
            let message = format!("change it with {secret}: POST …/credentials/rotate");
            return Err(Problem::at(format!("/settings/{name}"), &message));
        }
    }
    if integration.provider == Provider::Ghl {
        consent::not_by_hand(&integration.settings, &new)?;
    }
    let secrets = credentials::open(member, &integration.id).await?;
    let checked = credentials::checked(member, template, &integration, &secrets, new)?;
    let mut settings = checked.settings;
    for name in template.overlapping.iter().map(|it| format!("{it}_previous")) {
        if let Some(previous) = integration.settings.get(&name) {
            settings.insert(name, previous.clone());
        }
    }
    let next = Integration { settings: Value::Object(settings), ..integration.clone() };
    if create::location(&integration)? != create::location(&next)? {
        let message = "connect another location as another integration";
        return Err(Problem::at("/settings/location", message));
    }
    Ok(next)
}

async fn written(
    member: &Member,
    row: Row<Integration>,
    next: Integration,
) -> Result<Row<Integration>, Problem> {
    let mut entry = member.audit("integration.change", &next.id);
    (entry.before, entry.after) = (seen(&row.body), seen(&next));
    let transaction = member.scope().transaction().replace_integration(&row, &next);
    done(&transaction.audit(&entry).commit().await?)?;
    Ok(row.next(next))
}

/// What does not work is not switched on.
async fn switch_on(member: &Member, row: Row<Integration>) -> Result<Row<Integration>, Problem> {
    let connection: Connection = opened(member, &row.body).await?;
    let tested = trial::attempt(&member.deps, &connection, member.now()).await;
    let status = status_after(Status::Pending, &tested);
    settle(member, row, status, tested).await
}
