//! Going on with installations.

use app::{InstallError, Outcome};
use aws::{Again, StoreError, logs::Chain, metrics};
use domain::ids::{CompanyId, LocationId};
use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};

use crate::Deps;

/// A business that is not active at the CRM is asked about once a day.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// Finds the locations of an agency that has consented.
pub(crate) async fn find(deps: &Deps, company: &CompanyId, now: Timestamp) -> Result<(), Again> {
    match deps.installing.find_locations(company, now).await {
        Ok(()) => Ok(()),
        Err(InstallError::Suspended) => {
            warn!(%company, "an agency is not active; its locations are looked for tomorrow");
            deps.installing.put_off_agency(company, now + A_DAY, now).await.map_err(Again::soon)
        }
        Err(error) if is_final(&error) => {
            metrics::count("InstallsGivenUp");
            warn!(%company, error = %Chain(&error), "an agency's locations cannot be found");
            deps.installing.leave_agency(company, now).await.map_err(Again::soon)
        }
        Err(error) => Err(Again::soon(error)),
    }
}

/// Gives a location to whom it is wanted for.
pub(crate) async fn settle(
    deps: &Deps,
    location: &LocationId,
    now: Timestamp,
) -> Result<(), Again> {
    match deps.installing.settle(location, now).await {
        Ok(outcome) => {
            info!(%location, "an installation is settled: {}", name(&outcome));
            Ok(())
        }
        Err(InstallError::Suspended) => {
            warn!(%location, "a location is not active; its installation goes on tomorrow");
            deps.installing.put_off(location, now + A_DAY).await.map_err(Again::soon)
        }
        Err(error) if is_final(&error) => {
            metrics::count("InstallsGivenUp");
            warn!(%location, error = %Chain(&error), "a location cannot be given to a tenant");
            deps.installing.leave(location).await.map_err(Again::soon)
        }
        Err(error) => Err(Again::soon(error)),
    }
}

fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Connected { .. } => "connected",
        Outcome::Waiting { .. } => "waits for an operator",
        Outcome::Agency { .. } => "an agency's",
        Outcome::ScopesMissing { .. } => "scopes are missing",
        Outcome::Elsewhere => "another tenant's",
        Outcome::Occupied => "the tenant has another location",
    }
}

/// Whether trying again could only get the same answer.
pub(crate) fn is_final(error: &InstallError) -> bool {
    match error {
        InstallError::Nobodys
        | InstallError::AgencyLost
        | InstallError::Store(StoreError::Missing(_)) => true,
        InstallError::Ghl(error) => !error.is_transient(),
        InstallError::Suspended
        | InstallError::NotYet
        | InstallError::Store(_)
        | InstallError::Vault(_)
        | InstallError::Renewal(_)
        | InstallError::Secret(_) => false,
    }
}
