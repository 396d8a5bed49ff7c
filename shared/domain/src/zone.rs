//! In which time zone a person is, as far as it can be told, and what tells it.

use serde::{Deserialize, Serialize};

use crate::phone::PhoneNumber;

/// Area codes by zone, one zone a line.
const AREA_CODES: &str = include_str!("../data/area_codes.txt");

/// States of the USA that lie in one zone, by zone.
const STATES: [(&str, &str); 6] = [
    ("America/New_York", "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV"),
    ("America/Chicago", "AL AR IA IL LA MN MO MS OK WI"),
    ("America/Denver", "CO MT NM UT WY"),
    ("America/Los_Angeles", "CA WA"),
    ("Pacific/Honolulu", "HI"),
    ("America/Puerto_Rico", "PR"),
];

/// States of the USA that lie in several zones.
const SPLIT: [(&str, &[&str]); 15] = [
    ("AK", &["America/Anchorage", "America/Adak"]),
    ("AZ", &["America/Phoenix", "America/Denver"]),
    ("FL", &["America/New_York", "America/Chicago"]),
    ("ID", &["America/Boise", "America/Denver", "America/Los_Angeles"]),
    ("IN", &["America/Indiana/Indianapolis", "America/New_York", "America/Chicago"]),
    ("KS", &["America/Chicago", "America/Denver"]),
    ("KY", &["America/New_York", "America/Chicago"]),
    ("MI", &["America/Detroit", "America/New_York", "America/Chicago"]),
    ("ND", &["America/Chicago", "America/Denver"]),
    ("NE", &["America/Chicago", "America/Denver"]),
    ("NV", &["America/Los_Angeles", "America/Denver"]),
    ("OR", &["America/Los_Angeles", "America/Boise"]),
    ("SD", &["America/Chicago", "America/Denver"]),
    ("TN", &["America/New_York", "America/Chicago"]),
    ("TX", &["America/Chicago", "America/Denver"]),
];

const SPLIT_NAMES: [(&str, &str); 15] = [
    ("alaska", "AK"),
    ("arizona", "AZ"),
    ("florida", "FL"),
    ("idaho", "ID"),
    ("indiana", "IN"),
    ("kansas", "KS"),
    ("kentucky", "KY"),
    ("michigan", "MI"),
    ("north dakota", "ND"),
    ("nebraska", "NE"),
    ("nevada", "NV"),
    ("oregon", "OR"),
    ("south dakota", "SD"),
    ("tennessee", "TN"),
    ("texas", "TX"),
];

/// Countries whose numbers have area codes of this kind, as GoHighLevel writes them.
const NORTH_AMERICA: [&str; 5] = ["US", "USA", "United States", "CA", "Canada"];

/// Their names, as people write them.
const NAMES: [(&str, &str); 36] = [
    ("connecticut", "CT"),
    ("district of columbia", "DC"),
    ("delaware", "DE"),
    ("georgia", "GA"),
    ("massachusetts", "MA"),
    ("maryland", "MD"),
    ("maine", "ME"),
    ("north carolina", "NC"),
    ("new hampshire", "NH"),
    ("new jersey", "NJ"),
    ("new york", "NY"),
    ("ohio", "OH"),
    ("pennsylvania", "PA"),
    ("rhode island", "RI"),
    ("south carolina", "SC"),
    ("virginia", "VA"),
    ("vermont", "VT"),
    ("west virginia", "WV"),
    ("alabama", "AL"),
    ("arkansas", "AR"),
    ("iowa", "IA"),
    ("illinois", "IL"),
    ("louisiana", "LA"),
    ("minnesota", "MN"),
    ("missouri", "MO"),
    ("mississippi", "MS"),
    ("oklahoma", "OK"),
    ("wisconsin", "WI"),
    ("colorado", "CO"),
    ("montana", "MT"),
    ("new mexico", "NM"),
    ("utah", "UT"),
    ("wyoming", "WY"),
    ("california", "CA"),
    ("washington", "WA"),
    ("hawaii", "HI"),
];

/// A time zone, and how we know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Its IANA name.
    pub name: String,
    pub from: ZoneSource,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ZoneSource {
    /// It is written on the contact.
    Contact,
    /// The state they live in has one zone.
    Address,
    /// So has their number's area code. People take numbers with them, so this is a guess.
    AreaCode,
}

/// What may tell where somebody is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traces<'a> {
    pub timezone: Option<&'a str>,
    pub state: Option<&'a str>,
    pub country: Option<&'a str>,
    pub phone: Option<&'a PhoneNumber>,
}

impl Zone {
    /// What is written down goes before what is concluded, and an address before a number. Where
    /// several zones are possible none is told.
    pub fn of(traces: Traces<'_>) -> Option<Self> {
        let zone = |from| move |name: &str| Self { name: name.to_owned(), from };
        let written = traces.timezone.filter(|it| is_name(it)).map(zone(ZoneSource::Contact));
        written
            .or_else(|| by_state(traces).map(zone(ZoneSource::Address)))
            .or_else(|| by_area_code(traces).map(zone(ZoneSource::AreaCode)))
    }
}

