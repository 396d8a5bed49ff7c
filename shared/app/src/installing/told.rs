//! What the other side says of the app beside a consent.

use aws::{Asked, StoredInstall, TokenPair, tokens::Holder};
use domain::{
    hidden::Hidden,
    ids::{CompanyId, LocationId},
    install::{Install, Standing, Told, Way},
    token::{Happening, Stage},
};
use jiff::Timestamp;

use super::{InstallError, Installing, PAGE};

impl Installing {
    /// The app was put into a location, by a person whose consent comes on its own, or by an agency
    /// that has consented for all locations that it adds.
    pub async fn announced(
        &self,
        location: &LocationId,
        company: Option<&CompanyId>,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<(), InstallError> {
        let told = Told::Announced { at, company: company.cloned() };
        let stored = self.tell(location, told, None, None, now).await?;
        if stored.install.standing() != Standing::Announced {
            return Ok(());
        }
        match company.or(stored.install.company.as_ref()) {
            Some(company) if self.wants_all(company).await? => {
                self.found(company, location, None, now).await
            }
            Some(_) => Ok(()),
            // Of a location that an agency adds, GoHighLevel may not say whose it is.
            None => self.look_again(now).await,
        }
    }

    async fn wants_all(&self, company: &CompanyId) -> Result<bool, InstallError> {
        let of = self.agency_row(company).await?.map(|it| it.body.of);
        Ok(matches!(of, Some(Holder::Company { future_locations: true, .. })))
    }

    /// The app was taken from an agency: its tokens open nothing any more, and so do those of the
    /// locations that go by way of it.
    pub async fn agency_left(
        &self,
        company: &CompanyId,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<(), InstallError> {
        let Some(row) = self.agency_row(company).await? else { return Ok(()) };
        if row.body.is_granted_since(at) {
            return Ok(()); // Somebody has consented since.
        }
        let next = TokenPair { due: None, ..row.body.after(Happening::Refused, now) };
        self.write_agency(&row, &next, now).await?;
        self.locations_left(company, at, now).await
    }

    async fn locations_left(
        &self,
        company: &CompanyId,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<(), InstallError> {
        let mut after = None;
        loop {
            let page = self.renewal.store.installs(Asked::oldest(PAGE).after(after)).await?;
            let theirs =
                |it: &Install| it.company.as_ref() == Some(company) && it.way == Some(Way::Company);
            for stored in page.items.iter().filter(|it| theirs(&it.install)) {
                // Who comes back for the rest does not begin anew.
                if self.is_stopped(&stored.install, at).await? {
                    continue;
                }
                self.uninstalled(&stored.install.location, at, now).await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Whether a location was told of it, and what it worked with is gone.
    async fn is_stopped(&self, install: &Install, at: Timestamp) -> Result<bool, InstallError> {
        let Some(attached) =
            install.attached.as_ref().filter(|_| install.uninstalled_at >= Some(at))
        else {
            return Ok(install.uninstalled_at >= Some(at));
        };
        let pair = self.renewal.store.of(&attached.tenant).tokens(&attached.integration).await?;
        Ok(pair.is_none_or(|it| matches!(it.body.state.stage, Stage::Lost { .. })))
    }

    /// A location is called something else. Whether we know it.
    pub async fn renamed(
        &self,
        location: &LocationId,
        name: &Hidden,
        at: Timestamp,
    ) -> Result<bool, InstallError> {
        let Some(row) = self.renewal.store.install(location).await? else { return Ok(false) };
        let install = row.body.install.clone().named(name.as_str(), at);
        self.write(Some(&row), &StoredInstall { install, ..row.body.clone() }).await?;
        Ok(true)
    }
}
