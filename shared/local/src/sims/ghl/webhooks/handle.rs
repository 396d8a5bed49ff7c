//! What a test may do to events.

use serde_json::Value;

use super::event::complete;
use crate::sims::{
    ghl::{
        GhlSim, Shared,
        delivery::{Delivered, post_signed},
    },
    outbox::Treatment,
};

impl GhlSim {
    /// Where events go from now on.
    pub fn set_webhook_url(&self, url: &str) {
        self.set_app(|app| app.webhook_url = Some(url.to_owned()));
    }

    /// Every event so far, whether it has left or not.
    pub fn events(&self) -> Vec<Value> {
        self.shared.state().events.all()
    }

    /// The types of the events that have not left yet, or are to be posted again.
    pub fn pending_events(&self) -> Vec<String> {
        let outbox = self.shared.state().events.outbox.clone();
        outbox.pending().into_iter().map(|it| it.event).collect()
    }

    /// Posts every event that waits once, and says for each type what was answered. What is not
    /// taken waits again, until it has been tried as often as GHL tries.
    pub async fn deliver_events(&self) -> Vec<(String, Option<u16>)> {
        let outbox = self.shared.state().events.outbox.clone();
        let posted = outbox.deliver().await;
        posted.into_iter().map(|it| (it.event, it.status)).collect()
    }

    /// What happens to events from now on, until they are released: they are shuffled, repeated,
    /// held, or lost.
    pub async fn treat_events(&self, treatment: Treatment) {
        let outbox = self.shared.state().events.outbox.clone();
        outbox.treat(treatment).await;
    }

    /// Posts an event of any kind, with what is missing of the envelope put in.
    pub async fn emit(&self, event: Value) -> Delivered {
        emit(&self.shared, event).await
    }

    /// Posts anything, signed as it is.
    pub async fn emit_raw(&self, body: &[u8]) -> Delivered {
        let parsed: Value = serde_json::from_slice(body).unwrap_or_default();
        if let Some(id) = parsed["webhookId"].as_str() {
            self.shared.state().events.keep(id, body);
        }
        post(&self.shared, body.to_owned()).await
    }

    /// Posts an event once more, byte for byte, as the portal's "Resend" does.
    pub async fn resend(&self, webhook_id: &str) -> Delivered {
        let told = self.shared.state().events.told(webhook_id);
        match told {
            Some(body) => post(&self.shared, body).await,
            None => Delivered::Nowhere,
        }
    }
}

pub(in crate::sims::ghl) async fn emit(shared: &Shared, mut event: Value) -> Delivered {
    let now = shared.options.clock.now();
    let body = {
        let mut state = shared.state();
        let Some(app) = state.app.clone() else { return Delivered::Nowhere };
        let given = event["webhookId"].as_str().map(str::to_owned);
        let id = given.unwrap_or_else(|| state.ids.uuid());
        complete(&mut event, &app, &id, now);
        let body = event.to_string().into_bytes();
        state.events.keep(&id, &body);
        body
    };
    post(shared, body).await
}

async fn post(shared: &Shared, body: Vec<u8>) -> Delivered {
    let url = shared.state().app.as_ref().and_then(|it| it.webhook_url.clone());
    match url {
        Some(url) => post_signed(shared, &url, body).await,
        None => Delivered::Nowhere,
    }
}
