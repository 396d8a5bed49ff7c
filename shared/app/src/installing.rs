//! From somebody's consent to a tenant that works with its location.
//!
//! What was granted is stored first, as work that is due until it is settled; so a function that dies
//! in between leaves nothing half done that nobody goes on with. Settling gives the location to the
//! tenant for which it is wanted, or leaves it for an operator to say whose it is.

mod agency;
mod attach;
mod granted;
mod job;
mod scopes;
mod taken_back;
mod told;

use aws::{Commit, Env, EnvError, Queue, SecretError, StoreError, VaultError};
use domain::ids::LocationId;
use jiff::SignedDuration;

pub(crate) use scopes::NOT_ALLOWED;
pub use scopes::{SCOPES, not_allowed};

use crate::{Renewal, RenewalError, renewal::NotGiven};

/// A business that is not active at GoHighLevel is asked about once a day.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// Items that are read at a time, of all installations or agencies.
const PAGE: i32 = 100;

/// Connects locations.
#[derive(Debug)]
pub struct Installing {
    pub renewal: Renewal,
    /// How our conversation provider was made in the marketplace; it is the same for all locations.
    pub provider: ghl::Provider,
    /// Where the work is let go on that waited for the connection.
    pub reports: Queue,
}

impl Installing {
    /// How a function with this environment connects locations.
    pub fn of(client: ghl::Client, env: &Env) -> Result<Self, EnvError> {
        Ok(Self {
            renewal: Renewal::of(client, env)?,
            provider: ghl::Provider::with(env.optional("GHL_CONVERSATION_PROVIDER_ID")),
            reports: env.queue("REPORTS_QUEUE_URL")?,
        })
    }
}

/// What came of a consent, for the person who gave it.
#[derive(Clone, Debug, PartialEq, Eq, strum::Display)]
pub enum Outcome {
    /// The tenant, whose name this is, works with the location. A location that is connected again
    /// has to have its SMS provider chosen again.
    #[strum(to_string = "connected")]
    Connected { location: LocationId, brand: String, again: bool },
    /// An operator has to say whose it is.
    #[strum(to_string = "waits for an operator")]
    Waiting { location: LocationId },
    /// An agency consented for so many locations. They are being looked at.
    #[strum(to_string = "an agency's")]
    Agency { locations: usize },
    /// The app was not allowed all that it needs. Where it was allowed that before (`kept`), the
    /// tenant goes on with the tokens of then.
    #[strum(to_string = "scopes are missing")]
    ScopesMissing { location: LocationId, missing: Vec<String>, kept: bool },
    /// The location is another tenant's.
    #[strum(to_string = "another tenant's")]
    Elsewhere,
    /// The tenant has another location, which would have to be disconnected first.
    #[strum(to_string = "the tenant has another location")]
    Occupied,
}

#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error("GoHighLevel did not give tokens")]
    Ghl(#[from] ghl::Error),
    #[error("the grant does not say for which location or agency it is")]
    Nobodys,
    #[error("the location is not active at GoHighLevel")]
    Suspended,
    #[error("GoHighLevel does not take the agency's tokens any more")]
    AgencyLost,
    #[error("the agency's tokens are being renewed")]
    NotYet,
    #[error("the installation could not be stored")]
    Store(#[from] StoreError),
    #[error("tokens could not be sealed or opened")]
    Vault(#[from] VaultError),
    #[error("the tokens could not be renewed")]
    Renewal(#[from] RenewalError),
    #[error("the app's secret could not be read")]
    Secret(#[from] SecretError),
}

impl InstallError {
    /// Whether trying again could only get the same answer.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Nobodys | Self::AgencyLost | Self::Store(StoreError::Missing(_)) => true,
            Self::Ghl(error) => !error.is_transient(),
            Self::Suspended
            | Self::NotYet
            | Self::Store(_)
            | Self::Vault(_)
            | Self::Renewal(_)
            | Self::Secret(_) => false,
        }
    }
}

impl From<NotGiven> for InstallError {
    fn from(why: NotGiven) -> Self {
        match why {
            NotGiven::Suspended => Self::Suspended,
            NotGiven::Refused => Self::AgencyLost,
            NotGiven::NotYet { .. } => Self::NotYet,
            NotGiven::NoAnswer(error) => Self::Ghl(error),
            NotGiven::Renewal(error) => Self::Renewal(error),
        }
    }
}

fn done(commit: &Commit) -> Result<(), StoreError> {
    match commit {
        Commit::Done => Ok(()),
        Commit::Refused(_) => Err(StoreError::Conflict),
    }
}
