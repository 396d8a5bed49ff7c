//! An agency's locations, of which it may have thousands.

use aws::{Asked, Row, StoreError, StoredInstall, TokenPair, logs::Chain, metrics, tokens::Holder};
use domain::{
    ids::{CompanyId, LocationId, TenantId},
    install::{Standing, Told, Way},
    token::Stage,
};
use jiff::Timestamp;
use tracing::{info, warn};

use super::{
    A_DAY, InstallError, Installing, PAGE,
    granted::{TRIES, next},
};
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
        match self.look(company, asked.body.looked_at, now).await {
            Ok(next) => self.looked(&asked.body, next, now).await,
            Err(InstallError::Suspended) => {
                warn!(%company, "an agency is not active; its locations are looked for tomorrow");
                let tomorrow = (asked.body.looked_at, now + A_DAY);
                self.looked(&asked.body, Some(tomorrow), now).await
            }
            Err(error) if error.is_final() => {
                metrics::count("InstallsGivenUp");
                warn!(%company, error = %Chain(&error), "an agency's locations cannot be found");
                self.looked(&asked.body, None, now).await
            }
            Err(error) => Err(error),
        }
    }

    /// Looks at one page of locations, and says where the next one begins and when.
    async fn look(
        &self,
        company: &CompanyId,
        skip: u32,
        now: Timestamp,
    ) -> Result<Option<(u32, Timestamp)>, InstallError> {
        let page = self.renewal.agency_locations(company, skip, now).await?;
        for location in page.locations.iter().filter(|it| it.is_installed) {
            self.found(company, &location.id, location.name.as_deref(), now).await?;
        }
        info!(%company, "looked at {} locations of an agency", page.locations.len());
        Ok(page.next.map(|next| (next, now)))
    }

    /// Writes down where to go on looking. The pair may have been renewed on the way; and if somebody
    /// has consented anew, their locations are looked for from the first one on.
    async fn looked(
        &self,
        asked: &TokenPair,
        next: Option<(u32, Timestamp)>,
        now: Timestamp,
    ) -> Result<(), InstallError> {
        let scope = self.renewal.store.of(&asked.tenant);
        let Some(row) = scope.tokens(&asked.holder).await? else { return Ok(()) };
        if (row.body.due, row.body.looked_at) != (asked.due, asked.looked_at) {
            return Ok(());
        }
        let (looked_at, due) = next.map_or((0, None), |(skip, due)| (skip, Some(due)));
        let next = TokenPair { looked_at, due, ..row.body.clone() };
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
            self.renewal.jobs.offer(&job, now).await;
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

    pub(super) async fn found(
        &self,
        company: &CompanyId,
        location: &LocationId,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<(), InstallError> {
        let told = Told::Granted { at: now, company: Some(company.clone()), way: Way::Company };
        for _ in 0..TRIES {
            let row = self.renewal.store.install(location).await?;
            let stored = row.as_ref().map(|it| &it.body);
            if self.works(stored).await? {
                return Ok(());
            }
            let next = match stored.filter(|it| is_under_way(it, company)) {
                Some(stored) => stored.clone(),
                None => next(row.as_ref(), location, &told, (None, None), now),
            };
            let install = match name {
                Some(name) => next.install.clone().named(name, now),
                None => next.install.clone(),
            };
            let next = StoredInstall { install, ..next };
            match self.write(row.as_ref(), &next).await {
                Err(InstallError::Store(StoreError::Conflict)) => {}
                Err(error) => return Err(error),
                Ok(()) => {
                    self.renewal.jobs.offer(&next.job(), now).await;
                    return Ok(());
                }
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Whether a tenant works with the location, with tokens that are not lost. They are left alone.
    async fn works(&self, stored: Option<&StoredInstall>) -> Result<bool, InstallError> {
        let Some(install) = stored.map(|it| &it.install) else { return Ok(false) };
        let (Standing::Connected, Some(attached)) = (install.standing(), &install.attached) else {
            return Ok(false);
        };
        let scope = self.renewal.store.of(&attached.tenant);
        let pair = scope.tokens(&attached.integration).await?;
        Ok(pair.is_some_and(|it| !matches!(it.body.state.stage, Stage::Lost { .. })))
    }
}

/// Whether somebody has told of the same consent, and goes on with it.
fn is_under_way(stored: &StoredInstall, company: &CompanyId) -> bool {
    let install = &stored.install;
    stored.due.is_some()
        && stored.tokens.is_none()
        && install.way == Some(Way::Company)
        && install.company.as_ref() == Some(company)
}
