//! Tags of a contact, one by one. Only a whole update replaces them all.

use serde_json::json;

use super::{
    Shared, answer::Answer, contacts::by_id, door::Admitted, refusal::Refusal, state::State,
};

pub(super) fn add(shared: &Shared, state: &mut State, call: &Admitted) -> Result<Answer, Refusal> {
    let at = by_id(shared, state, call)?;
    let mut tags = state.contacts[at].tags();
    for tag in call.texts("tags") {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    set(state, at, &tags, call);
    Ok(Answer::new(201, json!({ "tags": tags })))
}

pub(super) fn remove(
    shared: &Shared,
    state: &mut State,
    call: &Admitted,
) -> Result<Answer, Refusal> {
    let at = by_id(shared, state, call)?;
    let removed = call.texts("tags");
    let mut tags = state.contacts[at].tags();
    tags.retain(|it| !removed.contains(it));
    set(state, at, &tags, call);
    Ok(Answer::new(200, json!({ "tags": tags })))
}

fn set(state: &mut State, at: usize, tags: &[String], call: &Admitted) {
    let before = state.contacts[at].clone();
    state.contacts[at].set_tags(tags);
    let after = state.contacts[at].clone();
    state.contact_changed(&before, &after, call.now);
}
