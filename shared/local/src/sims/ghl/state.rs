//! What GHL holds: contacts, their conversations, and the messages in them.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{
    app::App,
    contact::Contact,
    ids::Ids,
    installs::Installs,
    journal::Journal,
    limits::Meter,
    location::Location,
    message::{Draft, Message},
    oauth::Grants,
    options::Options,
    peaks::Peaks,
    refusal::Refusal,
    webhooks::Events,
};

#[derive(Debug)]
pub(super) struct State {
    pub(super) ids: Ids,
    pub(super) locations: Vec<Location>,
    pub(super) contacts: Vec<Contact>,
    pub(super) conversations: Vec<Conversation>,
    pub(super) messages: Vec<Message>,
    /// The body of each delivery, by its message: a further post repeats it to the byte.
    pub(super) deliveries: HashMap<String, String>,
    pub(super) journal: Journal,
    pub(super) meter: Meter,
    pub(super) delivery_url: Option<String>,
    pub(super) app: Option<App>,
    pub(super) company: String,
    pub(super) grants: Grants,
    pub(super) installs: Installs,
    pub(super) events: Events,
    pub(super) peaks: Peaks,
}

/// The one conversation of a contact, shared by all its channels.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    pub(super) id: String,
    pub(super) location: String,
    pub(super) contact: String,
    pub(super) unread: u32,
}

impl State {
    pub(super) fn new(options: &Options, events: Events) -> Self {
        Self {
            ids: Ids::seeded(&options.clock.now().to_string()),
            locations: options.locations.clone(),
            contacts: Vec::new(),
            conversations: Vec::new(),
            messages: Vec::new(),
            deliveries: HashMap::new(),
            journal: Journal::default(),
            meter: Meter::default(),
            delivery_url: options.delivery_url.clone(),
            app: options.app.clone(),
            company: options.company.clone(),
            grants: Grants::default(),
            installs: Installs::default(),
            events,
            peaks: Peaks::default(),
        }
    }

    pub(super) fn location(&self, id: &str) -> Option<&Location> {
        self.locations.iter().find(|it| it.id == id)
    }

    /// The contact of a location, by its id or telephone number.
    pub(super) fn contact(&self, location: &str, id_or_phone: &str) -> Option<&Contact> {
        let mut contacts = self.contacts.iter().filter(|it| it.location() == location);
        contacts.find(|it| it.id() == id_or_phone || it.phone() == Some(id_or_phone))
    }

    /// The conversation of a contact, opened if there is none yet.
    pub(super) fn conversation_with(&mut self, location: &str, contact: &str) -> String {
        if let Some(found) = self.conversations.iter().find(|it| it.contact == contact) {
            return found.id.clone();
        }
        let id = self.ids.next();
        self.conversations.push(Conversation {
            id: id.clone(),
            location: location.to_owned(),
            contact: contact.to_owned(),
            unread: 0,
        });
        id
    }

    /// A conversation by its id, if it belongs to `location`.
    pub(super) fn conversation(&self, location: &str, id: &str) -> Result<&Conversation, Refusal> {
        let found = self.conversations.iter().find(|it| it.id == id);
        let found = found.ok_or_else(|| Refusal::new(404, "Conversation not found"))?;
        if found.location != location {
            return Err(Refusal::foreign_location());
        }
        Ok(found)
    }

    /// A message by its id, if it belongs to `location`.
    pub(super) fn message(&mut self, location: &str, id: &str) -> Result<&mut Message, Refusal> {
        let found = self.messages.iter_mut().find(|it| it.id == id);
        let found = found.ok_or_else(|| Refusal::new(404, "Message not found"))?;
        if found.location != location {
            return Err(Refusal::foreign_location());
        }
        Ok(found)
    }

    /// Puts a message into its contact's conversation.
    pub(super) fn record(&mut self, draft: Draft, now: Timestamp) -> Message {
        let conversation = self.conversation_with(&draft.location, &draft.contact);
        let message = Message::new(self.ids.next(), conversation, draft, now);
        self.messages.push(message.clone());
        self.message_came(&message, now);
        message
    }
}
