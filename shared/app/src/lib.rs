//! Use-cases that two or more functions need: the ways from a tenant to its connected providers,
//! taking in what a carrier says, and moving a message on together with what follows from it.
//!
//! **Invariant:** nothing here knows Lambda or how a request looks. It is where `aws`, `ghl` and
//! `carriers` meet; they do not know each other.

mod advance;
mod cache;
mod channels;
mod connections;
mod crm;
mod installing;
mod intake;
mod link;
pub mod pace;
mod renewal;
mod standing;
mod tokens;

pub use advance::{Advance, step};
pub use channels::BaseUrls;
pub use connections::{Connection, ConnectionError, Connections, Unusable};
pub use crm::{Auth, Crm, CrmError, MENDING, MayBeRefusal};
pub use installing::{InstallError, Installing, Outcome, SCOPES, not_allowed};
pub use intake::{Intake, IntakeError, Taken};
pub use link::{LINK_LIVES, Link, LinkError};
pub use pace::Pace;
pub use renewal::{Marketplace, Renewal, RenewalError, Renewed, holder_of};
pub use standing::opt_out_by_carrier;
pub use tokens::{Access, TokenError, Tokens};
