//! Giving a location to a tenant.

use aws::{
    Row, Scope, StoreError, StoredInstall, TokenPair, WaitingTokens, Wanted,
    tokens::{ACCESS_TOKEN, Holder, REFRESH_TOKEN},
};
use domain::{
    audit::AuditEntry,
    ids::{IntegrationId, LocationId, TenantId},
    install::{Attached, Standing, Told, Way},
    integration::{Fault, FaultCode, Integration, Provider, Status, Tested},
    resumption::Resumption,
    tenant::{Tenant, TenantState},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    InstallError, Installing, Outcome, done,
    granted::{self, Given},
};

/// A tenant that may have the location.
struct Place {
    tenant: TenantId,
    row: Row<Tenant>,
    integration: IntegrationId,
    /// What is connected there already.
    before: Option<Row<Integration>>,
}

impl Installing {
    /// Goes on with an installation as far as it gets.
    pub async fn settle(
        &self,
        location: &LocationId,
        now: Timestamp,
    ) -> Result<Outcome, InstallError> {
        let waiting = || Outcome::Waiting { location: location.clone() };
        let Some(row) = self.renewal.store.install(location).await? else { return Ok(waiting()) };
        let again = row.body.install.is_reinstalled();
        if row.body.due.is_none() {
            return Ok(match row.body.install.standing() {
                Standing::Connected => Outcome::Connected { location: location.clone(), again },
                _ => waiting(),
            });
        }
        if row.body.install.standing() == Standing::Uninstalled {
            return self.left(row, waiting()).await;
        }
        let place = match self.place(&row.body).await? {
            Ok(Some(place)) => place,
            Ok(None) => return self.left(row, waiting()).await,
            Err(refused) => return self.left(row, refused).await,
        };
        let (pair, missing) = self.pair_for(&place, &row.body, now).await?;
        self.connect(&place, &row.body, &pair, &missing, now).await?;
        let attached = Attached { tenant: place.tenant, integration: place.integration };
        let install = row.body.install.clone().step(Told::Attached(attached));
        let next = StoredInstall::new(install);
        self.write(Some(&row), &next).await?;
        if missing.is_empty() {
            return Ok(Outcome::Connected { location: location.clone(), again });
        }
        Ok(Outcome::ScopesMissing { location: location.clone(), missing })
    }

    /// Leaves it to an operator.
    pub async fn leave(&self, location: &LocationId) -> Result<(), InstallError> {
        let Some(row) = self.renewal.store.install(location).await? else { return Ok(()) };
        let next = StoredInstall { wanted: None, due: None, ..row.body.clone() };
        self.write(Some(&row), &next).await
    }

    /// Nothing can be done about it but what an operator does.
    async fn left(
        &self,
        row: Row<StoredInstall>,
        outcome: Outcome,
    ) -> Result<Outcome, InstallError> {
        let next = StoredInstall { wanted: None, due: None, ..row.body.clone() };
        self.write(Some(&row), &next).await?;
        Ok(outcome)
    }

    /// Whose it is, or is to be; or why it cannot be theirs.
    async fn place(
        &self,
        stored: &StoredInstall,
    ) -> Result<Result<Option<Place>, Outcome>, InstallError> {
        let store = &self.renewal.store;
        let wanted = stored.wanted.as_ref().map(|it| it.tenant.clone());
        let location = &stored.install.location;
        let route = store.route_of_location(location).await?;
        if let (Some(route), Some(wanted)) = (&route, &wanted)
            && route.tenant != *wanted
        {
            return Ok(Err(Outcome::Elsewhere));
        }
        let Some(tenant) = route.as_ref().map(|it| it.tenant.clone()).or(wanted) else {
            return Ok(Ok(None));
        };
        let scope = store.of(&tenant);
        let row = scope.tenant_row().await?.ok_or(StoreError::Missing("tenant"))?;
        if matches!(row.body.state, TenantState::Deleted { .. }) {
            return Ok(Ok(None));
        }
        let integration = match route {
            Some(route) => route.integration,
            None => IntegrationId::derived(&["ghl", tenant.as_str(), location.as_str()]),
        };
        if row.body.crm.as_ref().is_some_and(|it| *it != integration) {
            return Ok(Err(Outcome::Occupied));
        }
        let before = scope.integration_row(&integration).await?;
        Ok(Ok(Some(Place { tenant, row, integration, before })))
    }

