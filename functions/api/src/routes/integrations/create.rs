//! Connecting a provider.

use aws::{Commit, Condition, Transaction, once::was_done};
use domain::{
    ids::{IntegrationId, LocationId},
    integration::{Integration, Provider, Status},
    tenant::Tenant,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::consent;
use crate::{
    asking::{Member, seen},
    problem::{Code, Problem, parsed},
    routes::tenants::{done, text},
    trial::{self, template},
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIntegration {
    /// Part of its address: 1 to 64 letters, digits, `-` and `_`. One is made up if none is given.
    #[schema(example = "acme-twilio", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    id: Option<String>,
    /// What people call it; its template's title if nothing is given.
    #[schema(min_length = 1, max_length = 80, pattern = r"\S")]
    name: Option<String>,
    #[schema(example = "twilio")]
    template: String,
    /// What the template's schema asks for, secrets included.
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
}

/// Stores a new integration, which has not been tried yet.
pub(crate) async fn create(member: &Member, new: NewIntegration) -> Result<IntegrationId, Problem> {
    let template = template::named(&new.template)
        .ok_or_else(|| Problem::at("/template", "there is no template of this name"))?;
    let Some(provider) = template.provider else {
        let detail = format!("{} cannot be connected in this release.", template.title);
        return Err(Problem::new(Code::TemplateNotAvailable, detail));
    };
    if provider == Provider::Ghl {
        consent::not_by_hand(&Value::Null, &new.settings)?;
    }
    let checked = trial::check(template, new.settings, member.deps.guard())?;
    let id = match &new.id {
        // Ids like ours follow from others: who chose one could be in a later connection's way.
        Some(id) if id.starts_with("int_") => {
            return Err(Problem::at("/id", "ids that begin with int_ are made here"));
        }
        Some(id) => parsed("/id", IntegrationId::parse(id))?,
        None => IntegrationId::derived(&[member.tenant.as_str(), &member.seed()?]),
    };
    let name = match &new.name {
        Some(name) => text("/name", name, 80)?,
        None => template.title.to_owned(),
    };
    let settings = Value::Object(checked.settings);
    let integration = Integration::new(id.clone(), name, provider, settings, member.now());
    let mut entry = member.audit("integration.create", &id);
    entry.after = seen(&integration);
    let mut transaction = member.scope().transaction().add_integration(&integration).audit(&entry);
    for (name, secret) in &checked.secrets {
        let (vault, scope) = (&member.deps.vault, member.scope());
        let sealed = vault.seal(scope, &id, name, secret, member.now()).await?;
        transaction = transaction.set_credential(&id, name, sealed);
    }
    if let Some(location) = location(&integration)?
        && !is_free(member, &location, &id).await?
    {
        return Err(taken(&[], &id));
    }
    match member.once(transaction).commit().await? {
        Commit::Done => Ok(id),
        Commit::Refused(conditions) if was_done(&conditions) => {
            made_before(member, &id).await?;
            Ok(id)
        }
        Commit::Refused(conditions) => Err(taken(&conditions, &id)),
    }
}

/// Whether nobody else has the location. It becomes the tenant's once a token has shown that it is.
pub(crate) async fn is_free(
    member: &Member,
    location: &LocationId,
    id: &IntegrationId,
) -> Result<bool, Problem> {
    let route = member.deps.store.route_of_location(location).await?;
    Ok(route.is_none_or(|it| it.tenant == member.tenant && it.integration == *id))
}

/// What leads from the location to the tenant, with an integration that works.
pub(crate) fn with_location<'a>(
    transaction: Transaction<'a>,
    integration: &Integration,
) -> Result<Transaction<'a>, Problem> {
    match location(integration)? {
        Some(location) => Ok(transaction.claim_location(&location, &integration.id)),
        None => Ok(transaction),
    }
}

/// The location of a CRM integration.
pub(crate) fn location(integration: &Integration) -> Result<Option<LocationId>, Problem> {
    if integration.provider != Provider::Ghl {
        return Ok(None);
    }
    let named = integration.settings["location"].as_str().unwrap_or_default();
    parsed("/settings/location", LocationId::parse(named)).map(Some)
}

/// An earlier try of this request made it. What may not have come after that is done here.
async fn made_before(member: &Member, id: &IntegrationId) -> Result<(), Problem> {
    match member.scope().integration_row(id).await? {
        Some(row) if row.body.status == Status::Active => take_up(member, &row.body).await,
        Some(_) => Ok(()),
        None => Err(Problem::not_found("integration")),
    }
}

/// Ids are unique in the whole installation, and a location belongs to one tenant. Whose they are is
/// not said.
fn taken(conditions: &[Condition], id: &IntegrationId) -> Problem {
    let is_own = conditions.contains(&Condition::New("integration"));
    let detail = if is_own {
        format!("There is an integration {id} already.")
    } else {
        "The id or the location is in use already. Choose another id, or disconnect the location \
         where it is connected."
            .to_owned()
    };
    Problem::new(Code::AlreadyExists, detail)
}

/// The tenant takes up what became active: the first CRM becomes its CRM, and contacts are copied to
/// where that is switched on.
pub(crate) async fn take_up(member: &Member, integration: &Integration) -> Result<(), Problem> {
    let Some(row) = member.scope().tenant_row().await? else { return Ok(()) };
    let next = with(&row.body, integration);
    if next == row.body {
        return Ok(());
    }
    let mut entry = member.audit("tenant.take_up", &integration.id);
    (entry.before, entry.after) = (seen(&row.body), seen(&next));
    let transaction = member.scope().transaction().replace_tenant(&row, &next);
    done(&transaction.audit(&entry).commit().await?)
}

fn with(tenant: &Tenant, integration: &Integration) -> Tenant {
    let id = Some(integration.id.clone());
    let mut next = tenant.clone();
    match integration.provider {
        Provider::Ghl => next.crm = next.crm.or(id),
        Provider::Aloware if integration.settings["sync_contacts"] == true => {
            next.contact_copies_to = id;
        }
        Provider::Aloware if next.contact_copies_to == id => next.contact_copies_to = None,
        Provider::Aloware | Provider::Twilio | Provider::Telnyx | Provider::Texting => {}
    }
    next
}
