//! The job that goes on with an installation.

use aws::{StoredInstall, logs::Chain, metrics};
use domain::{allowance::Lane, ids::LocationId};
use jiff::Timestamp;
use tracing::{info, warn};

use super::{A_DAY, InstallError, Installing};

impl Installing {
    /// Goes on with an installation, and sees to it that somebody goes on with it if that comes to
    /// nothing: later, tomorrow, or once an operator has looked at it.
    pub async fn go_on(&self, location: &LocationId, now: Timestamp) -> Result<(), InstallError> {
        let asked = self.renewal.store.install(location).await?.and_then(|row| row.body.due);
        match self.settle(location, Lane::Campaign, now).await {
            Ok(outcome) => {
                info!(%location, "an installation is settled: {outcome}");
                Ok(())
            }
            Err(InstallError::Suspended) => {
                warn!(%location, "a location is not active; its installation goes on tomorrow");
                self.put_off(location, asked, Some(now + A_DAY), &InstallError::Suspended).await
            }
            Err(error) if error.is_final() => {
                metrics::count("InstallsGivenUp");
                warn!(%location, error = %Chain(&error), "a location cannot be given to a tenant");
                self.put_off(location, asked, None, &error).await
            }
            Err(error) => Err(error),
        }
    }

    /// Puts an installation off, or leaves it to an operator; unless somebody has consented anew.
    async fn put_off(
        &self,
        location: &LocationId,
        asked: Option<Timestamp>,
        due: Option<Timestamp>,
        error: &InstallError,
    ) -> Result<(), InstallError> {
        let Some(row) = self.renewal.store.install(location).await? else { return Ok(()) };
        if row.body.due != asked {
            return Ok(());
        }
        let wanted = row.body.wanted.clone().filter(|_| due.is_some());
        let why = Some(Chain(error).to_string());
        self.write(Some(&row), &StoredInstall { wanted, why, due, ..row.body.clone() }).await
    }
}
