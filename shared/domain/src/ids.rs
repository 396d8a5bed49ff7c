//! Identifiers. Each kind of id is its own type, so that passing a contact where a tenant is
//! expected is a compile error.
//!
//! Our own ids are plain (`msg_…`, letters, digits, `-`, `_`). Foreign ids are whatever the other
//! side says, within reason; `aws::keys` escapes them, so neither kind can forge a storage key.

use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub fn parse(raw: &str) -> Result<Self, InvalidId> {
                $check(raw)?;
                Ok(Self(raw.to_owned()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(raw: String) -> Result<Self, InvalidId> {
                $check(&raw)?;
                Ok(Self(raw))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

macro_rules! derived {
    ($name:ident, $prefix:literal) => {
        impl $name {
            /// The id that these parts always give. Whoever meets the same thing again, in another
            /// delivery or another try, finds the id it has already.
            pub fn derived(parts: &[&str]) -> Self {
                Self(format!("{}_{}", $prefix, digest(parts)))
            }
        }
    };
}

id! {
    /// One business, with its GoHighLevel location. Owns everything else.
    TenantId, plain
}
id! {
    /// One tenant's connected instance of a provider.
    IntegrationId, plain
}
id! {
    /// One text message, in or out.
    MessageId, plain
}
id! {
    /// A person a tenant texts with.
    ContactId, plain
}
id! {
    /// Everything said between one tenant and one person.
    ConversationId, plain
}
id! {
    /// One delivery from outside: a webhook, stored before it is answered.
    EventId, plain
}
id! {
    /// A key to the API, without its secret.
    ApiKeyId, plain
}
id! {
    /// A message, as its carrier calls it.
    ProviderMessageId, foreign
}
id! {
    /// A business, as the CRM calls it: a GoHighLevel location.
    LocationId, foreign
}
id! {
    /// The agency that a location belongs to, as the CRM calls it.
    CompanyId, foreign
}
id! {
    /// Somebody who works in the CRM, as the CRM calls them.
    CrmUserId, foreign
}
id! {
    /// A person, as the CRM calls them.
    CrmContactId, foreign
}
id! {
    /// A message, as the CRM calls it.
    CrmMessageId, foreign
}
id! {
    /// A conversation, as the CRM calls it.
    CrmConversationId, foreign
}
id! {
    /// A deal, as the CRM calls it.
    CrmOpportunityId, foreign
}
id! {
    /// An appointment, as the CRM calls it.
    CrmAppointmentId, foreign
}

impl TenantId {
    /// Whose the things are that belong to no tenant: operators' keys, and the audit log of what
    /// they do. It is a tenant's id like any other, so that nothing is stored without one; the API
    /// gives none that begins with `_` to anybody.
    pub fn platform() -> Self {
        Self("_platform".to_owned())
    }

    pub fn is_reserved(&self) -> bool {
        self.0.starts_with('_')
    }
}

impl ApiKeyId {
    /// The id that these parts always give: 80 bits, like one that is drawn.
    pub fn derived(parts: &[&str]) -> Self {
        let mut digits = digest(parts);
        digits.truncate(20);
        Self(digits)
    }
}

derived!(MessageId, "msg");
derived!(ContactId, "con");
derived!(ConversationId, "cnv");
derived!(EventId, "evt");
derived!(IntegrationId, "int");

/// An id that is empty, too long, or has characters that an id cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    #[error("an id is 1 to 64 letters, digits, `-` or `_`")]
    NotPlain,
    #[error("a foreign id is 1 to 256 visible ASCII characters")]
    NotForeign,
}

fn plain(raw: &str) -> Result<(), InvalidId> {
    let is_plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
    if (1..=64).contains(&raw.len()) && raw.bytes().all(is_plain) {
        return Ok(());
    }
    Err(InvalidId::NotPlain)
}

fn foreign(raw: &str) -> Result<(), InvalidId> {
    if (1..=256).contains(&raw.len()) && raw.bytes().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    Err(InvalidId::NotForeign)
}

/// What tells these parts from any others.
pub fn fingerprint(parts: &[&str]) -> String {
    digest(parts)
}

/// 128 bits of SHA-256 in lower-case hex. Each part is preceded by its length, so that
/// `["ab", "c"]` and `["a", "bc"]` differ.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let (half, _) = digest.split_at(16);
    half.iter().fold(String::with_capacity(32), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}"); // Writing to a string cannot fail.
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_ours_cannot_smuggle_a_key_separator() {
        assert_eq!(TenantId::parse("a#b"), Err(InvalidId::NotPlain));
    }

    #[test]
    fn a_foreign_id_may_look_strange_but_not_break_a_line() {
        assert!(ProviderMessageId::parse("a#b/c=").is_ok());
        assert_eq!(ProviderMessageId::parse("a\nb"), Err(InvalidId::NotForeign));
        assert_eq!(ProviderMessageId::parse(&"a".repeat(257)), Err(InvalidId::NotForeign));
    }

    #[test]
    fn a_stored_id_is_checked_on_the_way_in() {
        assert!(serde_json::from_str::<TenantId>(r#""acme""#).is_ok());
        assert!(serde_json::from_str::<TenantId>(r#""""#).is_err());
    }

    /// Ids already stored were derived like this. Another result would orphan them.
    #[test]
    fn a_derived_id_never_changes() {
        assert_eq!(
            MessageId::derived(&["acme", "SM1"]).as_str(),
            "msg_5fb1081549d5e79d8c3581158238119b"
        );
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(MessageId::derived(&["ab", "c"]), MessageId::derived(&["a", "bc"]));
    }
}
