//! A simulated carrier, as a test or the local world holds it.

use std::{fmt, sync::Arc};

use super::{Behaviour, Carrier, InboundText, SentText, Setting, Vendor, control, nowhere};
use crate::sims::{
    fault::Planned,
    outbox::Treatment,
    posting::{Posted, Posting},
    server::Server,
};

/// One vendor, running. It stops when it is dropped.
pub struct CarrierSim<V: Vendor> {
    pub(in crate::sims) carrier: Arc<Carrier<V>>,
    server: Server,
}

/// A text that arrived at the carrier, and what our webhook said to it.
#[derive(Clone, Debug)]
pub struct Received {
    /// The carrier's id of the text.
    pub id: String,
    pub answer: Posted,
}

impl<V: Vendor> CarrierSim<V> {
    pub(in crate::sims) async fn launch(
        vendor: V,
        setting: &Setting,
        account: &str,
    ) -> anyhow::Result<Self> {
        let carrier = Arc::new(Carrier::new(vendor, setting, account)?);
        let routes = V::routes().merge(control::routes()).with_state(carrier.clone());
        let server = Server::start(setting.port, routes).await?;
        Ok(Self { carrier, server })
    }

    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// Says where texts that arrive are posted, as one does in the vendor's portal.
    pub fn set_webhook_url(&self, url: impl Into<String>) {
        self.carrier.books().webhook = Some(url.into());
    }

    /// A handset's text arrives, and is posted to the webhook.
    pub async fn receives_text(
        &self,
        from: &str,
        to: &str,
        body: &str,
        media: &[&str],
    ) -> Received {
        self.receives(InboundText::new(from, to, body).with_media(media)).await
    }

    /// The same, for a text that the carrier may have marked.
    pub async fn receives(&self, text: InboundText) -> Received {
        self.carrier.receive(text).await
    }

    /// Posts a text that arrived before once more: the same delivery, on its next attempt.
    pub async fn receives_again(&self, id: &str) -> Option<Received> {
        let posting = {
            let mut books = self.carrier.books();
            let posting = books.arrivals.get_mut(id)?;
            posting.attempt += 1;
            posting.clone()
        };
        let answer = self.carrier.outbox.post(posting).await;
        Some(Received { id: id.to_owned(), answer })
    }

    /// A text arrives, and is posted this many times at the same moment.
    pub async fn receives_at_once(&self, text: InboundText, copies: usize) -> Vec<Received> {
        let (id, posting) = self.carrier.arrive(text);
        let Some(posting) = posting else {
            return Vec::new();
        };
        let mut posts = tokio::task::JoinSet::new();
        for _ in 0..copies {
            let (outbox, posting) = (self.carrier.outbox.clone(), posting.clone());
            posts.spawn(async move { outbox.post(posting).await });
        }
        let answers = posts.join_all().await;
        answers.into_iter().map(|answer| Received { id: id.clone(), answer }).collect()
    }

    /// Posts everything that waits in the outbox, in order.
    pub async fn deliver_callbacks(&self) -> Vec<Posted> {
        self.carrier.outbox.deliver().await
    }

    /// From now on callbacks are lost, those included that wait. Says how many waited.
    pub async fn lose_callbacks(&self) -> usize {
        self.treat_callbacks(Treatment::Lose).await
    }

    /// From now on every callback is posted twice.
    pub async fn repeat_callbacks(&self) -> usize {
        self.treat_callbacks(Treatment::Repeat).await
    }

    /// From now on the last callback is posted first.
    pub async fn reverse_callbacks(&self) -> usize {
        self.treat_callbacks(Treatment::Reverse).await
    }

    /// From now on callbacks wait, even if somebody delivers them.
    pub async fn hold_callbacks(&self) -> usize {
        self.treat_callbacks(Treatment::Hold).await
    }

    /// From now on callbacks go their usual way.
    pub async fn release_callbacks(&self) -> usize {
        self.treat_callbacks(Treatment::Release).await
    }

    async fn treat_callbacks(&self, treatment: Treatment) -> usize {
        self.carrier.outbox.treat(treatment).await
    }

    pub fn pending_callbacks(&self) -> Vec<Posting> {
        self.carrier.outbox.pending()
    }

    /// Says what becomes of texts to `number`.
    pub fn set_behaviour(&self, number: &str, behaviour: Behaviour) {
        self.carrier.books().numbers.insert(number.to_owned(), behaviour);
    }

    pub fn plan_fault(&self, fault: Planned) {
        self.carrier.faults.add(fault);
    }

    pub fn clear_faults(&self) {
        self.carrier.faults.clear();
    }

    /// The texts of ours that really left, oldest first.
    pub fn sent(&self) -> Vec<SentText> {
        self.carrier.books().sent()
    }

    /// How often `operation` was called, refused calls included.
    pub fn calls(&self, operation: &str) -> u32 {
        self.carrier.calls.of(operation)
    }

    /// Whether the carrier itself stops texts from `ours` to `handset`.
    pub fn is_blocked(&self, ours: &str, handset: &str) -> bool {
        let scope = self.carrier.vendor.opt_out_scope(ours);
        self.carrier.books().is_blocked(&scope, handset)
    }
}

impl<V: Vendor> Carrier<V> {
    pub(super) async fn receive(&self, text: InboundText) -> Received {
        let (id, posting) = self.arrive(text);
        let answer = match posting {
            Some(posting) => self.outbox.post(posting).await,
            None => nowhere(&id),
        };
        Received { id, answer }
    }

    /// Notes a text, and makes its webhook if there is one.
    fn arrive(&self, text: InboundText) -> (String, Option<Posting>) {
        let text = self.note(text);
        let Some(url) = self.books().webhook.clone() else {
            return (text.id, None);
        };
        let posting = self.vendor.arrival(&text, url, &self.ids);
        self.books().arrivals.insert(text.id.clone(), posting.clone());
        (text.id, Some(posting))
    }
}

impl<V: Vendor> fmt::Debug for CarrierSim<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(V::NAME).field("server", &self.server).finish_non_exhaustive()
    }
}
