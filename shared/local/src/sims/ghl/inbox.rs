//! What else a person does at GHL's inbox: write down something for colleagues, change a contact,
//! or delete it.

use serde_json::Value;

use super::{
    GhlSim,
    agent::{NotSent, USER},
    message::{Draft, MessageType},
};

impl GhlSim {
    /// An agent comments on a conversation, for colleagues only. The id is the comment's.
    pub fn agent_comments(
        &self,
        location: &str,
        contact: &str,
        text: &str,
    ) -> Result<String, NotSent> {
        let now = self.shared.options.clock.now();
        let mut state = self.shared.state();
        let contact = state.contact(location, contact).ok_or_else(no_contact)?.id().to_owned();
        let draft = Draft {
            location: location.to_owned(),
            contact,
            direction: "outbound".to_owned(),
            body: text.to_owned(),
            attachments: Vec::new(),
            status: "delivered".to_owned(),
            alt_id: None,
            provider_id: None,
            message_type: MessageType::InternalComment,
            source: "app".to_owned(),
            user: Some(USER.to_owned()),
            date: None,
        };
        Ok(state.record(draft, now).id)
    }

    /// An agent changes fields of a contact, named as in the API. Null empties a field.
    pub fn agent_changes_contact(
        &self,
        location: &str,
        contact: &str,
        fields: &Value,
    ) -> Result<(), NotSent> {
        let now = self.shared.options.clock.now();
        let mut state = self.shared.state();
        let before = state.contact(location, contact).cloned().ok_or_else(no_contact)?;
        let mut after = before.clone();
        after.write(fields.as_object().ok_or_else(|| NotSent("no fields".to_owned()))?, now);
        if let Some(contact) = state.contacts.iter_mut().find(|it| it.id() == before.id()) {
            *contact = after.clone();
        }
        state.contact_changed(&before, &after, now);
        Ok(())
    }

    pub fn agent_deletes_contact(&self, location: &str, contact: &str) -> Result<(), NotSent> {
        let now = self.shared.options.clock.now();
        let mut state = self.shared.state();
        let gone = state.contact(location, contact).cloned().ok_or_else(no_contact)?;
        state.contacts.retain(|it| it.id() != gone.id());
        state.contact_went(&gone, now);
        Ok(())
    }
}

fn no_contact() -> NotSent {
    NotSent("no such contact".to_owned())
}
