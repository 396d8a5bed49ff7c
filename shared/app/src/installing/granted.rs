//! Taking a grant in.

use aws::{
    Commit, Row, StoreError, StoredInstall, TokenPair, WaitingTokens, Wanted,
    tokens::{ACCESS_TOKEN, Holder, REFRESH_TOKEN},
};
use domain::{
    allowance::Lane,
    ids::{CompanyId, IntegrationId, LocationId, TenantId},
    install::{Install, Standing, Told, Way},
    token::TokenState,
};
use ghl::oauth::{AuthorizationCode, Grant, Level};
use jiff::Timestamp;
use secrecy::SecretString;

use super::{InstallError, Installing, Outcome, scopes::missing};
use crate::{RenewalError, renewal::holder_of};

/// How often an installation is read again that somebody else has written.
pub(super) const TRIES: u32 = 5;

/// An agency's locations that are told of its consent while somebody waits.
const AT_ONCE: usize = 50;

impl Installing {
    /// Exchanges a code, and goes on as far as it gets. `wanted` is who sent the person for it.
    pub async fn consented(
        &self,
        code: &AuthorizationCode,
        wanted: Option<Wanted>,
        now: Timestamp,
    ) -> Result<Outcome, InstallError> {
        let marketplace = self.renewal.marketplace.as_ref().ok_or(RenewalError::NoApp)?;
        let app = marketplace.app(now).await?;
        let grant = self.renewal.client.exchange_code(&app, code, None).await?;
        match grant.level {
            Level::Location => self.location(grant, wanted, now).await,
            Level::Company => self.agency(grant, wanted, now).await,
        }
    }

    async fn location(
        &self,
        grant: Grant,
        wanted: Option<Wanted>,
        now: Timestamp,
    ) -> Result<Outcome, InstallError> {
        let location = grant.location.clone().ok_or(InstallError::Nobodys)?;
        let tokens = self.waiting(&location, &grant, now).await?;
        let told = Told::Granted { at: now, company: grant.company, way: Way::Location };
        self.tell(&location, told, Some(tokens), wanted, now).await?;
        self.settle_now(&location, now).await
    }

    /// Settles it while a person waits. A job may be at it as well.
    async fn settle_now(
        &self,
        location: &LocationId,
        now: Timestamp,
    ) -> Result<Outcome, InstallError> {
        for _ in 0..TRIES {
            match self.settle(location, Lane::Reply, now).await {
                Err(InstallError::Store(StoreError::Conflict)) => {}
                settled => return settled,
            }
        }
        Err(StoreError::Conflict.into())
    }

    async fn agency(
        &self,
        grant: Grant,
        wanted: Option<Wanted>,
        now: Timestamp,
    ) -> Result<Outcome, InstallError> {
        let company = grant.company.clone().ok_or(InstallError::Nobodys)?;
        let told = Told::Granted { at: now, company: Some(company.clone()), way: Way::Company };
        if let [location] = &grant.approved_locations[..] {
            self.store_agency(&company, &grant, Some((location, &told, wanted)), now).await?;
            return self.settle_now(location, now).await;
        }
        self.store_agency(&company, &grant, None, now).await?;
        // The rest of a large agency's are found page by page.
        for location in grant.approved_locations.iter().take(AT_ONCE) {
            self.tell(location, told.clone(), None, None, now).await?;
        }
        Ok(Outcome::Agency { locations: grant.approved_locations.len() })
    }

