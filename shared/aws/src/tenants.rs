//! Tenants in the table.

use domain::tenant::Tenant;

use crate::{
    item::{Item, Table},
    keys::Key,
    store::{Added, Scope, StoreError},
};

impl Item for Tenant {
    const KIND: &'static str = "tenant";
    const TABLE: Table = Table::State;
}

impl Scope<'_> {
    pub async fn tenant(&self) -> Result<Tenant, StoreError> {
        let found = self.get(&Key::tenant(self.tenant)).await?;
        found.map(|row| row.body).ok_or(StoreError::Missing("tenant"))
    }

    pub async fn add_tenant(&self, tenant: &Tenant) -> Result<Added, StoreError> {
        self.add(&Key::tenant(self.tenant), tenant).await
    }
}
