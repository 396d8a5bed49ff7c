//! Deals, appointments and users, as the CRM last told of them.

use domain::{
    ids::{ContactId, CrmAppointmentId, CrmOpportunityId, CrmUserId, TenantId},
    mirror::{Appointment, Deal, User},
};
use jiff::Timestamp;

use crate::{
    item::{Item, Row, Table},
    keys::{self, Key},
    page::{Asked, List, Page},
    store::{Scope, StoreError},
    transaction::Transaction,
};

impl Item for Deal {
    const KIND: &'static str = "deal";
    const TABLE: Table = Table::State;

    fn recent(&self, tenant: &TenantId) -> Option<(String, Timestamp)> {
        Some((keys::deals(tenant, self.contact.as_ref()), self.told_at))
    }
}

impl Item for Appointment {
    const KIND: &'static str = "appointment";
    const TABLE: Table = Table::State;

    fn recent(&self, tenant: &TenantId) -> Option<(String, Timestamp)> {
        Some((keys::appointments(tenant, self.contact.as_ref()), self.told_at))
    }
}

impl Item for User {
    const KIND: &'static str = "user";
    const TABLE: Table = Table::State;

    fn recent(&self, tenant: &TenantId) -> Option<(String, Timestamp)> {
        Some((keys::users(tenant), self.told_at))
    }
}

impl Scope<'_> {
    pub async fn deal(&self, id: &CrmOpportunityId) -> Result<Option<Row<Deal>>, StoreError> {
        self.get(&Key::deal(self.tenant, id)).await
    }

    pub async fn appointment(
        &self,
        id: &CrmAppointmentId,
    ) -> Result<Option<Row<Appointment>>, StoreError> {
        self.get(&Key::appointment(self.tenant, id)).await
    }

    pub async fn user(&self, id: &CrmUserId) -> Result<Option<Row<User>>, StoreError> {
        self.get(&Key::user(self.tenant, id)).await
    }

    /// A contact's deals; without one, those that are nobody's.
    pub async fn deals(
        &self,
        contact: Option<&ContactId>,
        asked: Asked,
    ) -> Result<Page<Deal>, StoreError> {
        self.listed(List::recent(Table::State, keys::deals(self.tenant, contact)), asked).await
    }

    /// A contact's appointments; without one, those that are nobody's.
    pub async fn appointments(
        &self,
        contact: Option<&ContactId>,
        asked: Asked,
    ) -> Result<Page<Appointment>, StoreError> {
        let list = keys::appointments(self.tenant, contact);
        self.listed(List::recent(Table::State, list), asked).await
    }

    /// Those who work in the CRM, or did.
    pub async fn users(&self, asked: Asked) -> Result<Page<User>, StoreError> {
        self.listed(List::recent(Table::State, keys::users(self.tenant)), asked).await
    }
}

impl Transaction<'_> {
    /// Changes a mirror, on condition that it is still as it was read.
    pub fn set_deal(self, read: Option<&Row<Deal>>, deal: &Deal) -> Self {
        let key = Key::deal(self.tenant(), &deal.it.id);
        self.mirror(&key, read, deal)
    }

    pub fn set_appointment(
        self,
        read: Option<&Row<Appointment>>,
        appointment: &Appointment,
    ) -> Self {
        let key = Key::appointment(self.tenant(), &appointment.it.id);
        self.mirror(&key, read, appointment)
    }

    pub fn set_user(self, read: Option<&Row<User>>, user: &User) -> Self {
        let key = Key::user(self.tenant(), &user.it.id);
        self.mirror(&key, read, user)
    }

    pub fn forget_deal(self, deal: &Deal) -> Self {
        let key = Key::deal(self.tenant(), &deal.it.id);
        self.delete(&key)
    }

    pub fn forget_appointment(self, appointment: &Appointment) -> Self {
        let key = Key::appointment(self.tenant(), &appointment.it.id);
        self.delete(&key)
    }

    pub fn forget_user(self, user: &User) -> Self {
        let key = Key::user(self.tenant(), &user.it.id);
        self.delete(&key)
    }

    fn mirror<T: Item>(self, key: &Key, read: Option<&Row<T>>, it: &T) -> Self {
        match read {
            Some(row) => self.replace(key, row, it),
            None => self.add(key, it),
        }
    }
}
