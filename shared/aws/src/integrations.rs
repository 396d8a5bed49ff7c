//! Integrations, their sealed credentials, and the way from an outside id to a tenant.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{
    AttributeValue::S,
    builders::{DeleteBuilder, PutBuilder},
};
use domain::{
    ids::{IntegrationId, LocationId, TenantId},
    integration::Integration,
};
use serde::{Deserialize, Serialize};

use crate::{
    item::{Item, Row, Table, decode},
    keys::Key,
    store::{Added, IS_NEW, Scope, Store, StoreError},
    transaction::{Commit, Condition, Transaction},
    vault::Sealed,
};

impl Item for Integration {
    const KIND: &'static str = "integration";
    const TABLE: Table = Table::State;
}

/// A route leads to this tenant's integration.
const IS_OURS: &str = "#tenant = :tenant AND integration = :integration";

/// Whose integration an outside id is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTo {
    pub tenant: TenantId,
    pub integration: IntegrationId,
}

impl Item for RouteTo {
    const KIND: &'static str = "route";
    const TABLE: Table = Table::State;
}

#[derive(Debug, Serialize, Deserialize)]
struct Credential {
    name: String,
    #[serde(flatten)]
    sealed: Sealed,
}

impl Item for Credential {
    const KIND: &'static str = "credential";
    const TABLE: Table = Table::State;
}

impl Store {
    /// Whose integration this is. The caller has proven nothing yet: use the answer to find what
    /// verifies them, and for nothing else before they are verified.
    pub async fn route_of_integration(
        &self,
        integration: &IntegrationId,
    ) -> Result<Option<RouteTo>, StoreError> {
        let found = self.get(&Key::route_of_integration(integration)).await?;
        Ok(found.map(|row| row.body))
    }

    /// Whose location this is.
    pub async fn route_of_location(
        &self,
        location: &LocationId,
    ) -> Result<Option<RouteTo>, StoreError> {
        let found = self.get(&Key::route_of_location(location)).await?;
        Ok(found.map(|row| row.body))
    }
}

impl Scope<'_> {
    /// The integration with the version it was read at.
    pub async fn integration_row(
        &self,
        id: &IntegrationId,
    ) -> Result<Option<Row<Integration>>, StoreError> {
        self.get(&Key::integration(self.tenant, id)).await
    }

    pub async fn integration(&self, id: &IntegrationId) -> Result<Option<Integration>, StoreError> {
        Ok(self.get(&Key::integration(self.tenant, id)).await?.map(|row| row.body))
    }

    pub async fn integrations(&self) -> Result<Vec<Integration>, StoreError> {
        let found = self.items_beginning("INT#").await?;
        found.into_iter().map(|item| Ok(decode::<Integration>(item)?.body)).collect()
    }

    /// Adds an integration together with the route that leads to it.
    pub async fn add_integration(&self, integration: &Integration) -> Result<Added, StoreError> {
        Ok(match self.transaction().add_integration(integration).commit().await? {
            Commit::Done => Added::New,
            Commit::Refused(_) => Added::AlreadyThere,
        })
    }

    /// From now on what comes from this location is this tenant's.
    pub async fn add_location(
        &self,
        location: &LocationId,
        integration: &IntegrationId,
    ) -> Result<Added, StoreError> {
        let route = RouteTo { tenant: self.tenant.clone(), integration: integration.clone() };
        self.add(&Key::route_of_location(location), &route).await
    }

    /// All sealed credentials of an integration, by name.
    pub async fn credentials(
        &self,
        integration: &IntegrationId,
    ) -> Result<BTreeMap<String, Sealed>, StoreError> {
        let found = self.items_beginning(&format!("CRED#{integration}#")).await?;
        found
            .into_iter()
            .map(|item| {
                let credential = decode::<Credential>(item)?.body;
                Ok((credential.name, credential.sealed))
            })
            .collect()
    }

    /// Writes a credential over whatever was there: the newest is the one to use.
    pub async fn set_credential(
        &self,
        integration: &IntegrationId,
        name: &str,
        sealed: Sealed,
    ) -> Result<(), StoreError> {
        self.transaction().set_credential(integration, name, sealed).commit().await?;
        Ok(())
    }

    async fn items_beginning(&self, sk: &str) -> Result<Vec<crate::item::Attributes>, StoreError> {
        let found = self
            .store
            .client
            .query()
            .table_name(self.store.table(Table::State))
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", S(Key::tenant(self.tenant).pk))
            .expression_attribute_values(":sk", S(sk.to_owned()))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(found.items.unwrap_or_default())
    }
}

