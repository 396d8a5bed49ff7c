//! Asking for a new pair: by the refresh token, by way of the agency, or by the back door.

use aws::{
    TokenPair,
    logs::Chain,
    metrics,
    tokens::{ACCESS_TOKEN, Holder, REFRESH_TOKEN},
};
use domain::{
    allowance::Lane,
    ids::{CompanyId, IntegrationId, LocationId, TenantId},
    token::{Need, Plan},
};
use ghl::{
    Kind,
    oauth::{Agency, App, Grant, InstalledPage, Level, Owner},
};
use jiff::Timestamp;
use secrecy::SecretString;
use tracing::{info, warn};

use super::{Renewal, RenewalError, Renewed};

/// Why there is no new pair.
pub(crate) enum NotGiven {
    /// The location, or its agency, is not active.
    Suspended,
    /// Nothing but a new consent helps.
    Refused,
    /// It may have been given, or may be the next time.
    NoAnswer(ghl::Error),
    /// The agency's own pair is being renewed, or waits to be.
    NotYet {
        until: Timestamp,
    },
    Renewal(RenewalError),
}

impl<E: Into<RenewalError>> From<E> for NotGiven {
    fn from(error: E) -> Self {
        Self::Renewal(error.into())
    }
}

/// An agency as it asks, with a token that was issued then.
struct Asked {
    agency: Agency,
    issued_at: Timestamp,
}

/// What stands for an agency where an integration would stand.
pub fn holder_of(company: &CompanyId) -> IntegrationId {
    IntegrationId::derived(&["company", company.as_str()])
}

impl Renewal {
    pub(super) async fn new_pair(
        &self,
        pair: &TokenPair,
        now: Timestamp,
    ) -> Result<Grant, NotGiven> {
        let marketplace = self.marketplace.as_ref().ok_or(RenewalError::NoApp)?;
        let app = marketplace.app(now).await?;
        match (&pair.refresh, &pair.of) {
            (Some(sealed), of) => {
                let scope = self.store.of(&pair.tenant);
                let token =
                    self.vault.open(scope, &pair.holder, REFRESH_TOKEN, sealed, now).await?;
                self.by_refresh_token(&app, &token, of).await
            }
            (None, Holder::Location { location, company: Some(company) }) => {
                self.location_grant(company, location, Lane::Reply, now).await
            }
            (None, _) => Err(NotGiven::Refused),
        }
    }

    async fn by_refresh_token(
        &self,
        app: &App,
        token: &SecretString,
        of: &Holder,
    ) -> Result<Grant, NotGiven> {
        match self.client.refresh(app, token, level(of)).await {
            Err(error) if error.kind() == Kind::NeedsReconnect => self.by_back_door(app, of).await,
            given => given.map_err(not_given),
        }
    }

    /// While the app is still installed, GoHighLevel has been known to give a new code for a pair
    /// that was lost. Whether it still does is for it to say.
    async fn by_back_door(&self, app: &App, of: &Holder) -> Result<Grant, NotGiven> {
        let code = match self.client.reconnect(app, &owner(of)).await {
            Ok(code) => code,
            Err(error) if error.is_transient() => return Err(NotGiven::NoAnswer(error)),
            Err(_) => return Err(NotGiven::Refused),
        };
        info!("a lost pair of tokens was asked for anew");
        self.client.exchange_code(app, &code, Some(level(of))).await.map_err(not_given)
    }

    /// A location's token, by its agency's.
    pub(crate) async fn location_grant(
        &self,
        company: &CompanyId,
        location: &LocationId,
        lane: Lane,
        now: Timestamp,
    ) -> Result<Grant, NotGiven> {
        let asked = self.agency(company, lane, now).await?;
        match self.client.location_token(&asked.agency, location).await {
            Err(error) => Err(self.not_by_agency(&asked, error, now).await?),
            Ok(grant) => Ok(grant),
        }
    }

