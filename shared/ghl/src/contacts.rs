//! People, as GoHighLevel keeps them.
//!
//! **Invariant:** a contact is found or made by its number and nothing else, and its tags are added
//! or removed, never replaced. GoHighLevel silently drops the number if an e-mail address in the
//! same call belongs to somebody else, and replaces all tags if a contact is written with some.

use domain::{
    ids::{CrmContactId, LocationId},
    phone::PhoneNumber,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Client, Error, Session,
    client::{Effect, Task, Version},
};

/// A contact that has the number it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrmContact {
    pub id: CrmContactId,
    /// GoHighLevel had to make it.
    pub is_new: bool,
}

/// Whether a person may be texted from GoHighLevel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dnd {
    /// No. The message tells agents why.
    On {
        message: String,
    },
    Off,
}

const UPSERT: Task = task("find or make a contact", Effect::Repeats);
const SEARCH: Task = task("look for a contact", Effect::Reads);
const SET_DND: Task = task("set a contact's do-not-disturb", Effect::Repeats);
const ADD_TAGS: Task = task("add tags", Effect::Repeats);
const REMOVE_TAGS: Task = task("remove tags", Effect::Repeats);

const fn task(name: &'static str, effect: Effect) -> Task {
    Task { name, version: Version::Contacts, effect }
}

impl Client {
    /// The contact with this number, new if there was none.
    pub async fn upsert_contact(
        &self,
        session: &Session,
        phone: &PhoneNumber,
    ) -> Result<CrmContact, Error> {
        let url = UPSERT.address(session, &["contacts", "upsert"])?;
        let body = Upsert { location_id: &session.location, phone: phone.as_str() };
        let call = self.http.post(url).json(&body);

        let in_doubt = match self.send(session, UPSERT, call).await {
            Ok(answer) => {
                let Upserted { contact, new } = UPSERT.read(&answer)?;
                if contact.has(phone) == Some(true) {
                    return Ok(CrmContact { id: contact.id, is_new: new });
                }
                Error::number_not_kept(UPSERT)
            }
            Err(refusal) => match refusal.duplicate_of() {
                Some(id) => return Ok(CrmContact { id: id.clone(), is_new: false }),
                // GoHighLevel has been seen to answer 422 and to make the contact nevertheless.
                None if refusal.status() == Some(422) => refusal,
                None => return Err(refusal),
            },
        };

        let known = self.contact_by_phone(session, phone).await?;
        known.map(|id| CrmContact { id, is_new: false }).ok_or(in_doubt)
    }

    /// The contact with this number, if there is one. A contact made within the last ten seconds
    /// may be missed.
    pub async fn contact_by_phone(
        &self,
        session: &Session,
        phone: &PhoneNumber,
    ) -> Result<Option<CrmContactId>, Error> {
        let url = SEARCH.address(session, &["contacts", "search", "duplicate"])?;
        let query = [("locationId", session.location.as_str()), ("number", phone.as_str())];
        let call = self.http.get(url).query(&query);

        let answer = self.send(session, SEARCH, call).await?;
        let Found { contact } = SEARCH.read(&answer)?;
        // The answer is not documented. A contact with another number is not the one we want; a
        // contact shown without numbers is taken to be.
        Ok(contact.filter(|it| it.has(phone) != Some(false)).map(|it| it.id))
    }

    /// Sets do-not-disturb for SMS and leaves the other channels alone.
    pub async fn set_sms_dnd(
        &self,
        session: &Session,
        contact: &CrmContactId,
        dnd: Dnd,
    ) -> Result<(), Error> {
        let url = SET_DND.address(session, &["contacts", contact.as_str()])?;
        // "Active" means that the person is not to be disturbed.
        let sms = match &dnd {
            Dnd::On { message } => Channel { status: "active", message: Some(message) },
            Dnd::Off => Channel { status: "inactive", message: None },
        };
        let call = self.http.put(url).json(&DndChange { dnd_settings: Channels { sms } });
        self.send(session, SET_DND, call).await.map(drop)
    }

    pub async fn add_tags(
        &self,
        session: &Session,
        contact: &CrmContactId,
        tags: &[&str],
    ) -> Result<(), Error> {
        let url = ADD_TAGS.address(session, &["contacts", contact.as_str(), "tags"])?;
        let call = self.http.post(url).json(&Tags { tags });
        self.send(session, ADD_TAGS, call).await.map(drop)
    }

    pub async fn remove_tags(
        &self,
        session: &Session,
        contact: &CrmContactId,
        tags: &[&str],
    ) -> Result<(), Error> {
        let url = REMOVE_TAGS.address(session, &["contacts", contact.as_str(), "tags"])?;
        let call = self.http.delete(url).json(&Tags { tags });
        self.send(session, REMOVE_TAGS, call).await.map(drop)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Upsert<'a> {
    location_id: &'a LocationId,
    phone: &'a str,
}

#[derive(Deserialize)]
struct Upserted {
    contact: Shown,
    #[serde(default)]
    new: bool,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    contact: Option<Shown>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DndChange<'a> {
    dnd_settings: Channels<'a>,
}

#[derive(Serialize)]
struct Channels<'a> {
    #[serde(rename = "SMS")]
    sms: Channel<'a>,
}

#[derive(Serialize)]
struct Channel<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

#[derive(Serialize)]
struct Tags<'a> {
    tags: &'a [&'a str],
}

/// A contact as GoHighLevel shows it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    id: CrmContactId,
    #[serde(default)]
    phone: Value,
    #[serde(default)]
    additional_phones: Value,
}

impl Shown {
    /// Whether one of its numbers is this one, or `None` if it is shown without any.
    fn has(&self, phone: &PhoneNumber) -> Option<bool> {
        let mut numbers = Vec::new();
        strings(&self.phone, &mut numbers);
        strings(&self.additional_phones, &mut numbers);
        let is_it = |number: &&str| digits(number).eq(digits(phone.as_str()));
        (!numbers.is_empty()).then(|| numbers.iter().any(is_it))
    }
}

fn digits(number: &str) -> impl Iterator<Item = char> {
    number.chars().filter(char::is_ascii_digit)
}

/// Further numbers come as strings or as objects around them; it is not documented.
fn strings<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(it) if it.chars().any(|c| c.is_ascii_digit()) => found.push(it),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| strings(field, found)),
        _ => {}
    }
}
