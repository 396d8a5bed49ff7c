use proptest::prelude::*;

use super::*;

fn meaning(text: &str) -> Option<Keyword> {
    classify(text, &ExtraKeywords::default())
}

#[test]
fn however_it_is_written_stop_means_stop() {
    for text in [
        "STOP",
        "stop",
        "Stop",
        "stop.",
        "Stop!",
        "STOP!!!",
        "stop?",
        " \"STOP\" ",
        "“Stop”",
        "'stop'",
        "‘STOP’",
        "(stop)",
        "*STOP*",
        "\n\tstop\r\n",
        "¡stop!",
        "- stop -",
        "STOP ALL",
        "stop  all",
        "Stop-All",
        "STOPALL",
        "opt out",
        "OPT-OUT",
        "opt-out.",
        "optout",
        "opt – out",
        "opt\u{2011}out",
        "Opt_Out",
        "OPT\u{A0}OUT",
        "UNSUBSCRIBE",
        "Unsubscribe.",
        "un-subscribe",
        "CANCEL",
        "END",
        "End.",
        "QUIT",
        "REVOKE",
        "STOP\u{200B}",
        "\u{200E}STOP",
        "\u{202B}STOP\u{202C}",
        "\u{FEFF}stop",
        "s\u{AD}top",
        "ＳＴＯＰ",
        "ｓｔｏｐ．",
        "STOP 🛑",
        "🙏 stop",
        "STOP✋🏽",
        "stop…",
        "S T O P",
    ] {
        assert_eq!(meaning(text), Some(Keyword::Stop), "{text:?}");
    }
}

#[test]
fn start_and_help_are_heard_too() {
    for text in ["START", "start.", "Unstop", "UN-STOP"] {
        assert_eq!(meaning(text), Some(Keyword::Start), "{text:?}");
    }
    for text in ["HELP", "help!", "Help?", "INFO", " info "] {
        assert_eq!(meaning(text), Some(Keyword::Help), "{text:?}");
    }
}

#[test]
fn a_keyword_inside_a_sentence_or_word_means_nothing() {
    for text in [
        "weekend",
        "send",
        "friend",
        "unstoppable",
        "stops",
        "stopped",
        "ending",
        "endless",
        "quite",
        "see you this week-end",
        "I will send it",
        "stop by at 5",
        "please don't stop",
        "don't stop",
        "the end",
        "my friend",
        "The End.",
        "can you cancel my 3pm appointment",
        "cancel it",
        "help me move",
        "more info please",
        "start at 9",
        "let's start",
        "stop'n go",
        "stop/start",
        "end 5",
        "1 stop",
        "stop, ok?",
        "STOP means what?",
        "can't stop won't stop",
        "full stop.",
        "bus-stop",
        "pit stop",
    ] {
        assert_eq!(meaning(text), None, "{text:?}");
    }
}

#[test]
fn yes_and_empty_messages_mean_nothing_by_themselves() {
    for text in ["YES", "yes!", "y", "ok", "", " ", "!!!", "👍", "\u{200B}"] {
        assert_eq!(meaning(text), None, "{text:?}");
    }
}

/// The consent ledger keeps these words.
#[test]
fn the_stored_form_is_stable() {
    let all = [Keyword::Stop, Keyword::Start, Keyword::Help];
    assert_eq!(serde_json::to_string(&all).unwrap(), r#"["stop","start","help"]"#);
}

fn common_word() -> impl Strategy<Value = &'static str> {
    let all: Vec<_> = STOP.iter().chain(&START).chain(&HELP).copied().collect();
    prop::sample::select(all)
}

fn in_some_case(word: &str, upper: &[bool]) -> String {
    let case = |(c, up): (char, &bool)| if *up { c.to_ascii_uppercase() } else { c };
    word.chars().zip(upper).map(case).collect()
}

proptest! {
    #[test]
    fn classifying_never_panics(text in any::<String>()) {
        let _ = meaning(&text);
    }

    #[test]
    fn case_padding_and_punctuation_do_not_matter(
        word in common_word(),
        upper in prop::collection::vec(any::<bool>(), 16),
        before in "[ \t\n\"'“‘(*¡\u{200E}\u{FEFF}]{0,4}",
        after in "[ \t\n\"'”’.,!?…)*\u{200B}\u{200D}🛑-]{0,6}",
    ) {
        let text = format!("{before}{}{after}", in_some_case(word, &upper));
        prop_assert_eq!(meaning(&text), default_meaning(word), "{:?}", text);
    }

    #[test]
    fn other_words_around_a_keyword_take_its_meaning_away(
        word in common_word(),
        first in "[a-z]{2,9}",
        second in "[a-z]{2,9}",
        place in 0..3_usize,
        gap in "[ \n,.-]{1,3}",
    ) {
        let mut words = vec![first, second];
        words.insert(place, word.to_owned());
        prop_assert_eq!(meaning(&words.join(&gap)), None);
    }
}
