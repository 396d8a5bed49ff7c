//! Keywords that a tenant adds to the common ones.

use serde::{Deserialize, Serialize};

use super::{Keyword, default_meaning, fold};

/// A tenant's own keywords. They add to the common ones and can neither remove nor redefine any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct ExtraKeywords {
    stop: Vec<String>,
    start: Vec<String>,
    help: Vec<String>,
}

/// Why a list of keywords was refused, in words for whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeywords {
    #[error("a keyword needs a letter or digit, but {0:?} has none")]
    Empty(String),
    #[error("a keyword has at most 40 characters, but {0:?} has more")]
    TooLong(String),
    #[error("{word:?} cannot mean {wanted}: it means {taken} already")]
    Taken { word: String, wanted: Keyword, taken: Keyword },
}

/// The lists as written down, unchecked.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    stop: Vec<String>,
    start: Vec<String>,
    help: Vec<String>,
}

const LONGEST: usize = 40;

impl ExtraKeywords {
    /// Words are folded like messages, so it does not matter how they are written. One that is
    /// common anyway, or written twice, is kept once.
    pub fn parse(
        stop: &[impl AsRef<str>],
        start: &[impl AsRef<str>],
        help: &[impl AsRef<str>],
    ) -> Result<Self, InvalidKeywords> {
        let mut keywords = Self::default();
        for word in stop {
            keywords.add(word.as_ref(), Keyword::Stop)?;
        }
        for word in start {
            keywords.add(word.as_ref(), Keyword::Start)?;
        }
        for word in help {
            keywords.add(word.as_ref(), Keyword::Help)?;
        }
        Ok(keywords)
    }

    /// The words for `keyword`, in their folded form.
    pub fn words(&self, keyword: Keyword) -> &[String] {
        match keyword {
            Keyword::Stop => &self.stop,
            Keyword::Start => &self.start,
            Keyword::Help => &self.help,
        }
    }

    /// What a folded text means to this tenant beyond the common keywords.
    pub(super) fn meaning(&self, folded: &str) -> Option<Keyword> {
        let lists = [
            (&self.stop, Keyword::Stop),
            (&self.start, Keyword::Start),
            (&self.help, Keyword::Help),
        ];
        lists
            .into_iter()
            .find(|(words, _)| words.iter().any(|word| word == folded))
            .map(|(_, keyword)| keyword)
    }

    fn add(&mut self, written: &str, wanted: Keyword) -> Result<(), InvalidKeywords> {
        let word = fold(written);
        if word.is_empty() {
            return Err(InvalidKeywords::Empty(written.to_owned()));
        }
        if word.chars().count() > LONGEST {
            return Err(InvalidKeywords::TooLong(written.to_owned()));
        }
        match default_meaning(&word).or_else(|| self.meaning(&word)) {
            Some(same) if same == wanted => {}
            Some(taken) => {
                return Err(InvalidKeywords::Taken { word: written.to_owned(), wanted, taken });
            }
            None => self.list(wanted).push(word),
        }
        Ok(())
    }

    fn list(&mut self, keyword: Keyword) -> &mut Vec<String> {
        match keyword {
            Keyword::Stop => &mut self.stop,
            Keyword::Start => &mut self.start,
            Keyword::Help => &mut self.help,
        }
    }
}

impl TryFrom<Written> for ExtraKeywords {
    type Error = InvalidKeywords;

    fn try_from(written: Written) -> Result<Self, InvalidKeywords> {
        Self::parse(&written.stop, &written.start, &written.help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyword::classify;

    const NONE: [&str; 0] = [];

    #[test]
    fn an_extra_keyword_is_heard_like_a_common_one() {
        let extra = ExtraKeywords::parse(&["No más", "fin"], &["YES"], &["ayuda"]).unwrap();

        for (text, expected) in [
            ("NO MÁS!", Some(Keyword::Stop)),
            ("no-más", Some(Keyword::Stop)),
            ("fin.", Some(Keyword::Stop)),
            ("Yes", Some(Keyword::Start)),
            ("¿Ayuda?", Some(Keyword::Help)),
            ("STOP", Some(Keyword::Stop)),
            ("yes please", None),
            ("el fin", None),
        ] {
            assert_eq!(classify(text, &extra), expected, "{text:?}");
        }
    }

    #[test]
    fn a_common_keyword_cannot_be_redefined() {
        assert_eq!(
            ExtraKeywords::parse(&NONE, &["Stop!"], &NONE),
            Err(InvalidKeywords::Taken {
                word: "Stop!".to_owned(),
                wanted: Keyword::Start,
                taken: Keyword::Stop
            })
        );
        let refusal = ExtraKeywords::parse(&["info"], &NONE, &NONE).unwrap_err();
        assert_eq!(refusal.to_string(), r#""info" cannot mean STOP: it means HELP already"#);
    }

    #[test]
    fn one_word_cannot_mean_two_things() {
        let refusal = ExtraKeywords::parse(&["no more"], &["NO-MORE"], &NONE).unwrap_err();
        assert!(matches!(refusal, InvalidKeywords::Taken { taken: Keyword::Stop, .. }));
    }

    #[test]
    fn a_word_that_is_common_anyway_or_repeated_is_kept_once() {
        let extra = ExtraKeywords::parse(&["STOP", "halt", "Halt."], &NONE, &NONE).unwrap();
        assert_eq!(extra.stop, ["halt"]);
    }

    #[test]
    fn a_keyword_without_letters_or_of_great_length_is_refused() {
        assert!(matches!(
            ExtraKeywords::parse(&["🛑 !"], &NONE, &NONE),
            Err(InvalidKeywords::Empty(_))
        ));
        assert!(matches!(
            ExtraKeywords::parse(&["a".repeat(41)], &[""; 0], &[""; 0]),
            Err(InvalidKeywords::TooLong(_))
        ));
    }

    #[test]
    fn the_stored_form_is_three_lists_checked_on_the_way_in() {
        let extra = ExtraKeywords::parse(&["halt"], &["yes"], &NONE).unwrap();
        let stored = r#"{"stop":["halt"],"start":["yes"],"help":[]}"#;
        assert_eq!(serde_json::to_string(&extra).unwrap(), stored);
        assert_eq!(serde_json::from_str::<ExtraKeywords>(stored).unwrap(), extra);
        assert!(serde_json::from_str::<ExtraKeywords>(r#"{"start":["stop"]}"#).is_err());
        assert_eq!(serde_json::from_str::<ExtraKeywords>("{}").unwrap(), ExtraKeywords::default());
    }
}
