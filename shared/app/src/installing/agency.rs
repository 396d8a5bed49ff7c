//! An agency's locations, of which it may have hundreds.

use aws::{Asked, StoreError, TokenPair, tokens::Holder};
use domain::{
    ids::{CompanyId, LocationId, TenantId},
    install::{Standing, Told, Way},
    token::Stage,
};
use ghl::oauth::InstalledPage;
use jiff::Timestamp;
use tracing::info;

use super::{InstallError, Installing};
use crate::{RenewalError, renewal::holder_of};

const PAGE: i32 = 100;

impl Installing {
    /// Tells each location of an agency, in which our app is, that the agency has consented. Those
    /// that are somebody's already work again.
    pub async fn find_locations(
        &self,
        company: &CompanyId,
        now: Timestamp,
    ) -> Result<(), InstallError> {
        let (platform, holder) = (TenantId::platform(), holder_of(company));
        let scope = self.renewal.store.of(&platform);
        let Some(row) = scope.tokens(&holder).await? else { return Ok(()) };
        if row.body.due.is_none() {
            return Ok(());
        }
        let mut skip = Some(0);
        let mut found = 0;
        while let Some(from) = skip {
            let page = self.page(company, from, now).await?;
            for location in page.locations.iter().filter(|it| it.is_installed) {
                self.found(company, &location.id, location.name.as_deref(), now).await?;
                found += 1;
            }
            skip = page.next;
        }
        info!("an agency has the app in {found} locations");
        // Its pair may have been renewed on the way.
        let row = scope.tokens(&holder).await?.ok_or(StoreError::Missing("token pair"))?;
        let next = TokenPair { due: None, ..row.body.clone() };
        Ok(scope.replace_tokens(&row, &next).await?)
    }

    /// Looks for an agency's locations no more, until somebody consents again.
    pub async fn leave_agency(&self, company: &CompanyId) -> Result<(), InstallError> {
        let (platform, holder) = (TenantId::platform(), holder_of(company));
        let scope = self.renewal.store.of(&platform);
        let Some(row) = scope.tokens(&holder).await? else { return Ok(()) };
        let next = TokenPair { due: None, ..row.body.clone() };
        Ok(scope.replace_tokens(&row, &next).await?)
    }

    /// Has the locations looked for of every agency that wants the app in those that it adds. There is
    /// a location of one of them, and nobody says of which.
    pub(super) async fn look_again(&self, now: Timestamp) -> Result<(), InstallError> {
        let mut after = None;
        loop {
            let asked = Asked::oldest(PAGE).after(after);
            let page = self.renewal.store.tokens_by_due(asked).await?;
            for pair in page.items {
                if matches!(pair.of, Holder::Company { future_locations: true, .. }) {
                    self.look_at(&pair, now).await?;
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn look_at(&self, pair: &TokenPair, now: Timestamp) -> Result<(), InstallError> {
        let scope = self.renewal.store.of(&pair.tenant);
        let Some(row) = scope.tokens(&pair.holder).await? else { return Ok(()) };
        let next = TokenPair { due: Some(now), ..row.body.clone() };
        scope.replace_tokens(&row, &next).await?;
        if let Some(job) = next.job() {
            self.renewal.minders.offer(&job, now).await;
        }
        Ok(())
    }

    async fn page(
        &self,
        company: &CompanyId,
        skip: u32,
        now: Timestamp,
    ) -> Result<InstalledPage, InstallError> {
        let marketplace = self.renewal.marketplace.as_ref().ok_or(RenewalError::NoApp)?;
        let app = marketplace.app(now).await?;
        let token = self.renewal.agency_token(company, now).await?;
        Ok(self.renewal.client.installed_locations(&app, &token, company, skip).await?)
    }

    pub(super) async fn found(
        &self,
        company: &CompanyId,
        location: &LocationId,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<(), InstallError> {
        if self.works(location).await? {
            return Ok(());
        }
        let told = Told::Granted { at: now, company: Some(company.clone()), way: Way::Company };
        let stored = self.tell(location, told, None, None, now).await?;
        if name.is_some() && stored.install.name.as_deref() != name {
            self.name(location, name).await?;
        }
        self.renewal.minders.offer(&stored.job(), now).await;
        Ok(())
    }

    /// Whether a tenant works with the location, with tokens that are not lost. They are left alone.
    async fn works(&self, location: &LocationId) -> Result<bool, InstallError> {
        let Some(row) = self.renewal.store.install(location).await? else { return Ok(false) };
        let install = &row.body.install;
        let (Standing::Connected, Some(attached)) = (install.standing(), &install.attached) else {
            return Ok(false);
        };
        let scope = self.renewal.store.of(&attached.tenant);
        let pair = scope.tokens(&attached.integration).await?;
        Ok(pair.is_some_and(|it| !matches!(it.body.state.stage, Stage::Lost { .. })))
    }

    pub(super) async fn name(
        &self,
        location: &LocationId,
        name: Option<&str>,
    ) -> Result<(), InstallError> {
        let Some(row) = self.renewal.store.install(location).await? else { return Ok(()) };
        let mut next = row.body.clone();
        next.install.name = name.map(str::to_owned);
        self.write(Some(&row), &next).await
    }
}
