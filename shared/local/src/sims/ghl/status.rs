//! What a provider reports about a message.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use super::{
    Shared, answer::Answer, door::Admitted, inbound::no_access, refusal::Refusal, state::State,
};

/// Only the app that owns the message's provider may report, and not in the first seconds, in
/// which GHL does not find the provider yet. Any status may follow any other.
pub(super) fn update(
    shared: &Shared,
    state: &mut State,
    call: &Admitted,
) -> Result<Answer, Refusal> {
    let message = state.message(&call.location.id, &call.id)?;
    let provider = message.provider_id.as_deref().ok_or_else(no_provider)?;
    if !call.owns_provider {
        return Err(no_access(provider));
    }
    if call.now < message.created + signed(shared.options.status_race) {
        return Err(no_provider());
    }
    let status = call.text("status").unwrap_or_default();
    status.clone_into(&mut message.status);
    message.statuses.push(status.to_owned());
    message.error = call.body.get("error").cloned();
    Ok(Answer::new(
        200,
        json!({
            "conversationId": message.conversation,
            "messageId": message.id,
            "status": status,
        }),
    ))
}

fn no_provider() -> Refusal {
    Refusal::new(403, "No conversation provider found for this message")
        .canonical("CONVERSATIONS_MSG_PROVIDER_NOT_FOUND")
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
