use proptest::prelude::*;

use super::*;

const US: Option<Region> = Some(Region::US);

fn region(letters: &str) -> Region {
    Region::parse(letters).unwrap()
}

#[test]
fn strict_e164_is_taken_as_it_is() {
    for good in ["+15005550006", "+14155550123", "+4915112345678", "+6834000"] {
        assert_eq!(good.parse::<PhoneNumber>().unwrap().as_str(), good);
    }
}

#[test]
fn anything_but_strict_e164_is_refused_at_the_narrow_door() {
    use InvalidPhoneNumber::{
        Impossible, NoCountryCode, NotANumber, ShortCode, TooLong, TooShort, UnknownCountryCode,
    };

    for (bad, why) in [
        ("", NoCountryCode),
        ("15005550006", NoCountryCode),
        ("whatsapp:+15005550006", NoCountryCode),
        ("+0123456789", UnknownCountryCode),
        ("+", TooShort),
        ("+1500555", TooShort),
        ("+1500555000", TooShort),
        ("+150055500061", TooLong),
        ("+1234567890123456", TooLong),
        ("+4412345678901234", TooLong),
        ("+11005550006", Impossible),
        ("+1 500 555 0006", NotANumber),
        ("+1500555000x", NotANumber),
        ("+１５００５５５０００６", NotANumber),
        ("12345", ShortCode),
        ("898211", ShortCode),
    ] {
        assert_eq!(bad.parse::<PhoneNumber>(), Err(why), "{bad:?}");
    }
}

#[test]
fn numbers_are_read_as_people_write_them() {
    for (raw, region, expected) in [
        ("(415) 555-0123", US, "+14155550123"),
        ("415.555.0123", US, "+14155550123"),
        ("415 555 0123", US, "+14155550123"),
        ("415/555-0123", US, "+14155550123"),
        ("1-415-555-0123", US, "+14155550123"),
        ("+1 (415) 555‑0123", None, "+14155550123"),
        ("\u{202D}+1\u{A0}415\u{A0}555\u{2013}0123\u{202C}", None, "+14155550123"),
        ("＋１ ４１５ ５５５ ０１２３", None, "+14155550123"),
        ("011 44 20 7031 3000", US, "+442070313000"),
        ("+44 (0)20 7031 3000", US, "+442070313000"),
        ("020 7031 3000", Some(region("GB")), "+442070313000"),
        ("0151 12345678", Some(region("DE")), "+4915112345678"),
        ("06 1234 5678", Some(region("IT")), "+390612345678"),
    ] {
        let read = PhoneNumber::parse(raw, region).map(String::from);
        assert_eq!(read.as_deref(), Ok(expected), "{raw:?}");
    }
}

#[test]
fn a_number_need_not_be_assigned_to_pass() {
    for raw in ["+15005550006", "+15555550100", "+19995550100", "500-555-0006"] {
        assert!(PhoneNumber::parse(raw, US).is_ok(), "{raw:?}");
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    use InvalidPhoneNumber::{
        NoCountryCode, NotANumber, ShortCode, TooLong, TooShort, UnknownCountryCode,
    };

    for (raw, region, why) in [
        ("", US, NotANumber),
        ("call me", US, NotANumber),
        ("my number is the one that you called me at on Monday", US, NotANumber),
        ("1-800-FLOWERS", US, NotANumber),
        ("415 555 0123 ext. 4", US, NotANumber),
        ("whatsapp:+14155550123", US, NotANumber),
        ("tel:+14155550123", US, NotANumber),
        ("½15 555 0123", US, NotANumber),
        ("415 555 0123\n415 555 0124", US, NotANumber),
        ("12345", US, ShortCode),
        ("898-211", None, ShortCode),
        ("415 555 0123", None, NoCountryCode),
        ("+999 1234 5678", None, UnknownCountryCode),
        ("555-0123", US, TooShort),
        ("+1 415 555 012", None, TooShort),
        ("+1 415 555 01234", None, TooLong),
        ("415 555 0123 415 555 0123 415 555 0123 41", US, TooLong),
    ] {
        assert_eq!(PhoneNumber::parse(raw, region), Err(why), "{raw:?}");
    }
}

#[test]
fn debug_and_refusals_do_not_leak_the_number() {
    let number: PhoneNumber = "+15005550006".parse().unwrap();
    assert_eq!(format!("{number:?}"), "PhoneNumber(…06)");
    assert_eq!(number.last4(), "0006");

    let refusal = "+1500555000".parse::<PhoneNumber>().unwrap_err();
    assert!(!format!("{refusal} {refusal:?}").contains("500"));
}

#[test]
fn the_stored_form_is_the_number_and_is_checked_on_the_way_in() {
    let number: PhoneNumber = "+15005550006".parse().unwrap();
    assert_eq!(serde_json::to_string(&number).unwrap(), r#""+15005550006""#);
    assert!(serde_json::from_str::<PhoneNumber>(r#""5005550006""#).is_err());
}

/// Mostly wrong, often nearly right.
fn scribble() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[+0-9 ()./–-]{0,20}", "\\+[0-9]{1,17}", "[0-9]{2,15}"]
}

proptest! {
    #[test]
    fn reading_never_panics_and_gives_strict_e164(raw in scribble(), is_national in any::<bool>()) {
        let region = is_national.then_some(Region::US);
        if let Ok(number) = PhoneNumber::parse(&raw, region) {
            prop_assert_eq!(number.as_str().parse(), Ok(number));
        }
        let _ = raw.parse::<PhoneNumber>();
    }

    #[test]
    fn what_was_written_down_is_read_back(raw in "\\+([2-9][0-9]{6,14}|1[2-9][0-9]{9})") {
        let number: PhoneNumber = raw.parse().unwrap();
        prop_assert_eq!(number.to_string(), raw.clone());
        let stored = serde_json::to_string(&number).unwrap();
        prop_assert_eq!(serde_json::from_str::<PhoneNumber>(&stored).unwrap(), number);
    }

    /// The short cut must not become a second opinion.
    #[test]
    fn the_short_cut_agrees_with_the_numbering_plan(
        raw in "(\\+|\\+1|1|)[ (.-]?[0-9]{3}[ ).-]{0,2}[0-9]{3}[ .-]?[0-9]{4}",
        is_national in any::<bool>(),
    ) {
        let region = is_national.then_some(Region::US);
        if let Some(number) = north_american(&raw, region) {
            prop_assert_eq!(look_up(&raw, region), Ok(number.into()));
        }
    }
}
