//! What a vendor has still to tell us: callbacks and webhooks on their way, which a test can lose,
//! repeat, reverse and hold.
//!
//! With [`Delivery::Manual`] nothing leaves until somebody says [`Outbox::deliver`]. With
//! [`Delivery::Automatic`] everything leaves by itself, after its delay.

use std::{
    collections::VecDeque,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    clock::Clock,
    posting::{Again, Courier, Dressed, Failure, Posted, Posting},
    server,
};

/// When callbacks leave.
#[derive(Clone, Copy, Debug)]
pub enum Delivery {
    /// When somebody says so.
    Manual,
    /// By themselves. Pauses before a repeated attempt are multiplied by `retry_scale`.
    Automatic { sent_after: Duration, finished_after: Duration, retry_scale: f64 },
}

impl Delivery {
    /// By itself, as fast as a quick carrier.
    pub const fn automatic() -> Self {
        Self::Automatic {
            sent_after: Duration::from_millis(300),
            finished_after: Duration::from_millis(900),
            retry_scale: 1.0,
        }
    }

    /// How long after its acceptance a text is sent, and how long until its fate is known.
    pub fn pace(self) -> (Duration, Duration) {
        match self {
            Self::Manual => (Duration::from_millis(300), Duration::from_millis(900)),
            Self::Automatic { sent_after, finished_after, .. } => (sent_after, finished_after),
        }
    }
}

/// What the outbox does with what passes through it, until told otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Nothing out of the ordinary.
    #[default]
    Release,
    /// Drops what is in it and what comes.
    Lose,
    /// Posts everything twice.
    Repeat,
    /// Posts the last first.
    Reverse,
    /// Posts in an order that has nothing to do with when what happened, the same in every run.
    Shuffle,
    /// Keeps everything until released.
    Hold,
}

/// A handle to one vendor's outbox.
#[derive(Clone)]
pub struct Outbox {
    inner: Arc<Inner>,
}

struct Inner {
    courier: Arc<dyn Courier>,
    clock: Clock,
    delivery: Delivery,
    client: reqwest::Client,
    contents: Mutex<Contents>,
}

#[derive(Default)]
struct Contents {
    pending: VecDeque<(u64, Posting)>,
    treatment: Treatment,
    next_key: u64,
}

impl Outbox {
    pub fn new(
        courier: Arc<dyn Courier>,
        clock: Clock,
        delivery: Delivery,
    ) -> anyhow::Result<Self> {
        // Under a clock that stands still, a slow machine must not look like a slow webhook.
        let patience = match delivery {
            Delivery::Manual => Duration::from_mins(1),
            Delivery::Automatic { .. } => courier.patience(),
        };
        let client = server::client(patience)?;
        let contents = Mutex::default();
        Ok(Self { inner: Arc::new(Inner { courier, clock, delivery, client, contents }) })
    }

    /// Puts in what is to leave together, each after its delay.
    pub fn put(&self, batch: Vec<(Duration, Posting)>) {
        self.inner.put(batch);
    }

    /// Posts everything that is in it, in order, and says what was answered.
    ///
    /// What is to be tried again later stays, for the next delivery.
    pub async fn deliver(&self) -> Vec<Posted> {
        self.inner.deliver().await
    }

    /// Posts one thing at once, past everything that waits.
    pub async fn post(&self, posting: Posting) -> Posted {
        self.inner.post(posting).await
    }

    /// Changes the treatment, and says how many postings wait under it.
    pub async fn treat(&self, treatment: Treatment) -> usize {
        let waiting = {
            let mut contents = self.inner.contents();
            let waiting = contents.pending.len();
            contents.treatment = treatment;
            if treatment == Treatment::Lose {
                contents.pending.clear();
            }
            waiting
        };
        let is_automatic = matches!(self.inner.delivery, Delivery::Automatic { .. });
        if is_automatic && treatment == Treatment::Release {
            self.inner.deliver().await;
        }
        waiting
    }

    pub fn treatment(&self) -> Treatment {
        self.inner.contents().treatment
    }

    pub fn pending(&self) -> Vec<Posting> {
        self.inner.contents().pending.iter().map(|(_, it)| it.clone()).collect()
    }
}

