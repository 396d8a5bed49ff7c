//! Installations of the marketplace app, kept with the operators' things.

use domain::{
    ids::{LocationId, TenantId},
    install::{Install, Standing, Way},
    jobs::{CrmWork, Job},
    token::TokenState,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    item::{Item, Row, Table, Work},
    keys::{self, Key},
    page::{Asked, List, Page},
    store::{Added, Store, StoreError},
    transaction::Transaction,
    vault::Sealed,
};

/// An installation, with what is not settled about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredInstall {
    #[serde(flatten)]
    pub install: Install,
    /// They wait for a tenant and are not refreshed meanwhile: a refresh token lives for a year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<WaitingTokens>,
    /// Whose it is to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Wanted>,
    /// Why it could not be given to whom it was wanted for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When somebody has to go on with it; nothing once it is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

/// Who wants a location for which tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    pub tenant: TenantId,
    /// As the audit log names them.
    pub who: String,
    pub request: String,
}

impl StoredInstall {
    pub fn new(install: Install) -> Self {
        Self { install, tokens: None, wanted: None, why: None, due: None }
    }

    /// Whether there are tokens that could be a tenant's.
    pub fn has_tokens(&self) -> bool {
        self.tokens.is_some() || self.install.way == Some(Way::Company)
    }

    /// Whether nothing goes on with it until an operator says whose it is.
    pub fn is_waiting(&self) -> bool {
        self.install.standing() == Standing::Unattached && self.due.is_none() && self.has_tokens()
    }

    pub fn job(&self) -> Job {
        Job::Crm(CrmWork::Settle { location: self.install.location.clone() })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingTokens {
    pub access: Sealed,
    pub refresh: Option<Sealed>,
    pub state: TokenState,
    /// What the person allowed us to do.
    pub scopes: Vec<String>,
}

impl Item for StoredInstall {
    const KIND: &'static str = "install";
    const TABLE: Table = Table::State;

    fn work(&self, _tenant: &TenantId) -> Option<Work> {
        Some(Work { at: self.due?, job: self.job() })
    }

    fn recent(&self, _tenant: &TenantId) -> Option<(String, Timestamp)> {
        Some((keys::installs(), self.install.since))
    }
}

impl Store {
    /// The app's installation in a location, whosever it is.
    pub async fn install(
        &self,
        location: &LocationId,
    ) -> Result<Option<Row<StoredInstall>>, StoreError> {
        self.get(&Key::install(location)).await
    }

    /// All installations, for an operator.
    pub async fn installs(&self, asked: Asked) -> Result<Page<StoredInstall>, StoreError> {
        let platform = TenantId::platform();
        self.of(&platform).listed(List::recent(Table::State, keys::installs()), asked).await
    }

    /// Writes an installation, unless it has changed since it was read.
    pub async fn set_install(
        &self,
        read: Option<&Row<StoredInstall>>,
        next: &StoredInstall,
    ) -> Result<(), StoreError> {
        let (platform, key) = (TenantId::platform(), Key::install(&next.install.location));
        let scope = self.of(&platform);
        match read {
            Some(row) => scope.replace(&key, row, next).await,
            None => match scope.add(&key, next).await? {
                Added::New => Ok(()),
                Added::AlreadyThere => Err(StoreError::Conflict),
            },
        }
    }
}

impl Transaction<'_> {
    /// Changes an installation together with what it means for others.
    pub fn set_install(self, read: Option<&Row<StoredInstall>>, next: &StoredInstall) -> Self {
        let key = Key::install(&next.install.location);
        match read {
            Some(row) => self.replace(&key, row, next),
            None => self.add(&key, next),
        }
    }
}