impl Transaction<'_> {
    /// Adds an integration together with the route that leads to it.
    pub fn add_integration(self, integration: &Integration) -> Self {
        let route = RouteTo { tenant: self.tenant().clone(), integration: integration.id.clone() };
        let key = Key::integration(self.tenant(), &integration.id);
        self.add(&key, integration).add(&Key::route_of_integration(&integration.id), &route)
    }

    pub fn replace_integration(self, row: &Row<Integration>, integration: &Integration) -> Self {
        let key = Key::integration(self.tenant(), &integration.id);
        self.replace(&key, row, integration)
    }

    /// Takes an integration away, with the way that leads to it, unless it has changed since it was
    /// read. Its credentials go one by one.
    pub fn delete_integration(self, row: &Row<Integration>) -> Self {
        let key = Key::integration(self.tenant(), &row.body.id);
        let route = self.route(&row.body.id);
        self.delete_row(&key, row).delete_route(&Key::route_of_integration(&row.body.id), &route)
    }

    /// From now on what comes from this location is this tenant's, unless it is another's already.
    /// Only for who has shown that the location is theirs.
    pub fn claim_location(self, location: &LocationId, integration: &IntegrationId) -> Self {
        let route = self.route(integration);
        let (tenant, id) = (S(route.tenant.to_string()), S(route.integration.to_string()));
        let is_free = |put: PutBuilder| {
            put.condition_expression(format!("{IS_NEW} OR ({IS_OURS})"))
                .expression_attribute_names("#tenant", "tenant")
                .expression_attribute_values(":tenant", tenant)
                .expression_attribute_values(":integration", id)
        };
        let condition = Condition::Ours(RouteTo::KIND);
        self.put_on(&Key::route_of_location(location), &route, is_free, condition)
    }

    /// Nothing leads from this location any more. Refused if it has become another's.
    pub fn delete_location(self, location: &LocationId, integration: &IntegrationId) -> Self {
        let route = self.route(integration);
        self.delete_route(&Key::route_of_location(location), &route)
    }

    fn route(&self, integration: &IntegrationId) -> RouteTo {
        RouteTo { tenant: self.tenant().clone(), integration: integration.clone() }
    }

    fn delete_route(self, key: &Key, route: &RouteTo) -> Self {
        let is_ours = |delete: DeleteBuilder| {
            delete
                .condition_expression(IS_OURS)
                .expression_attribute_names("#tenant", "tenant")
                .expression_attribute_values(":tenant", S(route.tenant.to_string()))
                .expression_attribute_values(":integration", S(route.integration.to_string()))
        };
        self.delete_on(key, is_ours, Condition::Ours(RouteTo::KIND))
    }

    /// Writes a credential over whatever was there: the newest is the one to use.
    pub fn set_credential(self, integration: &IntegrationId, name: &str, sealed: Sealed) -> Self {
        let key = Key::credential(self.tenant(), integration, name);
        self.set(&key, &Credential { name: name.to_owned(), sealed })
    }

    pub fn delete_credential(self, integration: &IntegrationId, name: &str) -> Self {
        let key = Key::credential(self.tenant(), integration, name);
        self.delete(&key)
    }
}
