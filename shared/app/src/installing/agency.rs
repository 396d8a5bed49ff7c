//! An agency's locations, of which it may have hundreds.

use aws::{Asked, Row, StoreError, TokenPair, tokens::Holder};
use domain::{
    allowance::Lane,
    ids::{CompanyId, LocationId, TenantId},
    install::{Standing, Told, Way},
    token::Stage,
};
use ghl::oauth::InstalledPage;
use jiff::Timestamp;
use tracing::info;

use super::{InstallError, Installing, PAGE};
use crate::renewal::holder_of;

impl Installing {
    /// Tells the next locations of an agency, in which our app is, that the agency has consented.
    /// Those that are somebody's already work again. Where there are more they are another job's,
    /// for an agency may have thousands.
    pub async fn find_locations(
        &self,
        company: &CompanyId,
        now: Timestamp,
    ) -> Result<(), InstallError> {
        let Some(asked) = self.agency_row(company).await? else { return Ok(()) };
        if asked.body.due.is_none() {
            return Ok(());
        }
        let page = self.page(company, asked.body.looked_at, now).await?;
        for location in page.locations.iter().filter(|it| it.is_installed) {
            self.found(company, &location.id, location.name.as_deref(), now).await?;
        }
        info!(%company, "looked at {} locations of an agency", page.locations.len());
        // Its pair may have been renewed on the way, or somebody has consented anew.
        let Some(row) = self.agency_row(company).await? else { return Ok(()) };
        if (row.body.due, row.body.looked_at) != (asked.body.due, asked.body.looked_at) {
            return Ok(());
        }
        let next = match page.next {
            Some(looked_at) => TokenPair { looked_at, due: Some(now), ..row.body.clone() },
            None => TokenPair { looked_at: 0, due: None, ..row.body.clone() },
        };
        self.write_agency(&row, &next, now).await
    }

    /// Looks for an agency's locations no more, until somebody consents again.
    pub async fn leave_agency(
        &self,
        company: &CompanyId,
        now: Timestamp,
    ) -> Result<(), InstallError> {
        let Some(row) = self.agency_row(company).await? else { return Ok(()) };
        let next = TokenPair { due: None, ..row.body.clone() };
        self.write_agency(&row, &next, now).await
    }

    /// Looks for an agency's locations again at `until`: it says nothing before.
    pub async fn put_off_agency(
        &self,
        company: &CompanyId,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), InstallError> {
        let Some(row) = self.agency_row(company).await? else { return Ok(()) };
        let next = TokenPair { due: Some(until), ..row.body.clone() };
        self.write_agency(&row, &next, now).await
    }

    pub(super) async fn agency_row(
        &self,
        company: &CompanyId,
    ) -> Result<Option<Row<TokenPair>>, StoreError> {
        self.renewal.store.of(&TenantId::platform()).tokens(&holder_of(company)).await
    }

    /// Writes down how far it is with an agency, and has somebody go on.
    pub(super) async fn write_agency(
        &self,
        row: &Row<TokenPair>,
        next: &TokenPair,
        now: Timestamp,
    ) -> Result<(), InstallError> {
        self.renewal.store.of(&row.body.tenant).replace_tokens(row, next).await?;
        if next.due.is_some_and(|due| due <= now)
            && let Some(job) = next.job()
        {
            self.renewal.minders.offer(&job, now).await;
        }
        Ok(())
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
        self.write_agency(&row, &row.body.to_be_looked_at(now), now).await
    }

    async fn page(
        &self,
        company: &CompanyId,
        skip: u32,
        now: Timestamp,
    ) -> Result<InstalledPage, InstallError> {
        let agency = self.renewal.agency(company, Lane::Campaign, now).await?;
        Ok(self.renewal.client.installed_locations(&agency, skip).await?)
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
