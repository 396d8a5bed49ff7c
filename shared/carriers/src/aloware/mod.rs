//! Aloware, a contact centre that can be told of contacts and asked to text them.
//!
//! What its documents leave open is left open here: the answer to a send names no message, and the
//! fields of its webhooks are not written down anywhere, so nothing is read from them.

mod authorization;
mod call;
mod contacts;
mod send;
mod webhook;

use domain::phone::PhoneNumber;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use self::{
    call::Error,
    contacts::{Found, NewContact},
    webhook::Webhook,
};

/// Through what we send, and whom we tell of contacts.
#[derive(Clone, Debug)]
pub struct Account {
    pub base_url: String,
    /// It goes into the body of a `POST` and into the query of a `GET`.
    pub api_token: SecretString,
    /// What texts leave from, where it is not the number that the text itself names.
    pub line: Option<Line>,
}

/// What Aloware sends a text from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Number(PhoneNumber),
    Id(LineId),
}

/// A line, as Aloware calls it. Whether that is a number or a text is for it to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LineId {
    Number(u64),
    Text(String),
}

/// What verifies the webhooks of one account.
#[derive(Clone, Debug)]
pub struct Verifier {
    pub scheme: Scheme,
    /// One, or two while it is being rotated. For [`Scheme::Basic`] each is `user:password`.
    pub secrets: Vec<SecretString>,
}

/// How Aloware shows who it is. It can also be set to show nothing, and then we could not tell who
/// calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    #[default]
    Bearer,
    Basic,
}
