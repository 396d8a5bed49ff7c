//! Contacts: create, upsert, read, change.

use serde_json::{Value, json};

use super::{
    Shared, answer::Answer, contact::Contact, door::Admitted, refusal::Refusal, state::State,
};

pub(super) fn upsert(state: &mut State, call: &Admitted) -> Result<Answer, Refusal> {
    let wanted = Wanted::of(call)?;
    let found = find(state, call, &wanted).map(|(at, _)| at);
    let is_new = found.is_none();
    match found {
        Some(at) => change(state, at, call),
        None => add(state, call),
    }
    let at = found.unwrap_or(state.contacts.len() - 1);
    let contact = state.contacts[at].fields();
    Ok(Answer::new(200, json!({ "new": is_new, "contact": contact })))
}

pub(super) fn create(state: &mut State, call: &Admitted) -> Result<Answer, Refusal> {
    let wanted = Wanted::of(call)?;
    if let Some((at, field)) = find(state, call, &wanted) {
        return Err(duplicate(&state.contacts[at], field));
    }
    add(state, call);
    Ok(Answer::new(201, json!({ "contact": state.contacts.last().map(Contact::fields) })))
}

pub(super) fn get(shared: &Shared, state: &State, call: &Admitted) -> Result<Answer, Refusal> {
    let at = by_id(shared, state, call)?;
    Ok(Answer::new(200, json!({ "contact": state.contacts[at].fields() })))
}

pub(super) fn update(
    shared: &Shared,
    state: &mut State,
    call: &Admitted,
) -> Result<Answer, Refusal> {
    let at = by_id(shared, state, call)?;
    let wanted = Wanted::in_body(call)?;
    if let Some((other, field)) = find(state, call, &wanted)
        && other != at
    {
        return Err(duplicate(&state.contacts[other], field));
    }
    change(state, at, call);
    let contact = state.contacts[at].fields();
    Ok(Answer::new(200, json!({ "succeded": true, "contact": contact })))
}

pub(super) fn delete(
    shared: &Shared,
    state: &mut State,
    call: &Admitted,
) -> Result<Answer, Refusal> {
    let at = by_id(shared, state, call)?;
    let gone = state.contacts.remove(at);
    state.contact_went(&gone, call.now);
    Ok(Answer::new(200, json!({ "succeded": true })))
}

pub(super) fn search_duplicate(state: &State, call: &Admitted) -> Answer {
    let wanted = Wanted {
        phone: call.query("number").map(str::to_owned),
        email: call.query("email").map(str::to_owned),
    };
    let found = find(state, call, &wanted).map(|(at, _)| state.contacts[at].fields());
    Answer::new(200, json!({ "contact": found }))
}

/// Where the contact that the path names is.
pub(super) fn by_id(shared: &Shared, state: &State, call: &Admitted) -> Result<usize, Refusal> {
    let at = state.contacts.iter().position(|it| it.id() == call.id);
    let unknown = || Refusal::new(shared.options.unknown_contact, "Contact not found");
    let at = at.ok_or_else(unknown)?;
    if state.contacts[at].location() != call.location.id {
        return Err(Refusal::foreign_location());
    }
    Ok(at)
}

/// What a contact is looked for by.
struct Wanted {
    phone: Option<String>,
    email: Option<String>,
}

impl Wanted {
    fn of(call: &Admitted) -> Result<Self, Refusal> {
        let wanted = Self::in_body(call)?;
        if wanted.phone.is_none() && wanted.email.is_none() {
            return Err(Refusal::new(400, "email or phone is required"));
        }
        Ok(wanted)
    }

    /// Other forms than E.164 are guessed at by GHL or refused. Here they are refused.
    fn in_body(call: &Admitted) -> Result<Self, Refusal> {
        let phone = call.text("phone").map(str::to_owned);
        if phone.as_deref().is_some_and(|it| !is_e164(it)) {
            return Err(Refusal::new(400, "phone must be in E.164 form"));
        }
        Ok(Self { phone, email: call.text("email").map(str::to_owned) })
    }
}

fn is_e164(phone: &str) -> bool {
    phone.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit())
    })
}

/// The first contact with this number, else with this address, and which of the two matched.
fn find(state: &State, call: &Admitted, wanted: &Wanted) -> Option<(usize, &'static str)> {
    let position = |matches: &dyn Fn(&Contact) -> bool| {
        let mut contacts = state.contacts.iter();
        contacts.position(|it| it.location() == call.location.id && matches(it))
    };
    let by_phone = position(&|it| wanted.phone.is_some() && it.phone() == wanted.phone.as_deref());
    let by_email = position(&|it| wanted.email.is_some() && it.email() == wanted.email.as_deref());
    by_phone.map(|at| (at, "phone")).or(by_email.map(|at| (at, "email")))
}

/// Puts in a contact, as the last.
fn add(state: &mut State, call: &Admitted) {
    let id = state.ids.next();
    state.contacts.push(Contact::new(&id, &call.location.id, call.now));
    let at = state.contacts.len() - 1;
    write(state, at, call);
    let contact = state.contacts[at].clone();
    state.contact_came(&contact, call.now);
}

fn change(state: &mut State, at: usize, call: &Admitted) {
    let before = state.contacts[at].clone();
    write(state, at, call);
    let after = state.contacts[at].clone();
    state.contact_changed(&before, &after, call.now);
}

/// Writes the body, except an e-mail address that another contact has: GHL drops it in silence.
fn write(state: &mut State, at: usize, call: &Admitted) {
    let Value::Object(mut fields) = call.body.clone() else { return };
    let email = fields.get("email").and_then(Value::as_str);
    let taken = state.contacts.iter().enumerate().any(|(other, it)| {
        other != at && it.location() == call.location.id && email.is_some() && it.email() == email
    });
    if taken {
        fields.remove("email");
    }
    state.contacts[at].write(&fields, call.now);
}

fn duplicate(contact: &Contact, field: &str) -> Refusal {
    Refusal::new(400, "This location does not allow duplicated contacts.")
        .about(json!({ "contactId": contact.id(), "matchingField": field }))
}
