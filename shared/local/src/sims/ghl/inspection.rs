//! What a test may ask a simulated GHL.

use super::{
    GhlSim,
    contact::Contact,
    conversations,
    journal::{Call, Violation},
    message::Message,
};

impl GhlSim {
    /// The thread with a contact, by its id or telephone number, oldest first.
    pub fn messages(&self, location: &str, contact: &str) -> Vec<Message> {
        let state = self.shared.state();
        let Some(contact) = state.contact(location, contact) else { return Vec::new() };
        let of_contact = state.conversations.iter().find(|it| it.contact == contact.id());
        let thread = of_contact.map(|it| conversations::thread(&state, &it.id));
        thread.unwrap_or_default().into_iter().cloned().collect()
    }

    pub fn message(&self, id: &str) -> Option<Message> {
        self.shared.state().messages.iter().find(|it| it.id == id).cloned()
    }

    pub fn contact_by_phone(&self, location: &str, phone: &str) -> Option<Contact> {
        self.shared.state().contact(location, phone).cloned()
    }

    pub fn contacts(&self, location: &str) -> Vec<Contact> {
        let state = self.shared.state();
        state.contacts.iter().filter(|it| it.location() == location).cloned().collect()
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.state().journal.calls.clone()
    }

    /// The statuses that the calls of one operation were answered with. Hanging ones have none.
    pub fn statuses_of(&self, operation: &str) -> Vec<Option<u16>> {
        let state = self.shared.state();
        let calls = state.journal.calls.iter().filter(|it| it.operation == operation);
        calls.map(|it| it.status).collect()
    }

    /// The most calls of a location's that came within any ten seconds, refused ones as well.
    pub fn most_calls_in_ten_seconds(&self, location: &str) -> usize {
        self.shared.state().peaks.of(location)
    }

    /// The calls that GHL's documents do not allow. A correct client has none.
    pub fn violations(&self) -> Vec<Violation> {
        self.shared.state().journal.violations.clone()
    }
}
