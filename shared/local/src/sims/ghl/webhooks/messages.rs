//! What becomes of messages and conversations, by whomever.

use jiff::Timestamp;
use serde_json::json;

use super::Event;
use crate::sims::ghl::{
    message::{Message, MessageType},
    state::{Conversation, State},
};

impl State {
    /// A message is in a conversation: the app is told of its own as well.
    pub(in crate::sims::ghl) fn message_came(&mut self, message: &Message, now: Timestamp) {
        self.tell(event(self, message), now);
        let found = self.conversations.iter_mut().find(|it| it.id == message.conversation);
        let Some(conversation) = found else { return };
        let unread = match (message.direction.as_str(), message.source.as_str()) {
            ("inbound", _) => conversation.unread + 1,
            (_, "app") => 0,
            _ => conversation.unread,
        };
        if unread != conversation.unread {
            conversation.unread = unread;
            let event = unread_event(conversation);
            self.tell(event, now);
        }
    }
}

fn event(state: &State, message: &Message) -> Event {
    let is_inbound = message.direction == "inbound";
    let contact = state.contact(&message.location, &message.contact);
    let phone = contact.and_then(|it| it.phone());
    let is_comment = message.message_type == MessageType::InternalComment;
    let mut fields = json!({
        "attachments": message.attachments,
        "body": message.body,
        "contactId": message.contact,
        "contentType": "text/plain",
        "conversationId": message.conversation,
        "dateAdded": format!("{:.3}", message.date),
        "direction": message.direction,
        "messageType": message.message_type.word(),
        "messageId": message.id,
        "status": message.status,
        "userId": message.user,
        "conversationProviderId": message.provider_id,
    });
    if !is_comment {
        fields["messageTypeId"] = message.message_type.number().into();
        fields["messageTypeString"] = json!(message.message_type);
        fields[if is_inbound { "from" } else { "to" }] = json!(phone);
    }
    if !is_inbound {
        fields["source"] = message.source.as_str().into();
    }
    let kind = if is_inbound { "InboundMessage" } else { "OutboundMessage" };
    Event::new(kind, Some(&message.location), fields)
}

fn unread_event(conversation: &Conversation) -> Event {
    let fields = json!({
        "id": conversation.id,
        "contactId": conversation.contact,
        "unreadCount": conversation.unread,
        "inbox": true,
        "starred": false,
        "deleted": false,
    });
    Event::new("ConversationUnreadUpdate", Some(&conversation.location), fields)
}
