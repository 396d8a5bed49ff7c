//! The keywords that Twilio answers itself, so that we must not answer them again.
//! See <https://help.twilio.com/articles/223134027>.

use domain::{keyword::Keyword, phone::PhoneNumber};

/// Twilio's defaults. Only a text of exactly one such word counts, in any case; whether Twilio
/// looks past white space and punctuation is not documented, so we do not. Twilio also takes YES for
/// START. We do not: it unblocks the one number it was sent to, and a "yes" must not lift what was
/// said to another.
const DEFAULTS: [(Keyword, &[&str]); 3] = [
    (
        Keyword::Stop,
        &["STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"],
    ),
    (Keyword::Start, &["START", "UNSTOP"]),
    (Keyword::Help, &["HELP", "INFO"]),
];

/// The networks' own for toll-free numbers, which no setting of Twilio's changes.
const TOLL_FREE: [(Keyword, &[&str]); 2] =
    [(Keyword::Stop, &["STOP"]), (Keyword::Start, &["START", "UNSTOP"])];

/// North America's toll-free area codes.
const TOLL_FREE_AREAS: [&str; 7] = ["+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888"];

/// What Twilio says it answered, with Advanced Opt-Out.
pub(super) fn advanced(opt_out_type: &str) -> Option<Keyword> {
    match opt_out_type.to_ascii_uppercase().as_str() {
        "STOP" => Some(Keyword::Stop),
        "START" => Some(Keyword::Start),
        "HELP" => Some(Keyword::Help),
        _ => None,
    }
}

/// What Twilio answers without saying so.
pub(super) fn default(to: &PhoneNumber, body: &str, is_handled: bool) -> Option<Keyword> {
    if TOLL_FREE_AREAS.iter().any(|area| to.as_str().starts_with(area)) {
        return find(&TOLL_FREE, body);
    }
    if is_handled { find(&DEFAULTS, body) } else { None }
}

fn find(words: &[(Keyword, &[&str])], body: &str) -> Option<Keyword> {
    let is_meant = |words: &[&str]| words.iter().any(|it| it.eq_ignore_ascii_case(body));
    words.iter().find(|(_, words)| is_meant(words)).map(|(keyword, _)| *keyword)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "+14155550100";
    const TOLL_FREE: &str = "+18005550100";

    #[test]
    fn twilio_answers_single_words_only() {
        let cases = [
            (LONG, "stop", true, Some(Keyword::Stop)),
            (LONG, "OptOut", true, Some(Keyword::Stop)),
            (LONG, "yes", true, None),
            (LONG, "Info", true, Some(Keyword::Help)),
            (LONG, "STOP PLEASE", true, None),
            (LONG, "stop.", true, None),
            (LONG, " stop", true, None),
            (LONG, "weekend", true, None),
            (LONG, "", true, None),
            (LONG, "STOP", false, None),
        ];
        for (to, body, is_handled, expected) in cases {
            assert_eq!(default(&to.parse().unwrap(), body, is_handled), expected, "{body}");
        }
    }

    #[test]
    fn toll_free_networks_know_fewer_words_and_cannot_be_switched_off() {
        for is_handled in [true, false] {
            let to = TOLL_FREE.parse().unwrap();
            assert_eq!(default(&to, "stop", is_handled), Some(Keyword::Stop));
            assert_eq!(default(&to, "unstop", is_handled), Some(Keyword::Start));
            assert_eq!(default(&to, "YES", is_handled), None);
            assert_eq!(default(&to, "cancel", is_handled), None);
        }
    }

    #[test]
    fn advanced_opt_out_speaks_for_itself() {
        assert_eq!(advanced("STOP"), Some(Keyword::Stop));
        assert_eq!(advanced("start"), Some(Keyword::Start));
        assert_eq!(advanced("HELP"), Some(Keyword::Help));
        assert_eq!(advanced("MAYBE"), None);
    }
}
