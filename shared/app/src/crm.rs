//! From a tenant to its location in the CRM, and to the people in it.

use aws::{PhoneOwner, Scope, Store, StoreError};
use domain::{
    conversation::Contact,
    ids::{ContactId, CrmContactId, LocationId, TenantId},
    integration::Status,
    parked::Until,
    phone::PhoneNumber,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::{Connection, ConnectionError, Connections, Unusable};

/// How long to leave the CRM alone when only a person can mend what is wrong: a token, a scope, an
/// integration that is not connected.
pub const MENDING: SignedDuration = SignedDuration::from_mins(15);

/// The way to GoHighLevel.
#[derive(Debug)]
pub struct Crm {
    pub client: ghl::Client,
    pub base_url: String,
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
    #[error("the CRM did not do it")]
    Ghl(#[from] ghl::Error),
}

#[derive(Deserialize)]
struct GhlSettings {
    location: LocationId,
    provider: ghl::Provider,
}

impl CrmError {
    /// What has to happen before it makes sense to try again, where that is for a person to do.
    pub fn waits_for(&self) -> Option<Until> {
        match self {
            Self::NotConnected => Some(Until::CrmConnected),
            Self::TenantNotActive => Some(Until::TenantActive),
            Self::Unusable(_) | Self::Connection(_) | Self::Store(_) | Self::Ghl(_) => None,
        }
    }
}

impl Crm {
    /// What it takes to speak for a tenant.
    pub async fn session(
        &self,
        connections: &Connections,
        tenant: &TenantId,
        now: Timestamp,
    ) -> Result<ghl::Session, CrmError> {
        let served = connections.tenant(tenant, now).await?;
        if !served.is_active() {
            return Err(CrmError::TenantNotActive);
        }
        let crm = served.crm.clone().ok_or(CrmError::NotConnected)?;
        let connection = connections.of(tenant, &crm, now).await?.ok_or(CrmError::NotConnected)?;
        if connection.integration.status != Status::Active {
            return Err(CrmError::NotConnected);
        }
        Ok(connection.session(&self.base_url)?)
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
        Ok(PhoneOwner { contact: contact.id, crm_contact: contact.crm_contact })
    }
}

impl Connection {
    /// What it takes to speak to GoHighLevel.
    pub fn session(&self, base_url: &str) -> Result<ghl::Session, Unusable> {
        let settings: GhlSettings = self.settings()?;
        Ok(ghl::Session {
            base_url: base_url.to_owned(),
            location: settings.location,
            token: self.secret("access_token")?,
            provider: settings.provider,
        })
    }
}

fn contact(tenant: &TenantId, crm_contact: CrmContactId) -> Contact {
    Contact { id: ContactId::of(tenant, &crm_contact), crm_contact }
}
