//! From an id to a connected provider, with its secrets open.

use std::{collections::BTreeMap, sync::Arc};

use aws::{RouteTo, Store, StoreError, Vault, VaultError, logs::without_values};
use domain::{
    ids::{IntegrationId, TenantId},
    integration::Integration,
    tenant::Tenant,
};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use crate::cache::Cache;

/// A change of settings or secrets, and a disconnection, is seen everywhere after this.
const KEPT: SignedDuration = SignedDuration::from_secs(60);

/// Finds connections and remembers them for a minute.
#[derive(Debug)]
pub struct Connections {
    store: Store,
    vault: Vault,
    tenants: Cache<TenantId, Tenant>,
    routes: Cache<IntegrationId, RouteTo>,
    loaded: Cache<(TenantId, IntegrationId), Connection>,
}

/// A tenant's integration with its secrets. `Debug` shows no secret.
#[derive(Debug)]
pub struct Connection {
    pub tenant: TenantId,
    pub integration: Integration,
    secrets: BTreeMap<String, SecretString>,
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    #[error("the integration could not be read")]
    Store(#[from] StoreError),
    #[error("the integration's credentials could not be opened")]
    Vault(#[from] VaultError),
}

/// The integration is not set up so that it can be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("the credential {0} is not set")]
    NoSecret(&'static str),
    /// What is wrong with them, and not what they are.
    #[error("the settings cannot be read: {0}")]
    Settings(String),
    #[error("a {0} integration carries no texts")]
    NoChannel(domain::integration::Provider),
    #[error("this {0} integration may not be used for sending")]
    SendingIsOff(domain::integration::Provider),
}

impl Connections {
    pub fn new(store: Store, vault: Vault) -> Self {
        Self {
            store,
            vault,
            tenants: Cache::new(KEPT),
            routes: Cache::new(KEPT),
            loaded: Cache::new(KEPT),
        }
    }

    /// The integration that an outside caller names, and whose it is. The caller has proven
    /// nothing yet.
    pub async fn named(
        &self,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<Option<Arc<Connection>>, ConnectionError> {
        let route = match self.routes.get(id, now) {
            Some(route) => route,
            None => match self.store.route_of_integration(id).await? {
                Some(route) => self.routes.put(id.clone(), route, now),
                None => return Ok(None),
            },
        };
        self.of(&route.tenant, id, now).await
    }

    /// A tenant's integration.
    pub async fn of(
        &self,
        tenant: &TenantId,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<Option<Arc<Connection>>, ConnectionError> {
        let key = (tenant.clone(), id.clone());
        if let Some(loaded) = self.loaded.get(&key, now) {
            return Ok(Some(loaded));
        }
        let Some(connection) = self.load(tenant, id, now).await? else { return Ok(None) };
        Ok(Some(self.loaded.put(key, connection, now)))
    }

    pub async fn tenant(&self, id: &TenantId, now: Timestamp) -> Result<Arc<Tenant>, StoreError> {
        if let Some(tenant) = self.tenants.get(id, now) {
            return Ok(tenant);
        }
        let tenant = self.store.of(id).tenant().await?;
        Ok(self.tenants.put(id.clone(), tenant, now))
    }

    async fn load(
        &self,
        tenant: &TenantId,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<Option<Connection>, ConnectionError> {
        let scope = self.store.of(tenant);
        let Some(integration) = scope.integration(id).await? else { return Ok(None) };
        let mut secrets = BTreeMap::new();
        for (name, sealed) in scope.credentials(id).await? {
            let secret = self.vault.open(scope, id, &name, &sealed, now).await?;
            secrets.insert(name, secret);
        }
        Ok(Some(Connection { tenant: tenant.clone(), integration, secrets }))
    }
}

impl Connection {
    /// A connection as it would be with these settings and secrets.
    pub fn new(
        tenant: TenantId,
        integration: Integration,
        secrets: BTreeMap<String, SecretString>,
    ) -> Self {
        Self { tenant, integration, secrets }
    }

    pub(crate) fn secret(&self, name: &'static str) -> Result<SecretString, Unusable> {
        self.secrets.get(name).cloned().ok_or(Unusable::NoSecret(name))
    }

    /// A secret and, while it is being rotated, the one before it.
    pub(crate) fn rotating(
        &self,
        name: &'static str,
        previous: &'static str,
    ) -> Result<Vec<SecretString>, Unusable> {
        let mut secrets = vec![self.secret(name)?];
        secrets.extend(self.secrets.get(previous).cloned());
        Ok(secrets)
    }

    pub(crate) fn settings<T: serde::de::DeserializeOwned>(&self) -> Result<T, Unusable> {
        serde_json::from_value(self.integration.settings.clone())
            .map_err(|e| Unusable::Settings(without_values(&e)))
    }
}