    /// The tenant's own pair, and what it is not good for.
    async fn pair_for(
        &self,
        place: &Place,
        stored: &StoredInstall,
        now: Timestamp,
    ) -> Result<(TokenPair, Vec<String>), InstallError> {
        let install = &stored.install;
        let (location, company) = (install.location.clone(), install.company.clone());
        let of = Holder::Location { location, company };
        let given = match (&stored.tokens, install.way) {
            (Some(tokens), _) => self.opened(stored, tokens, now).await?,
            (None, Some(Way::Company)) => self.by_agency(stored, now).await?,
            (None, _) => return Err(InstallError::Nobodys),
        };
        let missing = granted::missing(&given.scopes);
        let pair = self.pair((&place.tenant, &place.integration), of, &given, now).await?;
        Ok((pair, missing))
    }

    async fn opened(
        &self,
        stored: &StoredInstall,
        tokens: &WaitingTokens,
        now: Timestamp,
    ) -> Result<Given, InstallError> {
        let (platform, vault) = (TenantId::platform(), &self.renewal.vault);
        let scope = self.renewal.store.of(&platform);
        let holder = granted::waits_as(&stored.install.location);
        let access = vault.open(scope, &holder, ACCESS_TOKEN, &tokens.access, now).await?;
        let refresh = match &tokens.refresh {
            Some(sealed) => Some(vault.open(scope, &holder, REFRESH_TOKEN, sealed, now).await?),
            None => None,
        };
        Ok(Given { access, refresh, state: tokens.state.clone(), scopes: tokens.scopes.clone() })
    }

    async fn by_agency(
        &self,
        stored: &StoredInstall,
        now: Timestamp,
    ) -> Result<Given, InstallError> {
        let company = stored.install.company.as_ref().ok_or(InstallError::Nobodys)?;
        let grant = self.renewal.location_grant(company, &stored.install.location, now).await?;
        // A location that goes by way of its agency keeps to it.
        Ok(Given { refresh: None, ..Given::of(&grant, now) })
    }

    /// The integration, its tokens and its location become the tenant's together or not at all.
    async fn connect(
        &self,
        place: &Place,
        stored: &StoredInstall,
        pair: &TokenPair,
        missing: &[String],
        now: Timestamp,
    ) -> Result<(), InstallError> {
        let scope: Scope<'_> = self.renewal.store.of(&place.tenant);
        let next = self.integration(
            place,
            &stored.install.location,
            (missing, stored.wanted.is_some()),
            now,
        );
        let tokens = scope.tokens(&place.integration).await?;
        let transaction = if let Some(row) = &place.before {
            scope.transaction().replace_integration(row, &next)
        } else {
            scope.transaction().add_integration(&next)
        };
        let transaction = transaction.claim_location(&stored.install.location, &next.id);
        let tenant = Tenant { crm: Some(next.id.clone()), ..place.row.body.clone() };
        let entry = entry(place, stored.wanted.as_ref(), &next, now);
        let transaction = transaction
            .set_tokens(tokens.as_ref(), pair)
            .replace_tenant(&place.row, &tenant)
            .audit(&entry)
            .resume(now);
        done(&transaction.commit().await?)?;
        self.reports.offer(&Resumption::job(&place.tenant), now).await;
        Ok(())
    }

    fn integration(
        &self,
        place: &Place,
        location: &LocationId,
        (missing, is_wanted): (&[String], bool),
        now: Timestamp,
    ) -> Integration {
        let before = place.before.as_ref().map(|it| it.body.clone());
        let mut next = before.unwrap_or_else(|| {
            let settings = json!({ "location": location, "provider": self.provider });
            let id = place.integration.clone();
            Integration::new(id, "GoHighLevel", Provider::Ghl, settings, now)
        });
        next.settings["auth"] = Value::from("oauth");
        let fault = (!missing.is_empty()).then(|| Fault {
            code: FaultCode::ConfigSchemaInvalid,
            why: format!("the app was not allowed: {}", missing.join(", ")),
        });
        let is_off = next.status == Status::Disconnected && !is_wanted;
        next.status = match &fault {
            // Somebody at GoHighLevel consents again; what the tenant has switched off stays so.
            _ if is_off => Status::Disconnected,
            Some(_) => Status::Error,
            None => Status::Active,
        };
        next.tested = Some(Tested { at: now, took_ms: 0, fault });
        next
    }
}

fn entry(place: &Place, wanted: Option<&Wanted>, next: &Integration, now: Timestamp) -> AuditEntry {
    let seen = |it: &Integration| serde_json::to_value(it).unwrap_or_default();
    AuditEntry {
        at: now,
        // Somebody at GoHighLevel consented again, on no request of ours.
        who: wanted.map_or_else(|| "ghl:consent".to_owned(), |it| it.who.clone()),
        action: "integration.connect".to_owned(),
        subject: next.id.to_string(),
        request: wanted.map_or_else(|| "consent".to_owned(), |it| it.request.clone()),
        reason: None,
        before: place.before.as_ref().map_or(Value::Null, |it| seen(&it.body)),
        after: seen(next),
    }
}
