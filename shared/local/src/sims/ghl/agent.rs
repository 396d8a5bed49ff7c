//! A person at GHL's inbox.

use std::{fmt, sync::Arc};

use tokio::task::JoinSet;

use super::{
    GhlSim, Shared,
    contact::Contact,
    delivery::{self, Delivered},
    location::{Location, ProviderKind},
    refusal::Refusal,
    sending::{Outgoing, may_send},
    state::State,
};

/// The one agent there is.
pub(super) const USER: &str = "userSimulated0000001";

/// What an agent writes, and to whom.
#[derive(Clone)]
pub struct AgentMessage {
    pub location: String,
    /// A contact's id, or a telephone number, which becomes a contact if it is none.
    pub to: String,
    pub text: String,
    pub attachments: Vec<String>,
    pub heed: Heed,
}

/// Whether an agent's message goes out although the contact must not be disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heed {
    DoNotDisturb,
    Nothing,
}

/// An agent's message, and what the delivery URL said to its first post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentByAgent {
    pub message_id: String,
    pub answer: Delivered,
}

/// Why the inbox does not take an agent's message.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotSent(pub String);

impl AgentMessage {
    pub fn new(location: &str, to: &str, text: &str) -> Self {
        Self {
            location: location.to_owned(),
            to: to.to_owned(),
            text: text.to_owned(),
            attachments: Vec::new(),
            heed: Heed::DoNotDisturb,
        }
    }

    #[must_use]
    pub fn attached(mut self, url: &str) -> Self {
        self.attachments.push(url.to_owned());
        self
    }

    #[must_use]
    pub fn despite_do_not_disturb(mut self) -> Self {
        self.heed = Heed::Nothing;
        self
    }
}

impl GhlSim {
    /// An agent writes to a contact, and the provider is told.
    pub async fn agent_sends(&self, message: AgentMessage) -> Result<SentByAgent, NotSent> {
        send(&self.shared, message).await
    }

    /// Posts a message to the delivery URL again, byte for byte.
    pub async fn redeliver(&self, message_id: &str) -> Delivered {
        delivery::post(&self.shared, message_id).await
    }

    /// Posts a message that many times at once.
    pub async fn redeliver_copies(&self, message_id: &str, copies: usize) -> Vec<Delivered> {
        let mut posts = JoinSet::new();
        for _ in 0..copies {
            let (shared, message_id) = (Arc::clone(&self.shared), message_id.to_owned());
            posts.spawn(async move { delivery::post(&shared, &message_id).await });
        }
        posts.join_all().await
    }
}

pub(super) async fn send(
    shared: &Arc<Shared>,
    message: AgentMessage,
) -> Result<SentByAgent, NotSent> {
    let Put { message_id, is_ours } = put(shared, message)?;
    let answer =
        if is_ours { delivery::deliver(shared, &message_id).await } else { Delivered::Nowhere };
    Ok(SentByAgent { message_id, answer })
}

/// A message that is in its conversation.
struct Put {
    message_id: String,
    /// Whether our provider is to carry it.
    is_ours: bool,
}

fn put(shared: &Shared, message: AgentMessage) -> Result<Put, NotSent> {
    let now = shared.options.clock.now();
    let mut state = shared.state();
    let location = state.location(&message.location).cloned();
    let location = location.ok_or_else(|| NotSent("no such location".to_owned()))?;
    let contact = match state.contact(&location.id, &message.to).cloned() {
        Some(contact) => contact,
        None if message.to.starts_with('+') => new_contact(&mut state, &location, &message.to, now),
        None => return Err(NotSent("no such contact".to_owned())),
    };
    if message.heed == Heed::DoNotDisturb {
        may_send(&contact)?;
    }
    let user = Some(USER.to_owned());
    let provider = match location.provider_kind {
        ProviderKind::Default => location.sms_provider().map(str::to_owned),
        ProviderKind::Additional => Some(location.provider_id.clone()),
    };
    let outgoing =
        Outgoing { text: message.text, attachments: message.attachments, user, provider };
    let put = outgoing.put(&mut state, &location, &contact, now);
    Ok(Put { message_id: put.id, is_ours: put.provider_id.is_some() })
}

pub(super) fn new_contact(
    state: &mut State,
    location: &Location,
    phone: &str,
    now: jiff::Timestamp,
) -> Contact {
    let mut contact = Contact::new(&state.ids.next(), &location.id, now);
    contact.write(&[("phone".to_owned(), phone.into())].into_iter().collect(), now);
    state.contacts.push(contact.clone());
    state.contact_came(&contact, now);
    contact
}

impl From<Refusal> for NotSent {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.message())
    }
}

/// Leaves out whom and what.
impl fmt::Debug for AgentMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentMessage").field("location", &self.location).finish_non_exhaustive()
    }
}

/// Leaves out the reason, which may repeat a telephone number.
impl fmt::Debug for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NotSent")
    }
}
