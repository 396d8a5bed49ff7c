use proptest::prelude::*;
use sms_splitter::SplitSms;

use super::*;

fn counted(text: &str) -> (Encoding, u32, u32) {
    let cost = analyse(text);
    (cost.encoding, cost.units, cost.segments)
}

#[test]
fn parts_begin_where_the_standard_says() {
    use Encoding::{Gsm7, Ucs2};

    for (text, expected) in [
        (String::new(), (Gsm7, 0, 1)),
        ("a".repeat(160), (Gsm7, 160, 1)),
        ("a".repeat(161), (Gsm7, 161, 2)),
        ("a".repeat(306), (Gsm7, 306, 2)),
        ("a".repeat(307), (Gsm7, 307, 3)),
        ("€".repeat(80), (Gsm7, 160, 1)),
        ("€".repeat(81), (Gsm7, 162, 2)),
        ("ж".repeat(70), (Ucs2, 70, 1)),
        ("ж".repeat(71), (Ucs2, 71, 2)),
        ("ж".repeat(134), (Ucs2, 134, 2)),
        ("ж".repeat(135), (Ucs2, 135, 3)),
        ("😀".repeat(35), (Ucs2, 70, 1)),
        ("😀".repeat(36), (Ucs2, 72, 2)),
        ("a\r\nb".to_owned(), (Gsm7, 4, 1)),
        (format!("ж{}", "€".repeat(69)), (Ucs2, 70, 1)),
    ] {
        assert_eq!(counted(&text), expected, "{text:?}");
    }
}

#[test]
fn an_escaped_pair_is_never_cut() {
    let text = format!("{0}€{0}", "a".repeat(152));
    assert_eq!(counted(&text), (Encoding::Gsm7, 306, 3));
}

#[test]
fn a_surrogate_pair_is_never_cut() {
    let text = format!("{0}😀{0}", "ж".repeat(66));
    assert_eq!(counted(&text), (Encoding::Ucs2, 134, 3));
}

#[test]
fn the_first_character_to_blame_is_named() {
    assert_eq!(analyse("5 € for a “coffee”").first_non_gsm, Some('“'));
    assert_eq!(analyse("5 € for a \"coffee\"").first_non_gsm, None);
}

#[test]
fn what_no_carrier_takes_is_refused_in_words_that_can_be_shown() {
    assert_eq!(Limits::USUAL.check(&"a".repeat(1530)).map(|cost| cost.segments), Ok(10));
    assert_eq!(Limits::USUAL.check(&"ж".repeat(670)).map(|cost| cost.segments), Ok(10));
    assert_eq!(
        Limits::USUAL.check(&"ж".repeat(671)).unwrap_err().to_string(),
        "the text takes 11 segments; at most 10 can be sent"
    );
    assert_eq!(
        Limits::USUAL.check(&"a".repeat(1601)).unwrap_err().to_string(),
        "the text has 1601 characters; at most 1600 can be sent"
    );
}

/// The console and the API show these words.
#[test]
fn the_written_form_is_stable() {
    assert_eq!(
        serde_json::to_string(&analyse("Жa")).unwrap(),
        r#"{"encoding":"ucs2","units":2,"segments":1,"first_non_gsm":"Ж"}"#
    );
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-z €{}\\[\\]^]{0,500}", "[a-zж😀€]{0,300}", "[😀👍ж]{60,80}",]
}

proptest! {
    /// No difference is known. `sms_splitter` can also use national shift tables, which neither
    /// it by default nor we count with.
    #[test]
    fn an_independent_splitter_agrees(text in any_text()) {
        let theirs = SplitSms::default().split(text.clone());
        let ours = analyse(&text);

        let (their_encoding, octets_per_unit) = match theirs.character_set.as_str() {
            "GSM" => (Encoding::Gsm7, 1),
            _ => (Encoding::Ucs2, 2),
        };
        prop_assert_eq!(ours.encoding, their_encoding);
        prop_assert_eq!(ours.units as usize * octets_per_unit, theirs.bytes);
        prop_assert_eq!(ours.segments as usize, theirs.parts.len());
    }

    #[test]
    fn a_longer_text_never_takes_fewer_segments(text in any_text(), more in any::<char>()) {
        let longer = format!("{text}{more}");
        prop_assert!(analyse(&longer).segments >= analyse(&text).segments);
    }

    #[test]
    fn units_are_the_sum_of_the_characters(text in any_text()) {
        let cost = analyse(&text);
        let expected = match cost.encoding {
            Encoding::Gsm7 => text.chars().filter_map(gsm7::septets).map(|width| width as usize).sum(),
            Encoding::Ucs2 => text.encode_utf16().count(),
        };
        prop_assert_eq!(cost.units as usize, expected);
    }

    #[test]
    fn the_parts_have_room_for_all_units(text in any_text()) {
        let cost = analyse(&text);
        let room = if cost.segments == 1 { cost.encoding.alone() } else { cost.encoding.per_part() * cost.segments };
        prop_assert!(cost.units <= room);
    }
}