    /// Stores an agency's pair. Where it is for one location, for whom that is wanted is stored with
    /// it: a code is good once.
    async fn store_agency(
        &self,
        company: &CompanyId,
        grant: &Grant,
        only: Option<(&LocationId, &Told, Option<Wanted>)>,
        now: Timestamp,
    ) -> Result<(), InstallError> {
        let (platform, holder) = (TenantId::platform(), holder_of(company));
        let future_locations = grant.includes_future_locations;
        let of = Holder::Company { company: company.clone(), future_locations };
        let pair = self.pair((&platform, &holder), of, &Given::of(grant, now), now).await?;
        let pair = pair.to_be_looked_at(now);
        for _ in 0..TRIES {
            let row = self.agency_row(company).await?;
            let scope = self.renewal.store.of(&platform);
            let mut transaction = scope.transaction().set_tokens(row.as_ref(), &pair);
            if let Some((location, told, wanted)) = &only {
                let install = self.renewal.store.install(location).await?;
                let next = next(install.as_ref(), location, told, (None, wanted.as_ref()), now);
                transaction = transaction.set_install(install.as_ref(), &next);
            }
            if let Commit::Done = transaction.commit().await? {
                if let Some(job) = pair.job() {
                    self.renewal.jobs.offer(&job, now).await;
                }
                return Ok(());
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// A pair as it was given, sealed for its holder.
    pub(super) async fn pair(
        &self,
        (tenant, holder): (&TenantId, &IntegrationId),
        of: Holder,
        given: &Given,
        now: Timestamp,
    ) -> Result<TokenPair, InstallError> {
        let (scope, vault) = (self.renewal.store.of(tenant), &self.renewal.vault);
        let access = vault.seal(scope, holder, ACCESS_TOKEN, &given.access, now).await?;
        let refresh = match &given.refresh {
            Some(token) => Some(vault.seal(scope, holder, REFRESH_TOKEN, token, now).await?),
            None => None,
        };
        let state = given.state.clone();
        let (tenant, holder) = (tenant.clone(), holder.clone());
        let missing = missing(&given.scopes);
        let looked_at = 0;
        let granted_at = Some(given.state.issued_at);
        Ok(TokenPair {
            tenant,
            holder,
            of,
            state,
            granted_at,
            access,
            refresh,
            missing,
            due: None,
            looked_at,
        })
    }

    async fn waiting(
        &self,
        location: &LocationId,
        grant: &Grant,
        now: Timestamp,
    ) -> Result<WaitingTokens, InstallError> {
        let of = Holder::Location { location: location.clone(), company: None };
        let place = (&TenantId::platform(), &waits_as(location));
        let pair = self.pair(place, of, &Given::of(grant, now), now).await?;
        let (access, refresh, state) = (pair.access, pair.refresh, pair.state);
        Ok(WaitingTokens { access, refresh, state, scopes: grant.scopes.clone() })
    }

    /// Writes down what an installation was told. What it knows is kept; a new consent's tokens take
    /// the place of an older one's.
    pub async fn tell(
        &self,
        location: &LocationId,
        told: Told,
        tokens: Option<WaitingTokens>,
        wanted: Option<Wanted>,
        now: Timestamp,
    ) -> Result<StoredInstall, InstallError> {
        for _ in 0..TRIES {
            let row = self.renewal.store.install(location).await?;
            let next = next(row.as_ref(), location, &told, (tokens.as_ref(), wanted.as_ref()), now);
            match self.write(row.as_ref(), &next).await {
                // A code is good once: what it gave is not lost to somebody who writes as well.
                Err(InstallError::Store(StoreError::Conflict)) => {}
                written => return written.map(|()| next),
            }
        }
        Err(StoreError::Conflict.into())
    }

    pub(super) async fn write(
        &self,
        row: Option<&Row<StoredInstall>>,
        next: &StoredInstall,
    ) -> Result<(), InstallError> {
        Ok(self.renewal.store.set_install(row, next).await?)
    }
}

/// An installation after it was told of one more thing. Tokens that somebody consented to before an
/// agency did, or before the app was taken out, open nothing any more.
pub(super) fn next(
    row: Option<&Row<StoredInstall>>,
    location: &LocationId,
    told: &Told,
    (tokens, wanted): (Option<&WaitingTokens>, Option<&Wanted>),
    now: Timestamp,
) -> StoredInstall {
    let stored = row.map_or_else(
        || StoredInstall::new(Install::new(location.clone(), now)),
        |row| row.body.clone(),
    );
    let install = stored.install.clone().step(told.clone());
    let is_void = install.standing() == Standing::Uninstalled
        || matches!(told, Told::Granted { way: Way::Company, .. });
    let kept = stored.tokens.filter(|_| !is_void);
    StoredInstall {
        tokens: tokens.cloned().or(kept),
        wanted: wanted.cloned().or(stored.wanted),
        why: stored.why.filter(|_| !matches!(told, Told::Granted { .. })),
        due: if matches!(told, Told::Granted { .. }) { Some(now) } else { stored.due },
        install,
    }
}

/// Tokens in the clear, and how fresh they are.
pub(super) struct Given {
    pub(super) access: SecretString,
    pub(super) refresh: Option<SecretString>,
    pub(super) state: TokenState,
    pub(super) scopes: Vec<String>,
}

impl Given {
    pub(super) fn of(grant: &Grant, now: Timestamp) -> Self {
        let expires_at = now.checked_add(grant.expires_in).unwrap_or(Timestamp::MAX);
        Self {
            access: grant.access_token.clone(),
            refresh: grant.refresh_token.clone(),
            state: TokenState::issued(now, expires_at),
            scopes: grant.scopes.clone(),
        }
    }
}

/// What stands for a location while it is nobody's.
pub(super) fn waits_as(location: &LocationId) -> IntegrationId {
    IntegrationId::derived(&["install", location.as_str()])
}
