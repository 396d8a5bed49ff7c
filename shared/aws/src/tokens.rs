//! Access tokens that are refreshed, with how fresh they are.
//!
//! A pair is one item, sealed: what is written is the new pair and its state together, or neither.

use domain::{
    ids::{CompanyId, IntegrationId, LocationId, TenantId},
    jobs::{CrmWork, Job},
    token::{Happening, TokenState},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    item::{Item, Row, Table, Work},
    keys::{self, Key},
    page::{Asked, List, Page},
    store::{Scope, Store, StoreError},
    transaction::Transaction,
    vault::Sealed,
};

/// The fields that a pair is sealed for.
pub const ACCESS_TOKEN: &str = "oauth_access_token";
pub const REFRESH_TOKEN: &str = "oauth_refresh_token";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPair {
    pub tenant: TenantId,
    /// The integration that the pair is for; for an agency's pair, a name that stands for it.
    pub holder: IntegrationId,
    pub of: Holder,
    #[serde(flatten)]
    pub state: TokenState,
    /// When somebody last consented to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_at: Option<Timestamp>,
    pub access: Sealed,
    /// Nothing for a location whose agency gives it tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<Sealed>,
    /// What the app needs and was not allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// When somebody has to look which locations an agency's pair opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// How many of them have been looked at since that was asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub looked_at: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Whom a pair speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "level", rename_all = "snake_case")]
pub enum Holder {
    Company {
        company: CompanyId,
        /// Whether the agency wants us in locations that it has not got yet.
        #[serde(default)]
        future_locations: bool,
    },
    Location {
        location: LocationId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        company: Option<CompanyId>,
    },
}

impl TokenPair {
    /// The job that finds the locations of an agency.
    pub fn job(&self) -> Option<Job> {
        match &self.of {
            Holder::Company { company, .. } => {
                Some(Job::Crm(CrmWork::FindLocations { company: company.clone() }))
            }
            Holder::Location { .. } => None,
        }
    }

    /// Whether somebody has consented to it since `at`.
    pub fn is_granted_since(&self, at: Timestamp) -> bool {
        self.granted_at.unwrap_or(self.state.issued_at) > at
    }

    /// The same pair, with its agency's locations to be looked for from the first one on.
    #[must_use]
    pub fn to_be_looked_at(&self, now: Timestamp) -> Self {
        Self { due: Some(now), looked_at: 0, ..self.clone() }
    }

    /// The same pair, after this has happened to it.
    #[must_use]
    pub fn after(&self, happening: Happening, now: Timestamp) -> Self {
        Self { state: self.state.step(happening, now), ..self.clone() }
    }
}

impl Item for TokenPair {
    const KIND: &'static str = "token pair";
    const TABLE: Table = Table::State;

    fn work(&self, _tenant: &TenantId) -> Option<Work> {
        Some(Work { at: self.due?, job: self.job()? })
    }

    fn recent(&self, _tenant: &TenantId) -> Option<(String, Timestamp)> {
        Some((keys::due_tokens(), self.state.due()?))
    }
}

impl Store {
    /// Pairs that somebody has to look after, those first whose time comes first.
    pub async fn tokens_by_due(&self, asked: Asked) -> Result<Page<TokenPair>, StoreError> {
        let platform = TenantId::platform();
        self.of(&platform).listed(List::recent(Table::State, keys::due_tokens()), asked).await
    }
}

impl Scope<'_> {
    pub async fn tokens(
        &self,
        holder: &IntegrationId,
    ) -> Result<Option<Row<TokenPair>>, StoreError> {
        self.get(&Key::tokens(self.tenant, holder)).await
    }

    /// Writes it unless it has changed since it was read.
    pub async fn replace_tokens(
        &self,
        row: &Row<TokenPair>,
        next: &TokenPair,
    ) -> Result<(), StoreError> {
        self.replace(&Key::tokens(self.tenant, &next.holder), row, next).await
    }
}

impl Transaction<'_> {
    pub fn set_tokens(self, read: Option<&Row<TokenPair>>, next: &TokenPair) -> Self {
        let key = Key::tokens(self.tenant(), &next.holder);
        match read {
            Some(row) => self.replace(&key, row, next),
            None => self.add(&key, next),
        }
    }

    pub fn delete_tokens(self, holder: &IntegrationId) -> Self {
        let key = Key::tokens(self.tenant(), holder);
        self.delete(&key)
    }
}
