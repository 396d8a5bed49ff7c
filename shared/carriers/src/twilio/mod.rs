//! Twilio Programmable Messaging. See <https://www.twilio.com/docs/messaging/api>.

mod codes;
mod keywords;
mod send;
mod signature;
mod webhook;

use secrecy::SecretString;

pub use self::webhook::Webhook;

/// Through what we send.
#[derive(Clone, Debug)]
pub struct Account {
    /// `https://api.twilio.com`, or where the local world plays Twilio.
    pub base_url: String,
    pub account_sid: String,
    /// The sid of an API key. Without one, the account signs in itself.
    pub api_user: Option<String>,
    /// The key's secret, or the account's auth token.
    pub api_secret: SecretString,
    /// Sends through this service, with our number as the preferred sender.
    pub messaging_service_sid: Option<String>,
    /// Lets Twilio replace look-alike characters that would double the price of a text.
    pub smart_encoded: bool,
}

/// What verifies and explains the webhooks of one account.
#[derive(Clone, Debug)]
pub struct Verifier {
    pub account_sid: String,
    /// One, or two while it is being rotated. API keys do not sign.
    pub auth_tokens: Vec<SecretString>,
    /// Twilio answers its default keywords itself, as it does unless it was asked not to.
    pub default_opt_out_handling: bool,
}
