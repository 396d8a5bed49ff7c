//! Everything that talks to AWS: the tables, the queues, the vault, what we log and measure.
//!
//! **Invariant:** nothing outside this crate names an `aws_sdk_*` type, and nothing in it knows a
//! carrier or the CRM.

mod consent;
mod contact_copies;
mod conversations;
pub mod due;
mod env;
mod events;
mod integrations;
mod item;
mod keys;
pub mod logs;
mod mappings;
mod messages;
pub mod metrics;
pub mod queue;
mod store;
mod sync_log;
mod tellings;
mod tenants;
mod transaction;
pub mod vault;

pub use conversations::PhoneOwner;
pub use env::{Endpoints, Env, EnvError};
pub use integrations::RouteTo;
pub use item::Row;
pub use keys::ForeignId;
pub use queue::{Again, Queue, QueueError, Queues};
pub use store::{Added, Scope, Store, StoreError};
pub use transaction::{Commit, Condition, Transaction};
pub use vault::{Sealed, Vault, VaultError};
