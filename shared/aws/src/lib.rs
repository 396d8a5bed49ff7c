//! Everything that talks to AWS: the tables, the queues, the vault, what we log and measure.
//!
//! **Invariant:** nothing outside this crate names an `aws_sdk_*` type, and nothing in it knows a
//! carrier or the CRM.

pub mod api_keys;
mod audit;
mod consent;
mod contact_copies;
mod conversations;
mod dead_letters;
pub mod due;
mod env;
mod events;
mod installs;
mod integrations;
mod item;
mod keys;
mod leads;
mod limits;
pub mod logs;
mod mappings;
mod messages;
pub mod metrics;
mod mirrors;
mod numbers;
pub mod once;
mod page;
mod parked;
mod people;
pub mod queue;
mod random;
mod rates;
mod seal;
pub mod secrets;
mod store;
mod sync_log;
mod tellings;
mod tenants;
pub mod tokens;
mod transaction;
pub mod vault;

pub use api_keys::{NewApiKey, new_api_key, with_new_secret};
pub use conversations::PhoneOwner;
pub use dead_letters::{DeadLetter, DeadLetters, Lane};
pub use env::{Endpoints, Env, EnvError};
pub use installs::{StoredInstall, WaitingTokens, Wanted};
pub use integrations::RouteTo;
pub use item::{Row, Table};
pub use keys::ForeignId;
pub use page::{Asked, Order, Page, Position};
pub use parked::Waiting;
pub use people::Person;
pub use queue::{Again, Queue, QueueError, Queues};
pub use random::{NoRandomness, random_id};
pub use seal::Seal;
pub use secrets::{Secret, SecretError, Secrets, Versions};
pub use store::{Added, Scope, Store, StoreError};
pub use tokens::TokenPair;
pub use transaction::{Commit, Condition, Transaction};
pub use vault::{Sealed, Vault, VaultError};
