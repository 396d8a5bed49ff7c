//! A token for a call that is about to be made. Nothing here gets a new one: who needs one that is
//! not there asks for it, and comes back.

use std::sync::Arc;

use aws::{Queue, Store, StoreError, TokenPair, Vault, VaultError, metrics, tokens::ACCESS_TOKEN};
use domain::{
    ids::{IntegrationId, TenantId},
    jobs::{Job, MindToken},
    token::{Need, Plan},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tracing::warn;

use crate::cache::Cache;

/// A token that was renewed is seen everywhere after this.
const KEPT: SignedDuration = SignedDuration::from_secs(60);

/// How long a renewal takes that was just asked for.
const SOON: SignedDuration = SignedDuration::from_secs(3);

/// Finds tokens and remembers them for a minute.
#[derive(Debug)]
pub struct Tokens {
    store: Store,
    vault: Vault,
    /// Whoever works on it renews tokens.
    renewals: Queue,
    opened: Cache<(TenantId, IntegrationId), Access>,
}

/// An access token. `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct Access {
    pub token: SecretString,
    pub issued_at: Timestamp,
    /// What it is not good for, of what the app needs.
    pub missing: Vec<String>,
    pair: domain::token::TokenState,
}

/// There is no token that could be used now.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("nobody has consented to the connection")]
    None,
    #[error("the token is being renewed")]
    BeingRenewed { until: Timestamp },
    #[error("the CRM refuses a token that it has just given")]
    FreshRefused { until: Timestamp },
    #[error("the location is not active at the CRM")]
    Suspended { again: Timestamp },
    #[error("the CRM does not take our tokens any more: somebody must connect it again")]
    Lost,
    #[error("the tokens could not be read")]
    Store(#[from] StoreError),
    #[error("the tokens could not be opened")]
    Vault(#[from] VaultError),
}

impl Tokens {
    pub fn new(store: Store, vault: Vault, renewals: Queue) -> Self {
        Self { store, vault, renewals, opened: Cache::new(KEPT) }
    }

    pub async fn access(
        &self,
        tenant: &TenantId,
        holder: &IntegrationId,
        now: Timestamp,
    ) -> Result<Arc<Access>, TokenError> {
        let key = (tenant.clone(), holder.clone());
        if let Some(access) = self.opened.get(&key, now)
            && access.pair.plan(Need::Call, now) == Plan::Use
        {
            return Ok(access);
        }
        let row = self.store.of(tenant).tokens(holder).await?.ok_or(TokenError::None)?;
        match row.body.state.plan(Need::Call, now) {
            Plan::Use => Ok(self.opened.put(key, self.open(&row.body, now).await?, now)),
            Plan::Refresh => {
                self.ask(MindToken::due(tenant, holder), now).await;
                Err(TokenError::BeingRenewed { until: now + SOON })
            }
            Plan::Wait { until } => Err(TokenError::BeingRenewed { until }),
            Plan::Rest { until } => Err(TokenError::FreshRefused { until }),
            Plan::Suspended { again } => Err(TokenError::Suspended { again }),
            Plan::Lost => Err(TokenError::Lost),
        }
    }

    /// The other side did not take the token that was issued then. Has another made if that could
    /// help, and says when to come back.
    pub async fn refused(
        &self,
        tenant: &TenantId,
        holder: &IntegrationId,
        issued_at: Timestamp,
        now: Timestamp,
    ) -> TokenError {
        self.opened.forget(&(tenant.clone(), holder.clone()));
        let state = match self.store.of(tenant).tokens(holder).await {
            Ok(Some(row)) => row.body.state,
            Ok(None) => return TokenError::None,
            Err(e) => return e.into(),
        };
        match state.plan(Need::Another { than: issued_at }, now) {
            // Somebody was faster.
            Plan::Use => TokenError::BeingRenewed { until: now },
            Plan::Refresh => {
                self.ask(MindToken::refused(tenant, holder, issued_at), now).await;
                TokenError::BeingRenewed { until: now + SOON }
            }
            Plan::Wait { until } => TokenError::BeingRenewed { until },
            Plan::Rest { until } => {
                metrics::count("FreshTokensRefused");
                warn!(%tenant, integration = %holder, "a token is refused like the one before it");
                TokenError::FreshRefused { until }
            }
            Plan::Suspended { again } => TokenError::Suspended { again },
            Plan::Lost => TokenError::Lost,
        }
    }

    /// Somebody says that the location is active again. It is asked at once, and not tomorrow.
    pub async fn wake(&self, tenant: &TenantId, holder: &IntegrationId, now: Timestamp) {
        self.ask(MindToken::awake(tenant, holder), now).await;
    }

    /// The pair is in the list of those that are due: a queue only makes it fast.
    async fn ask(&self, job: MindToken, now: Timestamp) {
        self.renewals.offer(&Job::Crm(job.into()), now).await;
    }

    async fn open(&self, pair: &TokenPair, now: Timestamp) -> Result<Access, TokenError> {
        let scope = self.store.of(&pair.tenant);
        let token = self.vault.open(scope, &pair.holder, ACCESS_TOKEN, &pair.access, now).await?;
        let (issued_at, missing) = (pair.state.issued_at, pair.missing.clone());
        Ok(Access { token, issued_at, missing, pair: pair.state.clone() })
    }
}
