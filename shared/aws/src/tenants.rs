//! Tenants in the table.

use domain::{ids::TenantId, tenant::Tenant};
use jiff::Timestamp;

use crate::{
    item::{Item, Row, Table},
    keys::{self, Key},
    page::{Asked, List, Page, key_of},
    store::{Added, Scope, Store, StoreError},
    transaction::Transaction,
};

/// Items that are taken away in one transaction.
const AT_ONCE: i32 = 50;

impl Item for Tenant {
    const KIND: &'static str = "tenant";
    const TABLE: Table = Table::State;

    fn recent(&self, _tenant: &TenantId) -> Option<(String, Timestamp)> {
        Some((keys::tenants(), self.created_at))
    }
}

impl Store {
    /// All tenants, for an operator.
    pub async fn tenants(&self, asked: Asked) -> Result<Page<Tenant>, StoreError> {
        let platform = TenantId::platform();
        self.of(&platform).listed(List::recent(Table::State, keys::tenants()), asked).await
    }
}

impl Scope<'_> {
    pub async fn tenant(&self) -> Result<Tenant, StoreError> {
        let found = self.get(&Key::tenant(self.tenant)).await?;
        found.map(|row| row.body).ok_or(StoreError::Missing("tenant"))
    }

    /// The tenant with the version it was read at, if there is one.
    pub async fn tenant_row(&self) -> Result<Option<Row<Tenant>>, StoreError> {
        self.get(&Key::tenant(self.tenant)).await
    }

    /// Takes away what a tenant has beside its integrations: data keys, numbers, and the work of
    /// resuming. What was sealed with the keys cannot be read any more.
    pub async fn forget_belongings(&self) -> Result<(), StoreError> {
        for prefix in ["KEY#", "NUM#", "RESUME"] {
            loop {
                let list = List::partition(Table::State, Key::tenant(self.tenant).pk, prefix);
                let (found, _) = self.query(&list, Asked::oldest(AT_ONCE)).await?;
                if found.is_empty() {
                    break;
                }
                let keys = found.into_iter().filter_map(key_of);
                keys.fold(self.transaction(), |it, key| it.delete(&key)).commit().await?;
            }
        }
        Ok(())
    }

    pub async fn add_tenant(&self, tenant: &Tenant) -> Result<Added, StoreError> {
        self.add(&Key::tenant(self.tenant), tenant).await
    }
}

impl Transaction<'_> {
    pub fn add_tenant(self, tenant: &Tenant) -> Self {
        let key = Key::tenant(self.tenant());
        self.add(&key, tenant)
    }

    pub fn replace_tenant(self, row: &Row<Tenant>, tenant: &Tenant) -> Self {
        let key = Key::tenant(self.tenant());
        self.replace(&key, row, tenant)
    }
}
