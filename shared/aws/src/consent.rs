//! The opt-out registry and the consent ledger.

use domain::{
    consent::{ConsentEntry, OptOut},
    ids::TenantId,
    phone::PhoneNumber,
};

use crate::{
    item::{Item, Row, Table, Work, decode},
    keys::Key,
    store::{Scope, StoreError},
    transaction::Transaction,
};

impl Item for OptOut {
    const KIND: &'static str = "opt-out";
    const TABLE: Table = Table::State;

    fn work(&self, tenant: &TenantId) -> Option<Work> {
        Some(Work::Due { at: self.due?, job: self.job(tenant) })
    }
}

impl Item for ConsentEntry {
    const KIND: &'static str = "consent entry";
    const TABLE: Table = Table::State;
}

impl Scope<'_> {
    pub async fn opt_out(&self, phone: &PhoneNumber) -> Result<Option<Row<OptOut>>, StoreError> {
        self.get(&Key::opt_out(self.tenant, phone)).await
    }

    /// Everything this phone ever said about being texted, oldest first: at most 1 MB of it.
    pub async fn consent_history(
        &self,
        phone: &PhoneNumber,
    ) -> Result<Vec<ConsentEntry>, StoreError> {
        use aws_sdk_dynamodb::types::AttributeValue::S;

        let key = Key::opt_out(self.tenant, phone);
        let found = self
            .store
            .client
            .query()
            .table_name(self.store.table(Table::State))
            .key_condition_expression("pk = :pk AND begins_with(sk, :entries)")
            .expression_attribute_values(":pk", S(key.pk.clone()))
            .expression_attribute_values(":entries", S("CONSENT#".to_owned()))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let items = found.items.unwrap_or_default().into_iter();
        items.map(|item| Ok(decode::<ConsentEntry>(item)?.body)).collect()
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
