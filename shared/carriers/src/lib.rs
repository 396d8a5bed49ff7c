//! The dialects of the carriers: Twilio, Telnyx, Aloware, and whoever speaks the Texting contract
//! TP/1. Each module checks who sent a webhook, reads it in our terms, and sends a text. Adding a
//! carrier is adding a module and a [`Channel`].
//!
//! **Invariant:** nothing here knows the CRM or AWS, keeps state, or calls a carrier twice for one
//! send. A webhook can be read only after its signature was checked.

pub mod aloware;
pub mod telnyx;
pub mod texting;
pub mod twilio;

mod callers;
mod codes;
mod outcome;
mod probe;
mod read;
#[cfg(test)]
mod testing;

use domain::{
    ids::fingerprint,
    outbound::{OutboundText, Sending},
};

pub use crate::{
    callers::{AddressOwner, Callers},
    read::{Forged, Malformed},
};

/// The secrets and settings of one connected account, as the vault gives them.
#[derive(Clone, Debug)]
pub enum Channel {
    Twilio(twilio::Account),
    Telnyx(telnyx::Account),
    Texting(texting::Account),
    Aloware(aloware::Account),
}

impl Channel {
    /// Who is called, where they know a repetition by our message's id and answer as before: by their
    /// address, for nobody else there knows it.
    pub fn knows_repetitions(&self) -> Option<String> {
        match self {
            Self::Texting(account) => Some(fingerprint(&[&account.base_url])),
            Self::Twilio(_) | Self::Telnyx(_) | Self::Aloware(_) => None,
        }
    }

    /// Asks the carrier to send `text`, once.
    pub async fn send(&self, callers: &Callers, text: &OutboundText) -> Sending {
        match self {
            Self::Twilio(account) => account.send(callers.to(AddressOwner::Operator), text).await,
            Self::Telnyx(account) => account.send(callers.to(AddressOwner::Operator), text).await,
            Self::Texting(account) => account.send(callers, text).await,
            Self::Aloware(account) => account.send(callers.to(AddressOwner::Operator), text).await,
        }
    }
}