/// Whether it looks like an IANA name: `America/New_York`, and not `Eastern Time (US & Canada)`.
fn is_name(name: &str) -> bool {
    // Seen from GoHighLevel where nobody had chosen one.
    if name.starts_with("Etc/") {
        return false;
    }
    let is_plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'/' | b'_' | b'-' | b'+');
    name == "UTC" || (name.len() <= 64 && name.contains('/') && name.bytes().all(is_plain))
}

/// Whether the address is in the USA. One without a country is, if the number is North American.
fn is_in_usa(traces: Traces<'_>) -> bool {
    let is_usa = |it: &str| {
        ["US", "USA", "United States"].iter().any(|name| it.trim().eq_ignore_ascii_case(name))
    };
    let is_north_american = traces.phone.is_none_or(|it| it.as_str().starts_with("+1"));
    traces.country.map_or(is_north_american, is_usa)
}

/// The two letters of a state.
fn code(state: &str) -> String {
    let state = state.trim();
    let named = NAMES.iter().chain(&SPLIT_NAMES).find(|(name, _)| name.eq_ignore_ascii_case(state));
    named.map_or_else(|| state.to_ascii_uppercase(), |(_, code)| (*code).to_owned())
}

fn by_state(traces: Traces<'_>) -> Option<&'static str> {
    let code = code(traces.state.filter(|_| is_in_usa(traces))?);
    let is_in = |states: &str| states.split(' ').any(|it| it == code);
    STATES.into_iter().find(|(_, states)| is_in(states)).map(|(zone, _)| zone)
}

/// Not against the address: whoever lives in a state with two zones is in one of them, and whoever
/// lives elsewhere has taken the number along.
fn by_area_code(traces: Traces<'_>) -> Option<&'static str> {
    let area_code = traces.phone?.as_str().strip_prefix("+1")?.get(..3)?;
    let zone = AREA_CODES.lines().filter(|it| !it.starts_with('#')).find_map(|line| {
        let (zone, codes) = line.split_once(' ')?;
        codes.split(' ').any(|it| it == area_code).then_some(zone)
    })?;
    let is_abroad = traces.country.is_some_and(|it| !NORTH_AMERICA.contains(&it.trim()));
    let split = traces.state.filter(|_| is_in_usa(traces)).map(code);
    let zones = SPLIT.iter().find(|(state, _)| split.as_deref() == Some(*state));
    let is_possible = zones.is_none_or(|(_, zones)| zones.contains(&zone));
    (is_possible && !is_abroad).then_some(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contact_goes_before_the_address_and_that_before_the_area_code() {
        let phone: PhoneNumber = "+12125550123".parse().unwrap();
        let all = Traces {
            timezone: Some("America/Phoenix"),
            state: Some("California"),
            country: Some("US"),
            phone: Some(&phone),
        };
        let unwritten = Traces { timezone: Some("Mountain Time"), ..all };
        for (traces, name, from) in [
            (all, "America/Phoenix", ZoneSource::Contact),
            (unwritten, "America/Los_Angeles", ZoneSource::Address),
            (
                Traces { state: Some(" wa "), ..unwritten },
                "America/Los_Angeles",
                ZoneSource::Address,
            ),
            // Florida has two, and the number is of one of them.
            (Traces { state: Some("FL"), ..unwritten }, "America/New_York", ZoneSource::AreaCode),
        ] {
            assert_eq!(Zone::of(traces), Some(Zone { name: name.to_owned(), from }), "{traces:?}");
        }
    }

    #[test]
    fn where_it_could_be_several_none_is_told() {
        // The 208 is all of Idaho, and a number of another country has no such code.
        for phone in ["+12085550123", "+442079460123"] {
            let phone: PhoneNumber = phone.parse().unwrap();
            let traces = Traces { state: Some("ID"), phone: Some(&phone), ..Traces::default() };
            assert_eq!(Zone::of(traces), None);
        }
        assert_eq!(Zone::of(Traces::default()), None);
    }

    #[test]
    fn an_area_code_says_nothing_against_the_address() {
        let (new_york, london) =
            ("+12125550123".parse().unwrap(), "+442079460123".parse().unwrap());
        for (state, country, phone) in [
            (Some("Texas"), Some("US"), &new_york),
            (None, Some("AU"), &new_york),
            (Some("WA"), None, &london),
        ] {
            let traces =
                Traces { state, country, phone: Some(phone), timezone: Some("Etc/GMT+12") };
            assert_eq!(Zone::of(traces), None, "{traces:?}");
        }
    }

    #[test]
    fn every_state_is_in_one_zone_and_has_a_name() {
        for (_, states) in STATES {
            for state in states.split(' ').filter(|it| *it != "PR") {
                assert!(NAMES.iter().any(|(_, code)| *code == state), "{state}");
            }
        }
    }
}
