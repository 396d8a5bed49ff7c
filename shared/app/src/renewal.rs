//! Renewing tokens, once however many try, and whatever breaks in between.
//!
//! ```text
//! write down that it is asked for -> ask -> store the new pair -> use it
//! ```
//!
//! Each write is fenced by the version of what was read. If this dies after the other side has made
//! a new pair and before it is stored, a job that was queued beforehand takes over with the same
//! refresh token while the other side still gives the same pair for it.

mod ask;
mod write;

use std::sync::Arc;

use aws::tokens::Holder;
use aws::{
    Env, EnvError, Queue, Row, Secret, SecretError, Store, StoreError, TokenPair, Vault,
    VaultError, logs::Chain, metrics,
};
use domain::{
    ids::{IntegrationId, TenantId},
    jobs::{Job, MindToken},
    token::{Happening, Need, Plan},
    work::due_again,
};
use jiff::{SignedDuration, Timestamp};
use tracing::{error, info, warn};

pub(crate) use ask::NotGiven;
pub use ask::holder_of;

use crate::Pace;

/// How long to leave the token endpoint alone when it says something that we do not understand.
const PUZZLED: SignedDuration = SignedDuration::from_mins(15);

/// Our app in the marketplace.
#[derive(Clone, Debug)]
pub struct Marketplace {
    pub base_url: String,
    pub client_id: String,
    pub client_secret: Secret,
    pub redirect_uri: String,
}

#[derive(Debug)]
pub struct Renewal {
    pub store: Store,
    pub vault: Vault,
    pub client: ghl::Client,
    /// Nothing if this installation has no app, and so no tokens to renew.
    pub marketplace: Option<Marketplace>,
    /// Where a renewal is followed that may die half-way, and where installations go on.
    pub jobs: Queue,
    /// What calls with an agency's token keep to: all agencies together have what one location has.
    /// The token endpoint has no limit that anybody wrote down, and a refresh that is held back may
    /// come too late for the half minute in which a lost answer is given again.
    pub pace: Arc<Pace>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// It is as fresh as was asked for, or there is nothing to renew.
    NotNeeded,
    Done,
    /// Somebody else is at it, or it has to be tried again.
    Later {
        due: Timestamp,
    },
    /// Nobody can but the person who has to consent anew.
    Lost,
}

