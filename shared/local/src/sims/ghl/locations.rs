//! What a location says of itself.

use serde_json::json;

use super::{answer::Answer, refusal::Refusal, state::State};

pub(super) fn get(state: &State, id: &str) -> Result<Answer, Refusal> {
    // Which status it is for one that does not exist is not known.
    let location = state.location(id).ok_or_else(|| Refusal::new(400, "Location not found"))?;
    let location = json!({
        "id": location.id,
        "companyId": state.company,
        "name": location.name,
        "timezone": location.timezone,
        "country": "US",
        "settings": {
            "allowDuplicateContact": false,
            "allowDuplicateOpportunity": false,
            "allowFacebookNameMerge": false,
            "disableContactTimezone": false,
        },
    });
    Ok(Answer::new(200, json!({ "location": location })))
}
