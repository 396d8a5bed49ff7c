//! People as the CRM describes them.

use domain::{
    ids::{ContactId, TenantId},
    lead::Lead,
    phone::PhoneNumber,
};
use jiff::Timestamp;

use crate::{
    item::{Item, Row, Table},
    keys::{self, Key},
    page::{Asked, List, Page},
    store::{Scope, StoreError},
    transaction::Transaction,
};

impl Item for Lead {
    const KIND: &'static str = "lead";
    const TABLE: Table = Table::State;

    fn recent(&self, tenant: &TenantId) -> Option<(String, Timestamp)> {
        Some((keys::leads(tenant, self.phone.as_ref()), self.told_at))
    }
}

impl Scope<'_> {
    pub async fn lead(&self, contact: &ContactId) -> Result<Option<Row<Lead>>, StoreError> {
        self.get(&Key::lead(self.tenant, contact)).await
    }

    /// Those who have this phone, of whom there may be several; without one, those of whom no phone
    /// is known.
    pub async fn leads(
        &self,
        phone: Option<&PhoneNumber>,
        asked: Asked,
    ) -> Result<Page<Lead>, StoreError> {
        self.listed(List::recent(Table::State, keys::leads(self.tenant, phone)), asked).await
    }
}

impl Transaction<'_> {
    /// Changes what we know of somebody, on condition that it is still as it was read.
    pub fn set_lead(self, read: Option<&Row<Lead>>, lead: &Lead) -> Self {
        let key = Key::lead(self.tenant(), &lead.contact);
        match read {
            Some(row) => self.replace(&key, row, lead),
            None => self.add(&key, lead),
        }
    }

    pub fn forget_lead(self, contact: &ContactId) -> Self {
        let key = Key::lead(self.tenant(), contact);
        self.delete(&key)
    }
}
