//! Taking an integration away.

use aws::{Row, StoredInstall};
use domain::{install::Told, integration::Integration, tenant::Tenant};

use super::{consent, create};
use crate::{
    asking::{Member, seen},
    problem::Problem,
    routes::tenants::done,
};

pub(crate) async fn remove(member: &Member, row: &Row<Integration>) -> Result<(), Problem> {
    let (scope, integration) = (member.scope(), &row.body);
    let mut entry = member.audit("integration.delete", &integration.id);
    entry.before = seen(integration);
    let mut transaction = scope.transaction().delete_integration(row).audit(&entry);
    for name in scope.credentials(&integration.id).await?.into_keys() {
        transaction = transaction.delete_credential(&integration.id, &name);
    }
    if let Some(location) = create::location(integration)? {
        if let Some(route) = member.deps.store.route_of_location(&location).await?
            && (&route.tenant, &route.integration) == (&member.tenant, &integration.id)
        {
            transaction = transaction.delete_location(&location, &integration.id);
        }
        if let Some(row) = member.deps.store.install(&location).await?
            && is_of(&row.body, member, integration)
        {
            transaction = transaction.set_install(Some(&row), &detached(&row.body));
        }
    }
    if consent::is_given(integration) {
        transaction = transaction.delete_tokens(&integration.id);
    }
    if let Some(tenant) = scope.tenant_row().await?
        && let Some(next) = without(&tenant.body, integration)
    {
        let mut entry = member.audit("tenant.let_go", &integration.id);
        (entry.before, entry.after) = (seen(&tenant.body), seen(&next));
        transaction = transaction.replace_tenant(&tenant, &next).audit(&entry);
    }
    // What waited for it goes on, or fails with the reason.
    done(&transaction.resume(member.now()).commit().await?)
}

/// The installation outlives the integration, for the app is still in the location.
fn is_of(stored: &StoredInstall, member: &Member, integration: &Integration) -> bool {
    let attached = stored.install.attached.as_ref();
    attached.is_some_and(|it| it.tenant == member.tenant && it.integration == integration.id)
}

fn detached(stored: &StoredInstall) -> StoredInstall {
    let install = stored.install.clone().step(Told::Detached);
    StoredInstall { install, wanted: None, due: None, ..stored.clone() }
}

/// The tenant without it, where it named it.
fn without(tenant: &Tenant, integration: &Integration) -> Option<Tenant> {
    let is_crm = tenant.crm.as_ref() == Some(&integration.id);
    let is_usual = tenant.default_route.as_ref().is_some_and(|it| it.channel == integration.id);
    let is_copy = tenant.contact_copies_to.as_ref() == Some(&integration.id);
    (is_crm || is_usual || is_copy).then(|| Tenant {
        crm: tenant.crm.clone().filter(|_| !is_crm),
        default_route: tenant.default_route.clone().filter(|_| !is_usual),
        contact_copies_to: tenant.contact_copies_to.clone().filter(|_| !is_copy),
        ..tenant.clone()
    })
}
