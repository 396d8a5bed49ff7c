//! What the CRM has yet to be told of its messages.

use domain::{
    crm_status::Telling,
    ids::{CrmMessageId, TenantId},
};
use jiff::Timestamp;

use crate::{
    item::{Item, Row, Table, Work},
    keys::Key,
    store::{Added, Scope, StoreError},
    transaction::Transaction,
};

impl Item for Telling {
    const KIND: &'static str = "telling";
    const TABLE: Table = Table::State;

    fn work(&self, tenant: &TenantId) -> Option<Work> {
        Some(Work { at: self.due?, job: self.job(tenant) })
    }

    fn parked_since(&self) -> Option<Timestamp> {
        let given_up = self.given_up.as_ref().map(|it| it.at);
        given_up.or_else(|| Some(self.parked.as_ref()?.since))
    }
}

impl Scope<'_> {
    pub async fn telling(
        &self,
        crm_message: &CrmMessageId,
    ) -> Result<Option<Row<Telling>>, StoreError> {
        self.get(&Key::telling(self.tenant, crm_message)).await
    }

    pub async fn add_telling(&self, telling: &Telling) -> Result<Added, StoreError> {
        self.add(&Key::telling(self.tenant, &telling.crm_message), telling).await
    }

    pub async fn replace_telling(
        &self,
        row: &Row<Telling>,
        telling: &Telling,
    ) -> Result<(), StoreError> {
        self.replace(&Key::telling(self.tenant, &telling.crm_message), row, telling).await
    }
}

impl Transaction<'_> {
    pub fn set_telling(self, read: Option<&Row<Telling>>, telling: &Telling) -> Self {
        let key = Key::telling(self.tenant(), &telling.crm_message);
        match read {
            Some(row) => self.replace(&key, row, telling),
            None => self.add(&key, telling),
        }
    }
}
