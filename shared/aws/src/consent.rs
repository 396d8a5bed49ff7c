//! The opt-out registry and the consent ledger.

use domain::{
    consent::{ConsentEntry, OptOut},
    ids::TenantId,
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

impl Item for OptOut {
    const KIND: &'static str = "opt-out";
    const TABLE: Table = Table::State;

    fn work(&self, tenant: &TenantId) -> Option<Work> {
        Some(Work { at: self.due?, job: self.job(tenant) })
    }

    fn parked_since(&self) -> Option<Timestamp> {
        Some(self.parked.as_ref()?.since)
    }

    fn recent(&self, tenant: &TenantId) -> Option<(String, Timestamp)> {
        self.active.then(|| (keys::opt_outs(tenant), self.since))
    }
}

impl Item for ConsentEntry {
    const KIND: &'static str = "consent entry";
    const TABLE: Table = Table::State;

    fn recent(&self, tenant: &TenantId) -> Option<(String, Timestamp)> {
        Some((keys::consents(tenant), self.at))
    }
}

impl Scope<'_> {
    pub async fn opt_out(&self, phone: &PhoneNumber) -> Result<Option<Row<OptOut>>, StoreError> {
        self.get(&Key::opt_out(self.tenant, phone)).await
    }

    /// Who must not be texted.
    pub async fn opt_outs(&self, asked: Asked) -> Result<Page<OptOut>, StoreError> {
        self.listed(List::recent(Table::State, keys::opt_outs(self.tenant)), asked).await
    }

    /// The whole ledger of consent.
    pub async fn consents(&self, asked: Asked) -> Result<Page<ConsentEntry>, StoreError> {
        self.listed(List::recent(Table::State, keys::consents(self.tenant)), asked).await
    }

    /// Everything this phone ever said about being texted.
    pub async fn consent_history(
        &self,
        phone: &PhoneNumber,
        asked: Asked,
    ) -> Result<Page<ConsentEntry>, StoreError> {
        let key = Key::opt_out(self.tenant, phone);
        self.listed(List::partition(Table::State, key.pk, "CONSENT#"), asked).await
    }
}

impl Scope<'_> {
    pub async fn replace_opt_out(
        &self,
        row: &Row<OptOut>,
        standing: &OptOut,
    ) -> Result<(), StoreError> {
        self.replace(&Key::opt_out(self.tenant, &standing.phone), row, standing).await
    }
}

impl Transaction<'_> {
    /// Changes a phone's standing, on condition that it is still as it was read.
    pub fn set_opt_out(self, read: Option<&Row<OptOut>>, standing: &OptOut) -> Self {
        let key = Key::opt_out(self.tenant(), &standing.phone);
        match read {
            Some(row) => self.replace(&key, row, standing),
            None => self.add(&key, standing),
        }
    }

    /// Adds a line to the ledger. `cause` names what told us: the same cause gives the same line.
    pub fn add_consent(self, entry: &ConsentEntry, cause: &str) -> Self {
        let key = Key::consent(self.tenant(), &entry.phone, entry.at, cause);
        self.set(&key, entry)
    }
}
