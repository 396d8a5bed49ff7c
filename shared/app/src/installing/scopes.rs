//! What the app is allowed to do in a location, and what it has to be.

use domain::integration::{Fault, FaultCode};

/// What the app has to be allowed for everything that Duplex does in a location.
pub const SCOPES: [&str; 13] = [
    "contacts.readonly",
    "contacts.write",
    "conversations.readonly",
    "conversations.write",
    "conversations/message.readonly",
    "conversations/message.write",
    "opportunities.readonly",
    "calendars.readonly",
    "calendars/events.readonly",
    "locations.readonly",
    "users.readonly",
    "oauth.readonly",
    "oauth.write",
];

/// Without these no text is brought to a conversation, and none is reported on.
const NEEDED: [&str; 5] = [
    "contacts.readonly",
    "contacts.write",
    "conversations.readonly",
    "conversations/message.readonly",
    "conversations/message.write",
];

/// What is needed and was not allowed. A grant that does not say what it allows allows it all.
pub(super) fn missing(scopes: &[String]) -> Vec<String> {
    let is_missing = |it: &&str| !scopes.is_empty() && !scopes.iter().any(|scope| scope == *it);
    NEEDED.into_iter().filter(is_missing).map(str::to_owned).collect()
}

pub(crate) const NOT_ALLOWED: &str = "the app was not allowed";

/// What is wrong with tokens that are not good for all that is needed.
pub fn not_allowed(missing: &[String]) -> Option<Fault> {
    (!missing.is_empty()).then(|| Fault {
        code: FaultCode::ConfigSchemaInvalid,
        why: format!("{NOT_ALLOWED}: {}", missing.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_allowed_is_named() {
        let allowed: Vec<_> = SCOPES.into_iter().map(str::to_owned).collect();
        assert!(missing(&allowed).is_empty());
        assert!(missing(&[]).is_empty());
        assert_eq!(missing(&allowed[1..]), ["contacts.readonly"]);
    }
}
