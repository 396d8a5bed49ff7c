//! `GoHighLevel`, as far as a provider of SMS meets it: contacts, conversations, delivery reports,
//! and an inbox in which an agent writes.
//!
//! A request is checked against the published `OpenAPI` files. One that they do not allow is refused
//! and kept as a [`Violation`], of which a correct client causes none.

mod agent;
mod answer;
mod app;
mod bearer;
mod calls;
mod contact;
mod contacts;
mod control;
mod conversations;
mod delivery;
mod door;
mod ids;
mod inbound;
mod inbox;
mod inspection;
mod installs;
mod journal;
mod limits;
mod location;
mod locations;
mod message;
mod oauth;
mod openapi;
mod operations;
mod options;
mod overrides;
mod peaks;
mod refusal;
mod request;
mod schema;
mod sending;
mod signing;
mod state;
mod status;
mod tags;
mod webhooks;
#[cfg(test)]
mod tests {
    mod api;
    mod delivery;
    mod installing;
    mod support;
    mod tokens;
    mod webhooks;
}

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::{
    agent::{AgentMessage, Heed, NotSent, SentByAgent},
    app::{App, StaleWords},
    contact::{Contact, DoNotDisturb},
    delivery::Delivered,
    installs::InstallEvent,
    journal::{Call, Violation},
    location::{Location, ProviderKind},
    message::{Message, MessageType},
    oauth::Consent,
    options::{Limits, Options, Redelivery},
    signing::PublicKey,
};
use self::{schema::Schema, signing::SigningKey, state::State, webhooks::Events};
use crate::sims::{
    fault::Plan,
    server::{self, Server},
};

/// A simulated GHL, listening until it is dropped.
#[derive(Debug)]
pub struct GhlSim {
    shared: Arc<Shared>,
    server: Server,
}

/// What the server and the handle on it share.
#[derive(Debug)]
struct Shared {
    options: Options,
    schema: &'static Schema,
    key: SigningKey,
    client: reqwest::Client,
    faults: Plan,
    state: Mutex<State>,
}

impl GhlSim {
    /// Starts one on 127.0.0.1.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let (port, shared) = (options.port, Arc::new(Shared::new(options)?));
        let router = control::routes()
            .merge(oauth::routes())
            .fallback(calls::handle)
            .with_state(Arc::clone(&shared));
        Ok(Self { shared, server: Server::start(port, router).await? })
    }

    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// The key that verifies `X-GHL-Signature`.
    pub fn public_key(&self) -> PublicKey {
        self.shared.key.public_key()
    }

    /// What is to go wrong. Operations have their names from `operations.rs`: `upsert_contact`,
    /// `add_inbound`, `update_status`, …
    pub fn faults(&self) -> &Plan {
        &self.shared.faults
    }

    pub fn set_delivery_url(&self, url: &str) {
        self.shared.state().delivery_url = Some(url.to_owned());
    }

    /// Adds a further location, with the app if the agency has it in all of its future ones.
    pub fn add_location(&self, location: Location) {
        let now = self.shared.options.clock.now();
        installs::add_location(&mut self.shared.state(), location, now);
    }

    /// Gives a location a new token. The one before is unknown from now on.
    pub fn replace_token(&self, location: &str, token: &str) {
        let mut state = self.shared.state();
        if let Some(location) = state.locations.iter_mut().find(|it| it.id == location) {
            token.clone_into(&mut location.token);
        }
    }
}

impl Shared {
    fn new(options: Options) -> anyhow::Result<Self> {
        Ok(Self {
            schema: Schema::published()?,
            key: SigningKey::from_seed(&options.signing_seed)?,
            client: server::client(delivery::PATIENCE)?,
            faults: Plan::default(),
            state: Mutex::new(State::new(&options, Events::new(&options)?)),
            options,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
