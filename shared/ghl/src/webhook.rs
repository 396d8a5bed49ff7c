//! What GoHighLevel posts to us.
//!
//! **Invariant:** nothing is read that is not signed. [`Signed`] can be had by checking a signature
//! only, and it is the only thing that a message or an event can be read from.

pub mod event;
pub mod workflow;

mod keys;
mod legacy;
mod provider_message;
mod signed;

pub use keys::{GHL_PUBLIC_KEY, InvalidKeys, Keys};
pub use legacy::{GHL_LEGACY_KEY, InvalidLegacyKey, LegacyKey};
pub use provider_message::{ProviderMessage, TextKind, Unreadable};
pub use signed::{Forged, Signed};
