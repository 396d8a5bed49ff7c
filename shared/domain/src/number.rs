//! A tenant's own numbers: which channel carries each, whether new conversations may start on it,
//! and where it stands with the registry of senders.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{conversation::Route, ids::ConversationId};

/// One of a tenant's numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    #[serde(flatten)]
    pub route: Route,
    pub use_for: UseFor,
    pub registration: Registration,
    pub added_at: Timestamp,
}

/// What a number is good for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum UseFor {
    /// New conversations may start on it.
    NewConversations,
    /// Only conversations that are on it already go on there.
    Replies,
    /// Nothing leaves from it any more. Conversations that were on it move to another number.
    Nothing,
}

/// Where a number stands with The Campaign Registry (A2P 10DLC), or what takes its place for numbers
/// that are not long codes. It is what the tenant says; nobody is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Registration {
    Unknown,
    /// Carriers block or tax what leaves from it.
    Unregistered,
    Pending,
    Registered {
        /// The campaign that the number belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        campaign: Option<String>,
    },
    /// Toll-free and short codes are verified in other ways, and numbers abroad in none.
    NotNeeded,
}

impl Registration {
    /// What to tell whoever is about to send many texts from such a number.
    pub fn warning(&self) -> Option<&'static str> {
        match self {
            Self::Unknown => {
                Some("Nobody has said whether this number is registered for A2P 10DLC.")
            }
            Self::Unregistered => {
                Some("This number is not registered for A2P 10DLC: carriers may block its texts.")
            }
            Self::Pending => Some("The A2P 10DLC registration of this number is not finished."),
            Self::Registered { .. } | Self::NotNeeded => None,
        }
    }
}

/// The number on which a new conversation starts. Each conversation always gets the same one while
/// the pool is the same, and when a number is added or leaves, only the conversations that it wins
/// or loses are affected (rendezvous hashing).
pub fn choose<'a>(pool: &'a [Number], conversation: &ConversationId) -> Option<&'a Number> {
    let open = pool.iter().filter(|it| it.use_for == UseFor::NewConversations);
    open.max_by_key(|it| weight(it.route.number.as_str(), conversation))
}

fn weight(number: &str, conversation: &ConversationId) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(number.as_bytes());
    hash.update([0]);
    hash.update(conversation.as_str().as_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{ids::IntegrationId, phone::PhoneNumber};

    fn number(last: u16, use_for: UseFor) -> Number {
        Number {
            route: Route {
                channel: IntegrationId::parse("acme-twilio").unwrap(),
                number: format!("+1415555{last:04}").parse().unwrap(),
            },
            use_for,
            registration: Registration::Unknown,
            added_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn chosen(pool: &[Number], conversation: &ConversationId) -> Option<PhoneNumber> {
        choose(pool, conversation).map(|it| it.route.number.clone())
    }

    proptest! {
        #[test]
        fn a_number_that_leaves_moves_only_the_conversations_it_had(
            size in 2_u16..8,
            leaves in 0_u16..8,
            conversation in "cnv_[a-f0-9]{8}",
        ) {
            let conversation = ConversationId::parse(&conversation).unwrap();
            let pool: Vec<_> = (0..size).map(|n| number(n, UseFor::NewConversations)).collect();
            let before = chosen(&pool, &conversation);
            let gone = pool[usize::from(leaves % size)].route.number.clone();
            let left: Vec<_> = pool.into_iter().filter(|it| it.route.number != gone).collect();

            let after = chosen(&left, &conversation);

            prop_assert!(before == after || before == Some(gone));
        }
    }

    #[test]
    fn a_pool_is_spread_over_its_numbers() {
        let pool: Vec<_> = (0..4).map(|n| number(n, UseFor::NewConversations)).collect();
        let mut counts = std::collections::BTreeMap::<_, u32>::new();
        for n in 0..400 {
            let conversation = ConversationId::parse(&format!("cnv_{n}")).unwrap();
            *counts.entry(chosen(&pool, &conversation)).or_default() += 1;
        }
        assert_eq!(counts.len(), 4);
        assert!(counts.values().all(|it| (60..140).contains(it)), "{counts:?}");
    }

    #[test]
    fn only_what_is_open_to_new_conversations_is_chosen() {
        let pool = [number(1, UseFor::Replies), number(2, UseFor::Nothing)];
        assert_eq!(choose(&pool, &ConversationId::parse("cnv_1").unwrap()), None);
    }
}