#[derive(Debug, thiserror::Error)]
pub enum RenewalError {
    #[error("the tokens could not be read or written")]
    Store(#[from] StoreError),
    #[error("the tokens could not be sealed or opened")]
    Vault(#[from] VaultError),
    #[error("the app's secret could not be read")]
    Secret(#[from] SecretError),
    #[error("this installation has no marketplace app: set GhlClientId")]
    NoApp,
}

impl Marketplace {
    /// The app of this installation; nothing if it has none.
    pub fn of(env: &Env) -> Result<Option<Self>, EnvError> {
        let Some(client_id) = env.optional("GHL_CLIENT_ID") else { return Ok(None) };
        Ok(Some(Self {
            base_url: env.required("GHL_BASE_URL")?,
            client_id,
            client_secret: env.secret("GHL_CLIENT_SECRET")?,
            redirect_uri: format!("{}/oauth/crm/callback", env.required("PUBLIC_ORIGIN")?),
        }))
    }

    pub async fn app(&self, now: Timestamp) -> Result<ghl::oauth::App, SecretError> {
        Ok(ghl::oauth::App {
            base_url: self.base_url.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.versions(now).await?.current,
            redirect_uri: self.redirect_uri.clone(),
        })
    }
}

impl Renewal {
    /// The renewal of a function with this environment.
    pub fn of(client: ghl::Client, env: &Env) -> Result<Self, EnvError> {
        let store = env.store()?;
        Ok(Self {
            pace: Arc::new(Pace::of(store.clone())),
            store,
            vault: env.vault()?,
            client,
            marketplace: Marketplace::of(env)?,
            jobs: env.queue("CRM_QUEUE_URL")?,
        })
    }

    /// Sees to it that there is a token as fresh as is needed.
    pub async fn renew(
        &self,
        tenant: &TenantId,
        holder: &IntegrationId,
        need: Need,
        now: Timestamp,
    ) -> Result<Renewed, RenewalError> {
        let Some(row) = self.store.of(tenant).tokens(holder).await? else {
            return Ok(Renewed::NotNeeded);
        };
        if need == Need::Awake {
            self.wake_agency(&row.body, now).await?;
        }
        let state = &row.body.state;
        match state.plan(need, now) {
            Plan::Use | Plan::Rest { .. } => Ok(Renewed::NotNeeded),
            Plan::Wait { until } => Ok(Renewed::Later { due: until }),
            Plan::Suspended { again } => Ok(Renewed::Later { due: again }),
            Plan::Lost => Ok(Renewed::Lost),
            Plan::Refresh => self.begin(row, need, now).await,
        }
    }

    /// A location that goes by way of its agency is not active before that is.
    async fn wake_agency(&self, pair: &TokenPair, now: Timestamp) -> Result<(), RenewalError> {
        let (Holder::Location { company: Some(company), .. }, None) = (&pair.of, &pair.refresh)
        else {
            return Ok(());
        };
        let (platform, holder) = (TenantId::platform(), holder_of(company));
        Box::pin(self.renew(&platform, &holder, Need::Awake, now)).await.map(drop)
    }

    /// Whoever writes first that they ask is the one who asks.
    async fn begin(
        &self,
        row: Row<TokenPair>,
        need: Need,
        now: Timestamp,
    ) -> Result<Renewed, RenewalError> {
        let mut next = row.body.after(Happening::Asked, now);
        if matches!(need, Need::Another { .. }) {
            next.state.refused_at = Some(now);
        }
        match self.store.of(&row.body.tenant).replace_tokens(&row, &next).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => return Ok(Renewed::Later { due: now + SOON }),
            Err(e) => return Err(e.into()),
        }
        let row = row.next(next);
        self.have_minded(&row.body).await;
        self.ask(row, now).await
    }

    /// Another looks whether this one has come to an end.
    async fn have_minded(&self, pair: &TokenPair) {
        if let Some(due) = pair.state.due() {
            let job = MindToken::following(&pair.tenant, &pair.holder, due);
            self.jobs.offer(&Job::Crm(job.into()), due).await;
        }
    }

    async fn ask(&self, row: Row<TokenPair>, now: Timestamp) -> Result<Renewed, RenewalError> {
        match Box::pin(self.new_pair(&row.body, now)).await {
            Ok(grant) if is_for(&row.body, &grant) => self.store_pair(row, grant, now).await,
            Ok(_) => {
                metrics::count("TokenRefreshesNotUnderstood");
                let (tenant, integration) = (&row.body.tenant, &row.body.holder);
                error!(%tenant, %integration, "a token for somebody else was given");
                let again = now + PUZZLED;
                self.write_down(row, Happening::NoAnswer { again }, now).await
            }
            Err(NotGiven::Renewal(error)) => Err(error),
            Err(NotGiven::Suspended) => {
                metrics::count("TokensSuspended");
                let (tenant, integration) = (&row.body.tenant, &row.body.holder);
                warn!(%tenant, %integration, "a location is not active; its work waits");
                self.write_down(row, Happening::NotActive, now).await
            }
            Err(NotGiven::Refused) => self.lost(row, now).await,
            Err(NotGiven::NotYet { until }) => {
                let again = until.max(now + SOON);
                self.write_down(row, Happening::NoAnswer { again }, now).await
            }
            Err(NotGiven::NoAnswer(why)) if is_shut_out(&row.body, &why, now) => {
                self.lost(row, now).await
            }
            Err(NotGiven::NoAnswer(why)) => self.again(row, &why, now).await,
        }
    }

    async fn lost(&self, row: Row<TokenPair>, now: Timestamp) -> Result<Renewed, RenewalError> {
        metrics::count("TokensLost");
        let (tenant, integration) = (&row.body.tenant, &row.body.holder);
        error!(%tenant, %integration, "no token is given: somebody must connect it again");
        self.write_down(row, Happening::Refused, now).await
    }

    async fn again(
        &self,
        row: Row<TokenPair>,
        why: &ghl::Error,
        now: Timestamp,
    ) -> Result<Renewed, RenewalError> {
        let asked = if why.is_transient() {
            why.retry_after().and_then(|it| SignedDuration::try_from(it).ok())
        } else {
            // It is neither a yes nor a no. The tokens stay, and somebody looks.
            metrics::count("TokenRefreshesNotUnderstood");
            Some(PUZZLED)
        };
        let tries = row.body.state.tries().saturating_sub(1);
        let again = due_again(now, tries, row.body.holder.as_str(), asked);
        let (tenant, integration) = (&row.body.tenant, &row.body.holder);
        warn!(%tenant, %integration, error = %Chain(why), "a token could not be renewed yet");
        self.write_down(row, Happening::NoAnswer { again }, now).await
    }
}

const SOON: SignedDuration = SignedDuration::from_secs(2);

/// Whether what was given is for whom it was asked.
fn is_for(pair: &TokenPair, grant: &ghl::oauth::Grant) -> bool {
    match &pair.of {
        Holder::Company { company, .. } => grant.company.as_ref().is_none_or(|it| it == company),
        Holder::Location { location, .. } => {
            grant.location.as_ref().is_none_or(|it| it == location)
        }
    }
}

/// Whether an agency may not open this location any more. It is asked until the last token has come
/// to its end, for nobody wrote down all that GoHighLevel answers here. What is wrong with the
/// agency's own token, or with us, is not about the location.
fn is_shut_out(pair: &TokenPair, why: &ghl::Error, now: Timestamp) -> bool {
    use ghl::Kind::{Forbidden, NotFound, Refused};
    let is_no = matches!(why.kind(), Forbidden | NotFound | Refused);
    pair.refresh.is_none() && is_no && pair.state.expires_at <= now
}

pub(crate) fn log_renewed(pair: &TokenPair) {
    metrics::count("TokensRenewed");
    let (tenant, integration) = (&pair.tenant, &pair.holder);
    info!(%tenant, %integration, "a token was renewed; it is good until {}", pair.state.expires_at);
}
