//! The Texting contract TP/1, which any provider of texts can implement. It is ours, so it has what
//! the others lack: an idempotency key for sends, and ids of events.

mod codes;
mod fields;
mod send;
mod signature;
mod webhook;

use secrecy::SecretString;

pub use self::webhook::Webhook;
use crate::AddressOwner;

/// Through what we send.
#[derive(Clone, Debug)]
pub struct Account {
    pub base_url: String,
    pub address_owner: AddressOwner,
    pub api_key: SecretString,
}

/// What verifies the webhooks of one account.
#[derive(Clone, Debug)]
pub struct Verifier {
    /// One, or two while it is being rotated.
    pub secrets: Vec<SecretString>,
    /// The secret alone is not enough: the body must be signed with it.
    pub require_signature: bool,
}
