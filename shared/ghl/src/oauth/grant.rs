//! What the token endpoints say.

use std::fmt;

use domain::ids::{CompanyId, CrmUserId, LocationId};
use egress::Answer;
use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::Value;

use super::Level;
use crate::{Error, client::Task, fields::Fields};

/// An access token, what it is good for, and what it can be renewed with.
#[derive(Clone)]
pub struct Grant {
    pub access_token: SecretString,
    pub expires_in: SignedDuration,
    /// The old one is used up. A location's token that was had by its agency's may have none.
    pub refresh_token: Option<SecretString>,
    pub scopes: Vec<String>,
    pub level: Level,
    pub company: Option<CompanyId>,
    pub location: Option<LocationId>,
    /// Which of an agency's locations may be spoken for.
    pub approved_locations: Vec<LocationId>,
    /// The agency installed for several locations at once.
    pub is_bulk: bool,
    /// All of the agency's locations are approved.
    pub approves_all: bool,
    pub includes_future_locations: bool,
    /// Who installed.
    pub user: Option<CrmUserId>,
    pub plan: Option<String>,
}

/// As documented. It is what a token lasts for that does not say.
const DAY: SignedDuration = SignedDuration::from_secs(86_399);

/// Longer than anything documented, and short enough to be added to any date.
const LONGEST: u64 = 366 * 24 * 60 * 60;

impl Grant {
    /// `asked_for` counts where the answer does not say whom the token is for.
    pub(super) fn read(
        task: Task,
        answer: &Answer,
        asked_for: Option<Level>,
    ) -> Result<Self, Error> {
        let body: Value = task.read(answer)?;
        Self::of(Fields::of(&body), asked_for).ok_or_else(|| Error::unreadable(task, answer))
    }

    fn of(fields: Fields<'_>, asked_for: Option<Level>) -> Option<Self> {
        let location = fields.get("locationId");
        let shown = if location.is_some() { Level::Location } else { Level::Company };
        let scope: String = fields.text("scope").unwrap_or_default();
        Some(Self {
            access_token: fields.text("access_token")?,
            expires_in: lifetime(fields),
            refresh_token: fields.text("refresh_token"),
            scopes: scope.split_whitespace().map(str::to_owned).collect(),
            level: fields
                .get::<&str>("userType")
                .and_then(Level::read)
                .or(asked_for)
                .unwrap_or(shown),
            company: fields.get("companyId"),
            location,
            approved_locations: fields.all("approvedLocations"),
            is_bulk: fields.flag("isBulkInstallation"),
            approves_all: fields.flag("approveAllLocations"),
            includes_future_locations: fields.flag("installToFutureLocations"),
            user: fields.get("userId"),
            plan: fields.text("planId"),
        })
    }

    /// The grant, if it is this location's, with what the answer did not say of it.
    pub(super) fn of_location(self, company: &CompanyId, location: &LocationId) -> Option<Self> {
        if self.location.as_ref().is_some_and(|it| it != location) {
            return None;
        }
        let company = self.company.or_else(|| Some(company.clone()));
        Some(Self { company, location: Some(location.clone()), ..self })
    }
}

fn lifetime(fields: Fields<'_>) -> SignedDuration {
    fields
        .number("expires_in")
        .and_then(|seconds| i64::try_from(seconds.min(LONGEST)).ok())
        .map_or(DAY, SignedDuration::from_secs)
}

/// Shows whose it is, not what opens the door.
impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("level", &self.level)
            .field("company", &self.company)
            .field("location", &self.location)
            .field("expires_in", &self.expires_in)
            .field("can_be_refreshed", &self.refresh_token.is_some())
            .field("approved_locations", &self.approved_locations.len())
            .finish_non_exhaustive()
    }
}
