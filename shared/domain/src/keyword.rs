//! Messages that consist of one word with a meaning: STOP, START, HELP.
//!
//! **Invariant:** only a whole message is a keyword. "See you this weekend", "I will send it" and
//! "stop by at 5" opt nobody out.
//!
//! Case, full-width letters, invisible characters, and white space, quotes, punctuation or emoji
//! around the words do not matter; neither do gaps and hyphens between them, so "opt out",
//! "Opt-Out" and "OPTOUT" are one.

mod extra;

use serde::{Deserialize, Serialize};

use crate::look_alikes::plain;

pub use extra::{ExtraKeywords, InvalidKeywords};

/// What a keyword asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "UPPERCASE")]
pub enum Keyword {
    /// Text me no more.
    Stop,
    /// You may text me again.
    Start,
    /// Who is this, and how do I stop it?
    Help,
}

/// The words in their folded form. No tenant can take one away. YES is not among them: whether it
/// lifts an opt-out is for each tenant to decide.
const STOP: [&str; 8] =
    ["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"];
const START: [&str; 2] = ["start", "unstop"];
const HELP: [&str; 2] = ["help", "info"];

/// What `text` asks for, if it is a keyword and nothing else.
pub fn classify(text: &str, extra: &ExtraKeywords) -> Option<Keyword> {
    let folded = fold(text);
    default_meaning(&folded).or_else(|| extra.meaning(&folded))
}

fn default_meaning(folded: &str) -> Option<Keyword> {
    if STOP.contains(&folded) {
        return Some(Keyword::Stop);
    }
    if START.contains(&folded) {
        return Some(Keyword::Start);
    }
    HELP.contains(&folded).then_some(Keyword::Help)
}

/// `text` without what does not matter. Empty if nothing is left.
fn fold(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for c in text.chars() {
        match plain(c) {
            Some(spelling) => seen.push_str(spelling),
            None => seen.push(c),
        }
    }
    seen.trim_matches(|c: char| !c.is_alphanumeric())
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests;
