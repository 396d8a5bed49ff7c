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
mod intake;
mod standing;

pub use advance::{Advance, step};
pub use channels::BaseUrls;
pub use connections::{Connection, ConnectionError, Connections, Unusable};
pub use crm::{Crm, CrmError, MENDING};
pub use intake::{Intake, IntakeError, Taken};
pub use standing::opt_out_by_carrier;
