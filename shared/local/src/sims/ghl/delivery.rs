//! GHL's posts to the provider's delivery URL, signed.

use std::{sync::Arc, time::Duration};

use serde_json::json;

use super::{Shared, message::Message, options::Redelivery, state::State};

/// How long GHL waits for an answer is not published.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// What became of one post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// It was answered, with this status.
    Answered(u16),
    /// Nobody answered, for this reason.
    Unanswered(String),
    /// No URL is set, or it is not for us to carry.
    Nowhere,
}

impl Delivered {
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Answered(200..300))
    }
}

impl From<reqwest::Result<reqwest::Response>> for Delivered {
    fn from(sent: reqwest::Result<reqwest::Response>) -> Self {
        match sent {
            Ok(answer) => Self::Answered(answer.status().as_u16()),
            Err(error) => Self::Unanswered(error.without_url().to_string()),
        }
    }
}

/// Posts a message, and again later if that is how the simulator was started.
pub(super) async fn deliver(shared: &Arc<Shared>, message: &str) -> Delivered {
    let first = post(shared, message).await;
    if let Redelivery::Automatic { retries, first_wait } = shared.options.redelivery
        && matches!(first, Delivered::Answered(_) | Delivered::Unanswered(_))
        && !first.is_accepted()
    {
        // The task ends with the simulator: it holds no claim to it while it waits.
        let (shared, message) = (Arc::downgrade(shared), message.to_owned());
        tokio::spawn(async move {
            let mut wait = first_wait;
            for _ in 0..retries {
                tokio::time::sleep(wait).await;
                wait = wait.saturating_mul(2);
                let Some(shared) = shared.upgrade() else { return };
                if post(&shared, &message).await.is_accepted() {
                    return;
                }
            }
        });
    }
    first
}

/// Posts a message once. Every post of a message has the same body.
pub(super) async fn post(shared: &Shared, message: &str) -> Delivered {
    let (url, body) = {
        let mut state = shared.state();
        (state.delivery_url.clone(), body_of(shared, &mut state, message))
    };
    let (Some(url), Some(body)) = (url, body) else { return Delivered::Nowhere };
    post_signed(shared, &url, body.into_bytes()).await
}

pub(super) async fn post_signed(shared: &Shared, url: &str, body: Vec<u8>) -> Delivered {
    let post = shared
        .client
        .post(url)
        .header("content-type", "application/json")
        .header("x-ghl-signature", shared.key.sign(&body))
        .body(body);
    post.send().await.into()
}

fn body_of(shared: &Shared, state: &mut State, message: &str) -> Option<String> {
    if let Some(body) = state.deliveries.get(message) {
        return Some(body.clone());
    }
    let body = payload(shared, state, state.messages.iter().find(|it| it.id == message)?);
    state.deliveries.insert(message.to_owned(), body.clone());
    Some(body)
}

fn payload(shared: &Shared, state: &State, message: &Message) -> String {
    let contact = state.contact(&message.location, &message.contact);
    let location = state.location(&message.location);
    let mut payload = json!({
        "contactId": message.contact,
        "locationId": message.location,
        "messageId": message.id,
        "type": location.map(|it| it.delivery_type.as_str()),
        "phone": contact.and_then(|it| it.phone()),
        "message": message.body,
        "attachments": message.attachments,
    });
    // Absent for everything that no agent typed.
    if let Some(user) = &message.user {
        payload["userId"] = user.as_str().into();
    }
    if shared.options.extended_delivery {
        payload["conversationId"] = message.conversation.as_str().into();
        payload["conversationProviderId"] = json!(message.provider_id);
    }
    payload.to_string()
}
