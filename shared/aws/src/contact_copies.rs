//! Copies of contacts that are to be made, and those that were.

use domain::{
    contact_copy::ContactCopy,
    ids::{IntegrationId, TenantId},
    phone::PhoneNumber,
};
use jiff::Timestamp;

use crate::{
    item::{Item, Row, Table, Work},
    keys::{self, Key},
    page::{Asked, List, Page},
    store::{Scope, StoreError},
    transaction::Transaction,
};

impl Item for ContactCopy {
    const KIND: &'static str = "contact copy";
    const TABLE: Table = Table::State;

    fn work(&self, tenant: &TenantId) -> Option<Work> {
        Some(Work { at: self.due?, job: self.job(tenant) })
    }

    fn parked_since(&self) -> Option<Timestamp> {
        Some(self.parked.as_ref()?.since)
    }
}

impl Scope<'_> {
    pub async fn contact_copy(
        &self,
        integration: &IntegrationId,
        phone: &PhoneNumber,
    ) -> Result<Option<Row<ContactCopy>>, StoreError> {
        self.get(&Key::contact_copy(self.tenant, phone, integration)).await
    }

    pub async fn replace_contact_copy(
        &self,
        row: &Row<ContactCopy>,
        copy: &ContactCopy,
    ) -> Result<(), StoreError> {
        self.replace(&Key::contact_copy(self.tenant, &copy.phone, &copy.integration), row, copy)
            .await
    }

    /// Where this person's contact was copied to, or is to be.
    pub async fn contact_copies(
        &self,
        phone: &PhoneNumber,
        asked: Asked,
    ) -> Result<Page<ContactCopy>, StoreError> {
        let place = keys::phone(self.tenant, phone);
        self.listed(List::partition(Table::State, place, "COPY#"), asked).await
    }
}

impl Transaction<'_> {
    /// Changes a copy, on condition that it is still as it was read.
    pub fn set_contact_copy(self, read: Option<&Row<ContactCopy>>, copy: &ContactCopy) -> Self {
        let key = Key::contact_copy(self.tenant(), &copy.phone, &copy.integration);
        match read {
            Some(row) => self.replace(&key, row, copy),
            None => self.add(&key, copy),
        }
    }

    /// Forgets that somebody's contact was copied. The copy itself is on the other side.
    pub fn forget_contact_copy(self, copy: &ContactCopy) -> Self {
        let key = Key::contact_copy(self.tenant(), &copy.phone, &copy.integration);
        self.delete(&key)
    }
}
