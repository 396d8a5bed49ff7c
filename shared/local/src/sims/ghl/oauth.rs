//! How an app comes by tokens: the consent page, the token endpoint, and the ways from an agency to
//! its locations.

mod agency;
mod consent;
mod grants;
mod handle;
mod page;
mod reconnect;
mod token;

pub(super) use agency::{installed_locations, location_token};
pub use consent::Consent;
pub(super) use grants::{Grants, Whom};
pub(super) use page::routes;
pub(super) use reconnect::reconnect;
pub(super) use token::{token, unfit};
