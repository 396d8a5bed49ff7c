//! What a carrier remembers.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    behaviour::{Behaviour, Refusal},
    text::{Direction, OptOut, SentText, Text},
};
use crate::sims::posting::Posting;

#[derive(Default)]
pub(super) struct Books {
    /// In the order in which they came.
    pub(super) texts: Vec<Text>,
    pub(super) numbers: BTreeMap<String, Behaviour>,
    /// Pairs of a scope (our number, if nothing wider) and a handset that wants nothing from it.
    pub(super) blocked: BTreeSet<(String, String)>,
    /// What was posted for each text that arrived.
    pub(super) arrivals: BTreeMap<String, Posting>,
    pub(super) webhook: Option<String>,
}

impl Books {
    pub(super) fn behaviour(&self, number: &str) -> Behaviour {
        self.numbers.get(number).cloned().unwrap_or_default()
    }

    pub(super) fn refusal(&self, scope: &str, to: &str) -> Option<Refusal> {
        if self.is_blocked(scope, to) {
            return Some(Refusal::OptedOut);
        }
        self.behaviour(to).refusal()
    }

    pub(super) fn is_blocked(&self, scope: &str, handset: &str) -> bool {
        self.blocked.contains(&(scope.to_owned(), handset.to_owned()))
    }

    /// Notes what a handset says about further texts.
    pub(super) fn heed(&mut self, scope: String, handset: &str, word: OptOut) {
        let pair = (scope, handset.to_owned());
        match word {
            OptOut::Stop => {
                self.blocked.insert(pair);
            }
            OptOut::Start => {
                self.blocked.remove(&pair);
            }
            OptOut::Help => {}
        }
    }

    pub(super) fn sent(&self) -> Vec<SentText> {
        let ours = self.texts.iter().filter(|it| it.direction == Direction::Outbound);
        ours.map(SentText::from).collect()
    }
}
