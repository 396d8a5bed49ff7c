//! The app that is in the marketplace, and that people install.

use std::{fmt, time::Duration};

/// An app, as its maker has set it up.
#[derive(Clone)]
pub struct App {
    /// 24 hexadecimal digits, which are the app's id, a dash, and a suffix.
    pub client_id: String,
    pub client_secret: String,
    /// Where people are sent back to, to the letter.
    pub redirect_uri: String,
    /// What a consent allows; everything that is asked for if it is empty.
    pub scopes: Vec<String>,
    /// Where events go. Nowhere, and nothing is said of what happens.
    pub webhook_url: Option<String>,
    /// For how long an access token is good.
    pub token_life: Duration,
    /// Whether a code can be had without a person. Help pages differ on whether it still can.
    pub reconnects: bool,
    /// Whether a location's token that is had by its agency's comes with one to refresh it. Samples
    /// show one, and the specification none.
    pub location_tokens_refresh: bool,
    /// What a stale refresh token is refused with.
    pub stale_words: StaleWords,
    /// The version of the app that is installed.
    pub version_id: String,
}

/// Sources differ on how a refresh token that is unknown, expired or used is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaleWords {
    /// `invalid_grant`, as was seen in the field.
    OAuth,
    /// A status code and a message, as the specification has it.
    Plain,
}

impl App {
    pub fn new(client_id: &str, client_secret: &str, redirect_uri: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            scopes: Vec::new(),
            webhook_url: None,
            token_life: Duration::from_secs(86_399),
            reconnects: true,
            location_tokens_refresh: false,
            stale_words: StaleWords::OAuth,
            version_id: client_id.split('-').next().unwrap_or_default().to_owned(),
        }
    }

    pub(super) fn id(&self) -> &str {
        self.client_id.split('-').next().unwrap_or_default()
    }
}

/// Never shows the secret.
impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}
