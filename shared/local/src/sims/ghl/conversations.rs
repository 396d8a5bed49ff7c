//! Reading conversations and their messages.

use serde_json::json;

use super::{
    Shared,
    answer::Answer,
    door::Admitted,
    message::Message,
    refusal::Refusal,
    state::{Conversation, State},
};

pub(super) fn search(state: &State, call: &Admitted) -> Answer {
    let matches = |it: &&Conversation| {
        it.location == call.location.id
            && call.query("contactId").is_none_or(|id| it.contact == id)
            && call.query("id").is_none_or(|id| it.id == id)
    };
    let found: Vec<_> = state.conversations.iter().filter(matches).collect();
    let limit = limit_of(call);
    let shown: Vec<_> = found.iter().take(limit).map(|it| summary(state, it)).collect();
    Answer::new(200, json!({ "conversations": shown, "total": found.len() }))
}

/// Newest first. The live answer is nested, other than the documents print it.
pub(super) fn list(shared: &Shared, state: &State, call: &Admitted) -> Result<Answer, Refusal> {
    let conversation = state.conversation(&call.location.id, &call.id)?;
    let mut thread = thread(state, &conversation.id);
    thread.reverse();
    if let Some(last) = call.query("lastMessageId") {
        let seen = thread.iter().position(|it| it.id == last).map_or(0, |at| at + 1);
        thread.drain(..seen);
    }
    let limit = limit_of(call);
    let next_page = thread.len() > limit;
    thread.truncate(limit);
    let echo = shared.options.echo_alt_id;
    let last = thread.last().map(|it| it.id.clone());
    let messages: Vec<_> = thread.iter().map(|it| it.shown(echo)).collect();
    let page = json!({ "lastMessageId": last, "nextPage": next_page, "messages": messages });
    Ok(Answer::new(200, json!({ "messages": page })))
}

pub(super) fn get(shared: &Shared, state: &mut State, call: &Admitted) -> Result<Answer, Refusal> {
    let message = state.message(&call.location.id, &call.id)?;
    Ok(Answer::new(200, json!({ "message": message.shown(shared.options.echo_alt_id) })))
}

/// The messages of a conversation, oldest first.
pub(super) fn thread<'a>(state: &'a State, conversation: &str) -> Vec<&'a Message> {
    let mut thread: Vec<_> =
        state.messages.iter().filter(|it| it.conversation == conversation).collect();
    thread.sort_by_key(|it| it.date);
    thread
}

fn summary(state: &State, conversation: &Conversation) -> serde_json::Value {
    let contact = state.contact(&conversation.location, &conversation.contact);
    let last = thread(state, &conversation.id).pop();
    json!({
        "id": conversation.id,
        "contactId": conversation.contact,
        "locationId": conversation.location,
        "lastMessageBody": last.map(|it| it.body.as_str()),
        "lastMessageType": last.map(|it| it.message_type),
        "type": "TYPE_PHONE",
        "unreadCount": conversation.unread,
        "phone": contact.and_then(|it| it.phone()),
        "email": contact.and_then(|it| it.email()),
    })
}

fn limit_of(call: &Admitted) -> usize {
    call.query("limit").and_then(|it| it.parse().ok()).unwrap_or(20).min(100)
}
