//! Smart encoding: saying the same in characters that cost less.

use std::borrow::Cow;

use super::{analyse, gsm7};
use crate::look_alikes::{fraction, plain};

/// `text` with look-alikes replaced (curly quotes, dashes, odd spaces, full-width letters, …), if
/// that lets it travel as GSM-7 and takes no more segments.
///
/// Where another character needs UCS-2 all the same (an emoji, an accent that GSM lacks), nothing
/// would be won, so nothing is touched. That also keeps the invisible joiners that hold an emoji
/// family, a Persian word or a line of Arabic together.
pub fn smart(text: &str) -> Cow<'_, str> {
    let before = analyse(text);
    if before.first_non_gsm.is_none() || !text.chars().all(is_replaceable) {
        return Cow::Borrowed(text);
    }
    let replaced = replace(text);
    if analyse(&replaced).segments > before.segments {
        return Cow::Borrowed(text);
    }
    Cow::Owned(replaced)
}

fn is_replaceable(c: char) -> bool {
    gsm7::septets(c).is_some() || plain(c).is_some()
}

fn replace(text: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    for c in text.chars() {
        // "2½" is two and a half, not twenty-one halves.
        if fraction(c).is_some() && replaced.ends_with(|last: char| last.is_ascii_digit()) {
            replaced.push(' ');
        }
        match plain(c) {
            Some(plain) => replaced.push_str(plain),
            None => replaced.push(c),
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::segments::Encoding;

    #[test]
    fn look_alikes_become_plain() {
        for (text, expected) in [
            ("“Hi”, it’s me – or not…", "\"Hi\", it's me - or not..."),
            ("a\u{A0}b\u{2003}c\u{3000}d", "a b c d"),
            ("‹left› «both»", "<left> \"both\""),
            ("ＳＡＬＥ！", "SALE!"),
            ("• one\n• two", "- one\n- two"),
            ("in\u{200B}visi\u{AD}ble\u{FEFF}", "invisible"),
            ("½ off, 2½ hours", "1/2 off, 2 1/2 hours"),
            ("café “olé”", "café \"olé\""),
        ] {
            assert_eq!(smart(text), expected);
        }
    }

    #[test]
    fn a_plain_text_is_not_copied() {
        assert!(matches!(smart("Hello {name}, 5 € off"), Cow::Borrowed(_)));
    }

    #[test]
    fn an_emoji_keeps_the_joiner_that_holds_it_together() {
        let family = "“Hi” 👨\u{200D}👩\u{200D}👧 ❤\u{FE0F}\u{200D}🔥";
        assert_eq!(smart(family), family);
    }

    #[test]
    fn a_text_that_stays_ucs2_is_not_touched() {
        for text in ["“Olá”…", "می\u{200C}خواهم – بله", "½ 🎉"] {
            assert_eq!(smart(text), text);
        }
    }

    #[test]
    fn nothing_is_replaced_where_that_would_cost_a_segment() {
        let text = "…".repeat(70);
        assert_eq!(smart(&text), text);
    }

    fn typed_by_people() -> impl Strategy<Value = String> {
        "[a-z0-9 €“”’–…½¼\u{A0}\u{200B}\u{200D}ＡＢé]{0,400}"
    }

    proptest! {
        #[test]
        fn smart_never_takes_more_segments(text in typed_by_people()) {
            prop_assert!(analyse(&smart(&text)).segments <= analyse(&text).segments);
        }

        #[test]
        fn smart_twice_is_smart_once(text in typed_by_people()) {
            let once = smart(&text).into_owned();
            prop_assert_eq!(smart(&once).into_owned(), once);
        }

        #[test]
        fn a_text_that_was_changed_is_gsm7(text in prop_oneof![any::<String>(), typed_by_people()]) {
            if let Cow::Owned(changed) = smart(&text) {
                prop_assert_eq!(analyse(&changed).encoding, Encoding::Gsm7);
            }
        }
    }
}
