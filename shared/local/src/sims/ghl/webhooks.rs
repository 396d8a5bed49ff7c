//! What the app is told of: events, signed like deliveries, to the URL of its portal.
//!
//! With a set clock they wait until a test says so; with the machine's they leave by themselves.

mod apps;
mod contacts;
mod courier;
mod event;
mod handle;
mod messages;

use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::Value;

pub(super) use event::Event;
pub(super) use handle::emit;

use self::courier::Portal;
use super::{options::Options, signing::SigningKey, state::State};
use crate::sims::{
    clock::Clock,
    outbox::{Delivery, Outbox},
    posting::{Content, Posting},
};

/// How long after what happened an event leaves.
const PACE: Duration = Duration::from_millis(100);

/// Events that were told, and those that are on their way.
pub(super) struct Events {
    pub(super) outbox: Outbox,
    /// Those that were posted by hand as well. Each is repeated to the byte.
    told: Vec<Told>,
}

struct Told {
    webhook_id: String,
    body: Vec<u8>,
}

impl Events {
    pub(super) fn new(options: &Options) -> anyhow::Result<Self> {
        let delivery = match options.clock {
            Clock::Set(_) => Delivery::Manual,
            Clock::Machine => Delivery::automatic(),
        };
        let key = SigningKey::from_seed(&options.signing_seed)?;
        let portal = Portal::new(key, options.redelivery);
        let outbox = Outbox::new(Arc::new(portal), options.clock.clone(), delivery)?;
        Ok(Self { outbox, told: Vec::new() })
    }

    fn keep(&mut self, webhook_id: &str, body: &[u8]) {
        self.told.push(Told { webhook_id: webhook_id.to_owned(), body: body.to_owned() });
    }

    fn told(&self, webhook_id: &str) -> Option<Vec<u8>> {
        let told = self.told.iter().find(|it| it.webhook_id == webhook_id)?;
        Some(told.body.clone())
    }

    pub(super) fn all(&self) -> Vec<Value> {
        self.told.iter().filter_map(|it| serde_json::from_slice(&it.body).ok()).collect()
    }
}

impl State {
    /// Tells the app, if it wants to know.
    pub(super) fn tell(&mut self, event: Event, now: Timestamp) {
        let Some(app) = &self.app else { return };
        let Some(url) = app.webhook_url.clone() else { return };
        if event.location().is_some_and(|it| !self.installs.may_hear_of(it)) {
            return;
        }
        let (kind, about) = (event.kind(), event.about());
        let id = self.ids.uuid();
        let content = event.complete(app, &id, now);
        self.events.keep(&id, content.to_string().as_bytes());
        let content = Content::Json(content);
        let event = kind.to_owned();
        let posting = Posting { id, event, about, url, failover: None, content, attempt: 1 };
        self.events.outbox.put(vec![(PACE, posting)]);
    }
}

/// Leaves out what was told.
impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("outbox", &self.outbox)
            .field("told", &self.told.len())
            .finish()
    }
}
