//! What a simulated GHL is started with.

use std::time::Duration;

use super::{app::App, location::Location};
use crate::sims::clock::Clock;

/// The fixed seed of the default signing key, so that a recorded signature stays valid.
const SIGNING_SEED: [u8; 32] = *b"simulated GoHighLevel, seed one.";

/// How a simulated GHL behaves. What the documents leave open is a field here.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port on 127.0.0.1, or 0 for any.
    pub port: u16,
    pub clock: Clock,
    pub locations: Vec<Location>,
    /// The Ed25519 seed behind `X-GHL-Signature`.
    pub signing_seed: [u8; 32],
    /// How long after its creation a message has no provider yet, by the clock.
    pub status_race: Duration,
    pub limits: Limits,
    /// Whether messages are read back with their `altId`, which no document promises.
    pub echo_alt_id: bool,
    /// Whether deliveries carry `conversationId` and `conversationProviderId`, which were seen but
    /// are not documented.
    pub extended_delivery: bool,
    /// The status for a contact that does not exist. Both 400 and 404 are plausible.
    pub unknown_contact: u16,
    /// Where the provider's deliveries go.
    pub delivery_url: Option<String>,
    pub redelivery: Redelivery,
    /// The app in the marketplace, if there is one.
    pub app: Option<App>,
    /// The agency that all locations are of.
    pub company: String,
}

impl Options {
    /// The documented behaviour, and no location yet.
    ///
    /// A set clock belongs to a test, which redelivers by hand.
    pub fn new(clock: Clock) -> Self {
        let redelivery = match &clock {
            Clock::Machine => {
                Redelivery::Automatic { retries: 12, first_wait: Duration::from_secs(1) }
            }
            Clock::Set(_) => Redelivery::Manual,
        };
        Self {
            port: 0,
            clock,
            locations: Vec::new(),
            signing_seed: SIGNING_SEED,
            status_race: Duration::from_secs(5),
            limits: Limits::default(),
            echo_alt_id: false,
            extended_delivery: false,
            unknown_contact: 400,
            delivery_url: None,
            redelivery,
            app: None,
            company: "companySimulated0001".to_owned(),
        }
    }

    /// With an app in the marketplace.
    #[must_use]
    pub fn app(mut self, app: App) -> Self {
        self.app = Some(app);
        self
    }

    #[must_use]
    pub fn location(mut self, location: Location) -> Self {
        self.locations.push(location);
        self
    }
}

/// How many calls a location may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub per_interval: u32,
    pub interval: Duration,
    pub per_day: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_interval: 100, interval: Duration::from_secs(10), per_day: 200_000 }
    }
}

/// What follows when a delivery is not answered with 2xx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redelivery {
    /// Nothing, until [`GhlSim::redeliver`](super::GhlSim::redeliver).
    Manual,
    /// Further attempts, each after twice the wait of the one before.
    Automatic { retries: u32, first_wait: Duration },
}