    /// The next of an agency's locations, after `skip` of them.
    pub(crate) async fn agency_locations(
        &self,
        company: &CompanyId,
        skip: u32,
        now: Timestamp,
    ) -> Result<InstalledPage, NotGiven> {
        let asked = self.agency(company, Lane::Campaign, now).await?;
        match self.client.installed_locations(&asked.agency, skip).await {
            Err(error) => Err(self.not_by_agency(&asked, error, now).await?),
            Ok(page) => Ok(page),
        }
    }

    /// What it takes to speak for an agency. Its own pair comes first, if it has to be renewed.
    async fn agency(
        &self,
        company: &CompanyId,
        lane: Lane,
        now: Timestamp,
    ) -> Result<Asked, NotGiven> {
        // The time goes on from here, however long the token takes.
        let gate = Some(self.pace.gate((&TenantId::platform(), lane), now));
        let marketplace = self.marketplace.as_ref().ok_or(RenewalError::NoApp)?;
        let app = marketplace.app(now).await?;
        let (token, issued_at) = self.agency_token(company, now).await?;
        let agency = Agency { app, company: company.clone(), token, gate };
        Ok(Asked { agency, issued_at })
    }

    /// Why an agency's call came to nothing. A token of its that is refused is renewed, if that could
    /// help.
    async fn not_by_agency(
        &self,
        asked: &Asked,
        error: ghl::Error,
        now: Timestamp,
    ) -> Result<NotGiven, NotGiven> {
        if error.kind() != Kind::Unauthorized {
            return Ok(not_given(error));
        }
        let (platform, holder) = (TenantId::platform(), holder_of(&asked.agency.company));
        let need = Need::Another { than: asked.issued_at };
        let renewed = self.renew(&platform, &holder, need, now).await?;
        let row = self.store.of(&platform).tokens(&holder).await?.ok_or(NotGiven::Refused)?;
        Ok(match (renewed, row.body.state.plan(need, now)) {
            (Renewed::Lost, _) | (_, Plan::Lost) => NotGiven::Refused,
            (_, Plan::Use | Plan::Refresh) => NotGiven::NotYet { until: now },
            (_, Plan::Wait { until }) => NotGiven::NotYet { until },
            (_, Plan::Suspended { .. }) => NotGiven::Suspended,
            (_, Plan::Rest { until }) => {
                metrics::count("FreshTokensRefused");
                let company = &asked.agency.company;
                warn!(%company, error = %Chain(&error), "an agency's fresh token is refused");
                NotGiven::NotYet { until }
            }
        })
    }

    async fn agency_token(
        &self,
        company: &CompanyId,
        now: Timestamp,
    ) -> Result<(SecretString, Timestamp), NotGiven> {
        let (platform, holder) = (TenantId::platform(), holder_of(company));
        if self.renew(&platform, &holder, Need::Call, now).await? == Renewed::Lost {
            return Err(NotGiven::Refused);
        }
        let row = self.store.of(&platform).tokens(&holder).await?.ok_or(NotGiven::Refused)?;
        match row.body.state.plan(Need::Call, now) {
            Plan::Use => {
                let (scope, sealed) = (self.store.of(&platform), &row.body.access);
                let token = self.vault.open(scope, &holder, ACCESS_TOKEN, sealed, now).await?;
                Ok((token, row.body.state.issued_at))
            }
            Plan::Suspended { .. } => Err(NotGiven::Suspended),
            Plan::Lost => Err(NotGiven::Refused),
            Plan::Wait { until } | Plan::Rest { until } => Err(NotGiven::NotYet { until }),
            Plan::Refresh => Err(NotGiven::NotYet { until: now }),
        }
    }
}

fn not_given(error: ghl::Error) -> NotGiven {
    match error.kind() {
        Kind::Suspended => NotGiven::Suspended,
        Kind::NeedsReconnect | Kind::CodeNotAccepted => NotGiven::Refused,
        _ => NotGiven::NoAnswer(error),
    }
}

fn level(of: &Holder) -> Level {
    match of {
        Holder::Company { .. } => Level::Company,
        Holder::Location { .. } => Level::Location,
    }
}

fn owner(of: &Holder) -> Owner {
    match of {
        Holder::Company { company, .. } => Owner::Company(company.clone()),
        Holder::Location { location, .. } => Owner::Location(location.clone()),
    }
}
