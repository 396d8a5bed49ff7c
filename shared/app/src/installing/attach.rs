//! Giving a location to a tenant.

use aws::{
    Row, Scope, StoreError, StoredInstall, TokenPair, WaitingTokens, Wanted,
    tokens::{ACCESS_TOKEN, Holder, REFRESH_TOKEN},
};
use domain::{
    allowance::Lane,
    audit::AuditEntry,
    ids::{IntegrationId, LocationId, TenantId},
    install::{Attached, Install, Standing, Way},
    integration::{Integration, Provider, Status, Tested},
    resumption::Resumption,
    tenant::{Tenant, TenantState},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    InstallError, Installing, Outcome, done,
    granted::{Given, waits_as},
    scopes::not_allowed,
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
    /// Settles an installation as far as that goes.
    pub async fn settle(
        &self,
        location: &LocationId,
        lane: Lane,
        now: Timestamp,
    ) -> Result<Outcome, InstallError> {
        let waiting = || Outcome::Waiting { location: location.clone() };
        let Some(row) = self.renewal.store.install(location).await? else { return Ok(waiting()) };
        let again = row.body.install.is_reinstalled();
        if row.body.due.is_none() {
            return self.settled(&row.body.install).await;
        }
        if row.body.install.standing() == Standing::Uninstalled {
            return self.left(row, waiting()).await;
        }
        let place = match self.place(&row.body).await? {
            Ok(Some(place)) => place,
            Ok(None) => return self.left(row, waiting()).await,
            Err(refused) => return self.left(row, refused).await,
        };
        let pair = self.pair_for(&place, &row.body, lane, now).await?;
        let missing = pair.missing.clone();
        let kept = !missing.is_empty() && self.works_as_it_is(&place).await?;
        let next = attached(&place, &row.body, now);
        if kept {
            self.write(Some(&row), &next).await?;
        } else {
            self.connect(&place, (&row, &next), &pair, now).await?;
        }
        let location = location.clone();
        Ok(if missing.is_empty() {
            Outcome::Connected { location, brand: place.row.body.brand, again }
        } else {
            Outcome::ScopesMissing { location, missing, kept }
        })
    }

    /// What came of an installation that somebody else has settled.
    async fn settled(&self, install: &Install) -> Result<Outcome, InstallError> {
        let (location, again) = (install.location.clone(), install.is_reinstalled());
        let (Some(attached), Standing::Connected) = (&install.attached, install.standing()) else {
            return Ok(Outcome::Waiting { location });
        };
        let scope = self.renewal.store.of(&attached.tenant);
        let pair = scope.tokens(&attached.integration).await?;
        let missing = pair.map(|it| it.body.missing).unwrap_or_default();
        if !missing.is_empty() {
            return Ok(Outcome::ScopesMissing { location, missing, kept: false });
        }
        Ok(Outcome::Connected { location, brand: scope.tenant().await?.brand, again })
    }

    /// Nothing can be done about it but what an operator does.
    async fn left(
        &self,
        row: Row<StoredInstall>,
        outcome: Outcome,
    ) -> Result<Outcome, InstallError> {
        let why = match &outcome {
            Outcome::Elsewhere | Outcome::Occupied => Some(outcome.to_string()),
            _ => row.body.why.clone(),
        };
        let next = StoredInstall { wanted: None, why, due: None, ..row.body.clone() };
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

    /// The tenant's own pair.
    async fn pair_for(
        &self,
        place: &Place,
        stored: &StoredInstall,
        lane: Lane,
        now: Timestamp,
    ) -> Result<TokenPair, InstallError> {
        let install = &stored.install;
        let (location, company) = (install.location.clone(), install.company.clone());
        let of = Holder::Location { location, company };
        let given = match (&stored.tokens, install.way) {
            (Some(tokens), _) => self.opened(stored, tokens, now).await?,
            (None, Some(Way::Company)) => self.by_agency(stored, lane, now).await?,
            (None, _) => return Err(InstallError::Nobodys),
        };
        self.pair((&place.tenant, &place.integration), of, &given, now).await
    }

    /// Whether the tenant works with tokens that are good for all that is needed. They are not given
    /// up for tokens that are not.
    async fn works_as_it_is(&self, place: &Place) -> Result<bool, StoreError> {
        let Some(before) = &place.before else { return Ok(false) };
        let row = self.renewal.store.of(&place.tenant).tokens(&place.integration).await?;
        let is_whole = row.is_none_or(|it| it.body.missing.is_empty());
        Ok(before.body.status == Status::Active && is_whole)
    }

    async fn opened(
        &self,
        stored: &StoredInstall,
        tokens: &WaitingTokens,
        now: Timestamp,
    ) -> Result<Given, InstallError> {
        let (platform, vault) = (TenantId::platform(), &self.renewal.vault);
        let scope = self.renewal.store.of(&platform);
        let holder = waits_as(&stored.install.location);
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
        lane: Lane,
        now: Timestamp,
    ) -> Result<Given, InstallError> {
        let company = stored.install.company.as_ref().ok_or(InstallError::Nobodys)?;
        let location = &stored.install.location;
        let grant = self.renewal.location_grant(company, location, lane, now).await?;
        // A location that goes by way of its agency keeps to it.
        Ok(Given { refresh: None, ..Given::of(&grant, now) })
    }

    /// The integration, its tokens and its location become the tenant's together or not at all, and
    /// only while the installation is what it was.
    async fn connect(
        &self,
        place: &Place,
        (row, attached): (&Row<StoredInstall>, &StoredInstall),
        pair: &TokenPair,
        now: Timestamp,
    ) -> Result<(), InstallError> {
        let scope: Scope<'_> = self.renewal.store.of(&place.tenant);
        let next = self.integration(place, &row.body, &pair.missing, now);
        let tokens = scope.tokens(&place.integration).await?;
        let transaction = if let Some(row) = &place.before {
            scope.transaction().replace_integration(row, &next)
        } else {
            scope.transaction().add_integration(&next)
        };
        let tenant = Tenant { crm: Some(next.id.clone()), ..place.row.body.clone() };
        let entry = entry(place, row.body.wanted.as_ref(), &next, now);
        let transaction = transaction
            .claim_location(&row.body.install.location, &next.id)
            .set_install(Some(row), attached)
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
        stored: &StoredInstall,
        missing: &[String],
        now: Timestamp,
    ) -> Integration {
        let before = place.before.as_ref().map(|it| it.body.clone());
        let mut next = before.unwrap_or_else(|| {
            let location = &stored.install.location;
            let settings = json!({ "location": location, "provider": self.provider });
            let id = place.integration.clone();
            Integration::new(id, "GoHighLevel", Provider::Ghl, settings, now)
        });
        next.settings["auth"] = Value::from("oauth");
        let fault = not_allowed(missing);
        let is_off = next.status == Status::Disconnected && stored.wanted.is_none();
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

/// An installation that is a tenant's, with nothing left to do.
fn attached(place: &Place, stored: &StoredInstall, now: Timestamp) -> StoredInstall {
    let (tenant, integration) = (place.tenant.clone(), place.integration.clone());
    StoredInstall::new(stored.install.clone().connected(Attached { tenant, integration }, now))
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
