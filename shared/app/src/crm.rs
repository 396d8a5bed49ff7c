//! From a tenant to its location in the CRM, and to the people in it.

use std::sync::Arc;

use aws::{Env, EnvError, PhoneOwner, Scope, Store, StoreError};
use domain::{
    allowance::Lane,
    conversation::Contact,
    ids::{ContactId, CrmContactId, LocationId, TenantId},
    integration::Status,
    parked::Until,
    phone::PhoneNumber,
};
use ghl::webhook::workflow::WorkflowSecrets;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::Deserialize;

use crate::{Access, Connection, ConnectionError, Connections, Pace, TokenError, Tokens, Unusable};

/// How long to leave the CRM alone when only a person can mend what is wrong: a token, a scope, an
/// integration that is not connected.
pub const MENDING: SignedDuration = SignedDuration::from_mins(15);

/// The way to GoHighLevel.
#[derive(Debug)]
pub struct Crm {
    pub client: ghl::Client,
    pub base_url: String,
    pub tokens: Tokens,
    /// What all functions together keep to.
    pub pace: Arc<Pace>,
}

/// An error that may be GoHighLevel's refusal of our token.
pub trait MayBeRefusal: From<CrmError> {
    /// What GoHighLevel said, if it was asked.
    fn said(&self) -> Option<&ghl::Error>;
}

