//! What all simulated carriers have in common. What a vendor does differently is its [`Vendor`].

pub mod behaviour;
mod books;
pub mod checks;
mod control;
#[cfg(test)]
pub(crate) mod hook;
pub mod ids;
pub mod segments;
mod sim;
pub mod text;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::Router;
use jiff::Timestamp;

use self::{behaviour::Step, books::Books, ids::Ids, text::Direction};
pub use self::{
    behaviour::{Behaviour, Refusal},
    sim::{CarrierSim, Received},
    text::{InboundText, Media, OptOut, SentText, Text, Wanted},
};
use super::{
    clock::Clock,
    fault::Plan,
    outbox::{Delivery, Outbox},
    posting::{Courier, Failure, Posted, Posting},
    server::{self, Answer, Calls},
};

/// What one vendor does in its own way.
pub trait Vendor: Courier + Sized {
    const NAME: &'static str;

    /// The vendor's API.
    fn routes() -> Router<Arc<Carrier<Self>>>;

    /// The vendor's error for a status that says nothing more.
    fn usual_error(status: u16) -> Answer;

    fn refuse(&self, refusal: Refusal) -> Answer;

    fn message_id(&self, ids: &Ids, has_media: bool) -> String;

    /// What the vendor makes of a text's words by itself.
    fn keyword(&self, body: &str) -> Option<OptOut>;

    /// What a handset opts out of when it says so to `ours`: that number, if nothing wider.
    fn opt_out_scope(&self, ours: &str) -> String {
        ours.to_owned()
    }

    /// The webhook for a text that arrived.
    fn arrival(&self, text: &Text, url: String, ids: &Ids) -> Posting;

    /// Where this text's reports go, if anywhere.
    fn reports_to(&self, text: &Text, webhook: Option<&str>) -> Option<String>;

    /// The report of a text's latest step. The steps of `text` end with it.
    fn report(&self, text: &Text, url: String, ids: &Ids) -> Posting;
}

/// Where and when a simulator runs.
#[derive(Clone, Debug)]
pub struct Setting {
    /// 0 takes any free port.
    pub port: u16,
    pub clock: Clock,
    pub delivery: Delivery,
}

impl Setting {
    /// Any free port, and callbacks that leave when told.
    pub fn manual(clock: Clock) -> Self {
        Self { port: 0, clock, delivery: Delivery::Manual }
    }
}

/// A carrier behind its API.
pub struct Carrier<V> {
    pub vendor: Arc<V>,
    pub clock: Clock,
    pub ids: Ids,
    pub faults: Plan,
    pub calls: Calls,
    pub outbox: Outbox,
    delivery: Delivery,
    books: Mutex<Books>,
}

impl<V: Vendor> Carrier<V> {
    pub(super) fn new(vendor: V, setting: &Setting, account: &str) -> anyhow::Result<Self> {
        let vendor = Arc::new(vendor);
        let Setting { clock, delivery, .. } = setting.clone();
        let courier: Arc<dyn Courier> = vendor.clone();
        Ok(Self {
            ids: Ids::new(format!("{} {account} {}", V::NAME, clock.now())),
            outbox: Outbox::new(courier, clock.clone(), delivery)?,
            faults: Plan::default(),
            calls: Calls::default(),
            books: Mutex::default(),
            vendor,
            clock,
            delivery,
        })
    }

    /// Counts a call and answers it, unless a fault strikes.
    pub async fn call(
        &self,
        operation: &str,
        effect: impl FnOnce() -> Result<Answer, Answer>,
    ) -> Answer {
        self.calls.count(operation);
        let effect = async { effect().unwrap_or_else(|refused| refused) };
        server::answer(&self.faults, operation, V::usual_error, effect).await
    }

    /// Accepts a text, decides what becomes of it, and puts the reports on their way.
    pub fn accept(&self, wanted: Wanted) -> Result<Text, Answer> {
        let now = self.clock.now();
        let text = {
            let mut books = self.books();
            let scope = self.vendor.opt_out_scope(&wanted.from);
            if let Some(refusal) = books.refusal(&scope, &wanted.to) {
                return Err(self.vendor.refuse(refusal));
            }
            let steps = books.behaviour(&wanted.to).steps();
            let text = self.write_down(wanted, Direction::Outbound, self.times(now, steps), now);
            books.texts.push(text.clone());
            text
        };
        self.put_reports(&text);
        Ok(text)
    }

    /// Notes a text from a handset, and what the carrier makes of it.
    fn note(&self, text: InboundText) -> Text {
        let mut books = self.books();
        if let Some(word) = text.opt_out.or_else(|| self.vendor.keyword(&text.body)) {
            books.heed(self.vendor.opt_out_scope(&text.to), &text.from, word);
        }
        let InboundText { from, to, body, media, opt_out } = text;
        let media = media.into_iter().map(Media::new).collect();
        let particulars = serde_json::Value::Null;
        let wanted = Wanted { from, to, body, media, callback: None, failover: None, particulars };
        let now = self.clock.now();
        let text = self.write_down(wanted, Direction::Inbound, Vec::new(), now);
        let text = Text { opt_out, ..text };
        books.texts.push(text.clone());
        text
    }

    fn write_down(
        &self,
        wanted: Wanted,
        direction: Direction,
        steps: Vec<(Timestamp, Step)>,
        at: Timestamp,
    ) -> Text {
        let id = self.vendor.message_id(&self.ids, !wanted.media.is_empty());
        let Wanted { from, to, body, media, callback, failover, particulars } = wanted;
        let opt_out = None;
        Text {
            id,
            direction,
            from,
            to,
            body,
            media,
            callback,
            failover,
            particulars,
            opt_out,
            at,
            steps,
        }
    }

    fn times(&self, now: Timestamp, steps: Vec<Step>) -> Vec<(Timestamp, Step)> {
        let (sent_after, finished_after) = self.delivery.pace();
        let after = |step: &Step| if *step == Step::Sent { sent_after } else { finished_after };
        steps.into_iter().map(|step| (now + after(&step), step)).collect()
    }

    fn put_reports(&self, text: &Text) {
        let webhook = self.books().webhook.clone();
        let Some(url) = self.vendor.reports_to(text, webhook.as_deref()) else {
            return;
        };
        let report = |number: usize| {
            let until_then = Text { steps: text.steps[..=number].to_vec(), ..text.clone() };
            let delay = text.steps[number].0.duration_since(text.at).unsigned_abs();
            (delay, self.vendor.report(&until_then, url.clone(), &self.ids))
        };
        self.outbox.put((0..text.steps.len()).map(report).collect());
    }

    /// The text as of now. Under a clock that stands still, everything has happened already.
    pub fn text(&self, id: &str) -> Option<Text> {
        self.texts().into_iter().find(|it| it.id == id)
    }

    /// All texts as of now, oldest first.
    pub fn texts(&self) -> Vec<Text> {
        let now = match self.delivery {
            Delivery::Manual => Timestamp::MAX,
            Delivery::Automatic { .. } => self.clock.now(),
        };
        let mut texts = self.books().texts.clone();
        for text in &mut texts {
            text.steps.retain(|(at, _)| *at <= now);
        }
        texts
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Vendor> fmt::Debug for Carrier<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carrier").field("vendor", &self.vendor).finish_non_exhaustive()
    }
}

/// What posting to a webhook nobody configured comes to.
fn nowhere(id: &str) -> Posted {
    Posted {
        event: "received".into(),
        about: id.to_owned(),
        attempt: 0,
        status: None,
        body: String::new(),
        failure: Some(Failure::NoWebhook),
    }
}
