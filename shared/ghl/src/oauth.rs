//! How an app comes by tokens, and how it keeps them.
//!
//! A refresh token is good for one use, and then for half a minute more. Who calls must write a
//! grant down before using it, and must know after a failure whether the old token may be used up:
//! [`Error::may_have_happened`](crate::Error::may_have_happened) says so.

mod consent;
mod grant;
mod installed;
mod reconnect;
mod tokens;

use std::sync::Arc;

use domain::ids::CompanyId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{
    Gate,
    client::{Effect, Task, Version},
};

pub use consent::{NoConsentPage, consent_url};
pub use grant::Grant;
pub use installed::{InstalledLocation, InstalledPage};
pub use reconnect::Owner;

/// The app, as it is registered in the marketplace.
#[derive(Clone, Debug)]
pub struct App {
    pub base_url: String,
    pub client_id: String,
    pub client_secret: SecretString,
    pub redirect_uri: String,
}

/// What it takes to speak for an agency.
#[derive(Clone, Debug)]
pub struct Agency {
    pub app: App,
    pub company: CompanyId,
    pub token: SecretString,
    /// Who lets the calls through; without one they are all made at once.
    pub gate: Option<Arc<dyn Gate>>,
}

/// Whom a token is for. GoHighLevel refuses one where it wants the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// An agency: its token can only be exchanged for those of its locations.
    Company,
    /// A location: its token reads and writes what is in it.
    Location,
}

/// What a person brings from the consent page. It is good for one exchange, within minutes.
#[derive(Clone, Debug)]
pub struct AuthorizationCode(SecretString);

impl App {
    /// The id that events and lists of installations carry. A client id is one with a suffix.
    pub fn app_id(&self) -> &str {
        self.client_id.split_once('-').map_or(&self.client_id, |(app_id, _)| app_id)
    }
}

impl Level {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Company => "Company",
            Self::Location => "Location",
        }
    }

    pub(crate) fn read(raw: &str) -> Option<Self> {
        [Self::Company, Self::Location].into_iter().find(|it| it.as_str() == raw)
    }
}

impl AuthorizationCode {
    pub fn new(code: impl Into<String>) -> Self {
        Self(code.into().into())
    }
}

const fn task(name: &'static str, effect: Effect) -> Task {
    Task { name, version: Version::OAuth, effect }
}