impl Inner {
    fn put(self: &Arc<Self>, mut batch: Vec<(Duration, Posting)>) {
        let mut contents = self.contents();
        if contents.treatment == Treatment::Lose {
            return;
        }
        let is_automatic = matches!(self.delivery, Delivery::Automatic { .. });
        if is_automatic {
            reorder_within_delays(&mut batch, contents.treatment);
        }
        for (delay, posting) in batch {
            let key = contents.next_key;
            contents.next_key += 1;
            contents.pending.push_back((key, posting));
            if is_automatic {
                tokio::spawn(leave(Arc::downgrade(self), key, delay));
            }
        }
    }

    async fn deliver(self: &Arc<Self>) -> Vec<Posted> {
        let (mut leaving, times) = {
            let mut contents = self.contents();
            if contents.treatment == Treatment::Hold {
                return Vec::new();
            }
            let mut leaving: Vec<_> = contents.pending.drain(..).map(|(_, it)| it).collect();
            reorder(&mut leaving, contents.treatment, |it| it);
            (leaving, contents.times())
        };
        let mut answers = Vec::new();
        for posting in leaving.drain(..) {
            for _ in 0..times {
                answers.push(self.post(posting.clone()).await);
            }
        }
        answers
    }

    /// Posts, tries again at once if the vendor does, and keeps what is to be tried later.
    async fn post(self: &Arc<Self>, mut posting: Posting) -> Posted {
        loop {
            let posted = self.attempt(&posting).await;
            let again = self.courier.again(&posting, &posted);
            posting.attempt += 1;
            match again {
                Again::Never => return posted,
                Again::AtOnce => {}
                Again::After { pause, url } => {
                    posting.url = url;
                    self.put(vec![(self.scaled(pause), posting)]);
                    return posted;
                }
            }
        }
    }

    async fn attempt(&self, posting: &Posting) -> Posted {
        let Dressed { url, headers, body } = self.courier.dress(posting, self.clock.now());
        let mut request = self.client.post(url).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        match read(request).await {
            Ok((status, body)) => posting.answered(status, body),
            Err(e) if e.is_connect() || e.is_builder() => posting.failed(Failure::Connect),
            Err(_) => posting.failed(Failure::Read),
        }
    }

    fn scaled(&self, pause: Duration) -> Duration {
        match self.delivery {
            Delivery::Manual => pause,
            Delivery::Automatic { retry_scale, .. } => pause.mul_f64(retry_scale),
        }
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    fn times(&self) -> usize {
        if self.treatment == Treatment::Repeat { 2 } else { 1 }
    }

    /// Takes out what is due, unless it is held or gone.
    fn take(&mut self, key: u64) -> Option<Posting> {
        if self.treatment == Treatment::Hold {
            return None;
        }
        let at = self.pending.iter().position(|(it, _)| *it == key)?;
        self.pending.remove(at).map(|(_, posting)| posting)
    }
}

/// Boxed, because posting may put the posting back, which comes here again.
fn leave(
    outbox: Weak<Inner>,
    key: u64,
    delay: Duration,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        tokio::time::sleep(delay).await;
        let Some(outbox) = outbox.upgrade() else {
            return;
        };
        let (due, times) = {
            let mut contents = outbox.contents();
            (contents.take(key), contents.times())
        };
        if let Some(posting) = due {
            for _ in 0..times {
                outbox.post(posting.clone()).await;
            }
        }
    })
}

fn reorder<T>(batch: &mut [T], treatment: Treatment, posting: impl Fn(&T) -> &Posting) {
    match treatment {
        Treatment::Reverse => batch.reverse(),
        Treatment::Shuffle => batch.sort_by_cached_key(|it| digest(posting(it).id.as_bytes())),
        Treatment::Release | Treatment::Lose | Treatment::Repeat | Treatment::Hold => {}
    }
}

/// Any bytes that look nothing like what they are made from.
fn digest(id: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, id).as_ref().to_owned()
}

/// The posting that is to be first takes the first delay, and so on.
fn reorder_within_delays(batch: &mut [(Duration, Posting)], treatment: Treatment) {
    let delays: Vec<_> = batch.iter().map(|(delay, _)| *delay).collect();
    reorder(batch, treatment, |(_, posting)| posting);
    for (slot, delay) in batch.iter_mut().zip(delays) {
        slot.0 = delay;
    }
}

async fn read(request: reqwest::RequestBuilder) -> reqwest::Result<(u16, String)> {
    let response = request.send().await?;
    Ok((response.status().as_u16(), response.text().await?))
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("pending", &self.pending()).finish_non_exhaustive()
    }
}
