//! Telnyx messaging, API v2. See <https://developers.telnyx.com/docs/messaging>.

mod codes;
mod send;
mod signature;
mod webhook;

use secrecy::SecretString;

pub use self::webhook::Webhook;

/// Through what we send.
#[derive(Clone, Debug)]
pub struct Account {
    /// `https://api.telnyx.com`, or where the local world plays Telnyx.
    pub base_url: String,
    pub api_key: SecretString,
    pub messaging_profile_id: Option<String>,
}

/// What verifies the webhooks of one account.
#[derive(Clone, Debug)]
pub struct Verifier {
    /// From the portal, in base64: one, or two while it is being changed.
    pub public_keys: Vec<String>,
}