impl MayBeRefusal for CrmError {
    fn said(&self) -> Option<&ghl::Error> {
        match self {
            Self::Ghl(error) => Some(error),
            _ => None,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CrmError {
    #[error("the tenant has no active CRM integration")]
    NotConnected,
    #[error("the tenant is suspended")]
    TenantNotActive,
    #[error("the CRM integration is not set up")]
    Unusable(#[from] Unusable),
    #[error("the CRM integration could not be loaded")]
    Connection(#[from] ConnectionError),
    #[error("the table did not answer")]
    Store(#[from] StoreError),
    #[error("there is no token for the CRM")]
    Token(#[from] TokenError),
    #[error("the CRM did not do it")]
    Ghl(#[from] ghl::Error),
}

#[derive(Deserialize)]
struct GhlSettings {
    location: LocationId,
    provider: ghl::Provider,
    #[serde(default)]
    auth: Auth,
}

/// How we come by a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// Somebody pasted one.
    #[default]
    Token,
    /// Somebody consented, and it is renewed ever since.
    Oauth,
}

impl CrmError {
    /// Until when it is held back, if it was not tried at all.
    pub fn held_until(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Token(
                TokenError::BeingRenewed { until } | TokenError::FreshRefused { until },
            ) => Some(*until),
            Self::Ghl(error) => error.held_until(now),
            _ => None,
        }
    }

    /// What has to happen before it makes sense to try again, where that is for a person to do.
    pub fn waits_for(&self) -> Option<Until> {
        match self {
            Self::NotConnected => Some(Until::CrmConnected),
            Self::TenantNotActive => Some(Until::TenantActive),
            // The integration is in error meanwhile, and active once there are tokens again.
            Self::Token(TokenError::None | TokenError::Lost | TokenError::Suspended { .. }) => {
                Some(Until::CrmConnected)
            }
            Self::Unusable(_)
            | Self::Connection(_)
            | Self::Store(_)
            | Self::Token(_)
            | Self::Ghl(_) => None,
        }
    }
}

impl Crm {
    /// The way there of a function with this environment.
    pub fn of(client: ghl::Client, env: &Env) -> Result<Self, EnvError> {
        Ok(Self {
            client,
            base_url: env.required("GHL_BASE_URL")?,
            tokens: Tokens::new(env.store()?, env.vault()?, env.queue("CRM_QUEUE_URL")?),
            pace: Arc::new(Pace::of(env.store()?)),
        })
    }

    /// Does `work` with what it takes to speak for a tenant. If GoHighLevel does not take the token,
    /// another is asked for, and the error says to come back for it. Calls are made when there is
    /// room for those of `lane`; before that, the error says until when they are held.
    pub async fn speaking<T, E: MayBeRefusal>(
        &self,
        connections: &Connections,
        (tenant, lane): (&TenantId, Lane),
        now: Timestamp,
        work: impl AsyncFnOnce(&ghl::Session) -> Result<T, E>,
    ) -> Result<T, E> {
        // The time goes on from here, however long the table takes.
        let gate = self.pace.gate((tenant, lane), now);
        let connection = self.connection(connections, tenant, now).await?;
        let access = self.access(&connection, now).await?;
        let token = match &access {
            Some(access) => access.token.clone(),
            None => connection.pasted_token().map_err(CrmError::from)?,
        };
        let mut session = connection.session(&self.base_url, token).map_err(CrmError::from)?;
        session.gate = Some(gate);
        let done = work(&session).await;
        if let (Err(error), Some(access)) = (&done, access)
            && error.said().is_some_and(is_about_the_token)
        {
            let id = &connection.integration.id;
            let why = self.tokens.refused(tenant, id, access.issued_at, now).await;
            return Err(CrmError::from(why).into());
        }
        done
    }

    async fn connection(
        &self,
        connections: &Connections,
        tenant: &TenantId,
        now: Timestamp,
    ) -> Result<Arc<Connection>, CrmError> {
        let served = connections.tenant(tenant, now).await?;
        if !served.is_active() {
            return Err(CrmError::TenantNotActive);
        }
        let crm = served.crm.clone().ok_or(CrmError::NotConnected)?;
        let connection = connections.of(tenant, &crm, now).await?.ok_or(CrmError::NotConnected)?;
        if connection.integration.status != Status::Active {
            return Err(CrmError::NotConnected);
        }
        Ok(connection)
    }

    /// A token that somebody consented to; nothing where one was pasted.
    async fn access(
        &self,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<Option<Arc<Access>>, CrmError> {
        Ok(match connection.auth()? {
            Auth::Token => None,
            Auth::Oauth => {
                let id = &connection.integration.id;
                Some(self.tokens.access(&connection.tenant, id, now).await?)
            }
        })
    }

    /// Whom a phone belongs to: by our own map, else by asking the CRM, which makes a new contact
    /// for a new phone.
    pub async fn owner_of(
        &self,
        session: &ghl::Session,
        store: &Store,
        tenant: &TenantId,
        phone: &PhoneNumber,
    ) -> Result<PhoneOwner, CrmError> {
        let scope = store.of(tenant);
        match scope.owner_of(phone).await? {
            Some(owner) => Ok(owner),
            None => self.ask_for_owner(session, scope, phone).await,
        }
    }

    /// Asks the CRM whom a phone belongs to, whatever our own map says: the contact it names may
    /// be gone.
    pub async fn ask_for_owner(
        &self,
        session: &ghl::Session,
        scope: Scope<'_>,
        phone: &PhoneNumber,
    ) -> Result<PhoneOwner, CrmError> {
        let found = self.client.upsert_contact(session, phone).await?;
        let contact = contact(scope.tenant_id(), found.id);
        scope.transaction().know_contact(&contact, phone).commit().await?;
        Ok(PhoneOwner {
            contact: contact.id,
            crm_contact: contact.crm_contact,
            phone: Some(phone.clone()),
            gone_at: None,
        })
    }
}

impl Connection {
    /// How this connection comes by its token.
    pub fn auth(&self) -> Result<Auth, Unusable> {
        Ok(self.settings::<GhlSettings>()?.auth)
    }

    /// Whose location this connection is for.
    pub fn location(&self) -> Option<LocationId> {
        Some(self.settings::<GhlSettings>().ok()?.location)
    }

    /// What the tenant's own workflows sign with. Without a secret nothing of theirs is taken.
    pub fn workflow_secrets(&self) -> WorkflowSecrets {
        let secrets = self.rotating("workflow_secret", "workflow_secret_previous");
        WorkflowSecrets::new(secrets.unwrap_or_default())
    }

    pub fn pasted_token(&self) -> Result<SecretString, Unusable> {
        self.secret("access_token")
    }

    /// What it takes to speak to GoHighLevel.
    pub fn session(&self, base_url: &str, token: SecretString) -> Result<ghl::Session, Unusable> {
        let settings: GhlSettings = self.settings()?;
        Ok(ghl::Session {
            base_url: base_url.to_owned(),
            location: settings.location,
            token,
            provider: settings.provider,
            gate: None,
        })
    }
}

/// Whether another token is to be asked for. Where the location is not active none is given, and
/// that is how its work comes to wait until it is.
fn is_about_the_token(error: &ghl::Error) -> bool {
    matches!(error.kind(), ghl::Kind::Unauthorized | ghl::Kind::Suspended)
}

fn contact(tenant: &TenantId, crm_contact: CrmContactId) -> Contact {
    Contact { id: ContactId::of(tenant, &crm_contact), crm_contact }
}
