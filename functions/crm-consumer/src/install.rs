//! Going on with installations.

use aws::Again;
use domain::ids::{CompanyId, LocationId};
use jiff::Timestamp;

use crate::Deps;

/// Finds the locations of an agency that has consented.
pub(crate) async fn find(deps: &Deps, company: &CompanyId, now: Timestamp) -> Result<(), Again> {
    deps.installing.find_locations(company, now).await.map_err(Again::soon)
}

/// Gives a location to whom it is wanted for.
pub(crate) async fn settle(
    deps: &Deps,
    location: &LocationId,
    now: Timestamp,
) -> Result<(), Again> {
    deps.installing.go_on(location, now).await.map_err(Again::soon)
}
