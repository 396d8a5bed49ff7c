//! Asking for a new pair: by the refresh token, by way of the agency, or by the back door.

use aws::{
    TokenPair,
    tokens::{Holder, REFRESH_TOKEN},
};
use domain::{
    allowance::Lane,
    ids::{CompanyId, IntegrationId, LocationId, TenantId},
    token::{Need, Plan},
};
use ghl::{
    Kind,
    oauth::{Agency, App, Grant, Level, Owner},
};
use jiff::Timestamp;
use secrecy::SecretString;
use tracing::info;

use super::{Renewal, RenewalError, Renewed};

/// Why there is no new pair.
pub(crate) enum NotGiven {
    /// The location, or its agency, is not active.
    Suspended,
    /// Nothing but a new consent helps.
    Refused,
    /// It may have been given, or may be the next time.
    NoAnswer(ghl::Error),
    /// The agency's own pair is being renewed just now.
    NotYet,
    Renewal(RenewalError),
}

impl<E: Into<RenewalError>> From<E> for NotGiven {
    fn from(error: E) -> Self {
        Self::Renewal(error.into())
    }
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

    /// A location's token, by its agency's. An agency's own pair comes first, if it has to be
    /// renewed as well.
    pub(crate) async fn location_grant(
        &self,
        company: &CompanyId,
        location: &LocationId,
        lane: Lane,
        now: Timestamp,
    ) -> Result<Grant, NotGiven> {
        let agency = self.agency(company, lane, now).await?;
        match self.client.location_token(&agency, location).await {
            Err(error) if error.kind() == Kind::Unauthorized => {
                Err(self.agency_refused(company, error, now).await?)
            }
            given => given.map_err(not_given),
        }
    }

    /// What it takes to speak for an agency.
    pub(crate) async fn agency(
        &self,
        company: &CompanyId,
        lane: Lane,
        now: Timestamp,
    ) -> Result<Agency, NotGiven> {
        let marketplace = self.marketplace.as_ref().ok_or(RenewalError::NoApp)?;
        let app = marketplace.app(now).await?;
        let token = self.agency_token(company, now).await?;
        let gate = self.pace.gate((&TenantId::platform(), lane), now);
        Ok(Agency { app, company: company.clone(), token, gate: Some(gate) })
    }

    /// An agency's token is refused. Another is made, if that could help.
    async fn agency_refused(
        &self,
        company: &CompanyId,
        error: ghl::Error,
        now: Timestamp,
    ) -> Result<NotGiven, NotGiven> {
        let (platform, holder) = (TenantId::platform(), holder_of(company));
        let row = self.store.of(&platform).tokens(&holder).await?.ok_or(NotGiven::Refused)?;
        let need = Need::Another { than: row.body.state.issued_at };
        Ok(match self.renew(&platform, &holder, need, now).await? {
            Renewed::Done | Renewed::Later { .. } => NotGiven::NotYet,
            Renewed::Lost => NotGiven::Refused,
            Renewed::NotNeeded => NotGiven::NoAnswer(error),
        })
    }

    async fn agency_token(
        &self,
        company: &CompanyId,
        now: Timestamp,
    ) -> Result<SecretString, NotGiven> {
        let (platform, holder) = (TenantId::platform(), holder_of(company));
        if self.renew(&platform, &holder, Need::Call, now).await? == Renewed::Lost {
            return Err(NotGiven::Refused);
        }
        let row = self.store.of(&platform).tokens(&holder).await?.ok_or(NotGiven::Refused)?;
        match row.body.state.plan(Need::Call, now) {
            Plan::Use => {
                let (scope, sealed) = (self.store.of(&platform), &row.body.access);
                let name = aws::tokens::ACCESS_TOKEN;
                Ok(self.vault.open(scope, &holder, name, sealed, now).await?)
            }
            Plan::Suspended { .. } => Err(NotGiven::Suspended),
            Plan::Lost => Err(NotGiven::Refused),
            Plan::Refresh | Plan::Wait { .. } | Plan::Rest { .. } => Err(NotGiven::NotYet),
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
