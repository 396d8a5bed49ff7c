//! The cloud on this machine: DynamoDB inside our own process, everything else in an emulator
//! that is installed and started on demand and cannot outlive us.
//!
//! **Invariant:** listens on the loopback interface only, and writes nothing outside the cache.

pub mod cache;
pub mod control;
pub mod dynamo;
pub mod gate;
pub mod ministack;

mod install;
pub(crate) mod proxy;

pub use cache::Cache;
pub use control::{Control, ControlError};
pub use dynamo::Dynamo;
pub use gate::Gate;
pub use ministack::Ministack;

/// Hears of the steps that take long.
pub type Tell = fn(&str);

/// The region of everything local.
pub const REGION: &str = "us-east-1";

/// The account of everything local.
pub const ACCOUNT: &str = "000000000000";
