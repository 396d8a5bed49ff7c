//! What GoHighLevel posts to us.
//!
//! **Invariant:** nothing is read that is not signed. [`Signed`] can be had by checking a signature
//! only, and it is the only thing that a message can be read from.

mod keys;
mod provider_message;
mod signed;

pub use keys::{GHL_PUBLIC_KEY, InvalidKeys, Keys};
pub use provider_message::{ProviderMessage, TextKind, Unreadable};
pub use signed::{Forged, Signed};
