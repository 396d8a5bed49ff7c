//! Twilio's error codes. See <https://www.twilio.com/docs/api/errors>, which calls them subject to
//! change: a code that is not here is permanent, and worth a line here.

use domain::failure::{
    Failure,
    Reason::{
        Busy, Expired, Filtered, InvalidMessage, InvalidNumber, Misconfigured, OptedOut, Unknown,
        Unreachable,
    },
};

use crate::{
    codes::{A_DAY, AN_HOUR, Again, MINUTES, Meaning, Table},
    read::word,
};

#[rustfmt::skip]
const TABLE: &Table = &[
    (OptedOut, Again::Never, &["21610"]),
    // No number, no mobile, or none that our sender can reach.
    (InvalidNumber, Again::Never, &[
        "21211", "21217", "21268", "21601", "21612", "21614", "21635", "30005", "30006", "63024",
    ]),
    (Unreachable, Again::Never, &["30004", "63014", "63032"]),
    // The handset is off; Twilio says that this may pass.
    (Unreachable, AN_HOUR, &["30003"]),
    (Unreachable, Again::Later, &["60005"]),
    // Spam, traffic pumping, known litigators.
    (Filtered, Again::Never, &["30007", "30450", "30640"]),
    (InvalidMessage, Again::Never, &[
        "21602", "21604", "21617", "21618", "21619", "21620", "21623",
        "30010", "30011", "30019", "63016",
    ]),
    // Credentials, senders, callback addresses, permissions, trial accounts.
    (Misconfigured, Again::Never, &[
        "20003", "20404", "21212", "21408", "21603", "21606", "21607", "21608", "21609",
        "21654", "21655", "21656",
        "21701", "21702", "21703", "21704", "21705", "21706",
        "21707", "21708", "21709", "21710", "21711", "21712",
        "30002", "30016", "30018", "30024", "30031",
    ]),
    // Toll-free verification and 10DLC registration.
    (Misconfigured, Again::Never, &[
        "30032", "30034", "30035",
        "30440", "30441", "30442", "30443", "30444", "30445", "30446", "30447", "30448",
    ]),
    (Busy, Again::Later, &[
        "20429", "20500", "20503", "30017", "30020", "30021", "30022", "30047", "30410", "30500",
        "63017", "63018",
    ]),
    // A queue is full, and takes minutes to drain.
    (Busy, MINUTES, &["21611", "30001"]),
    // The allowance of the day is used up.
    (Busy, A_DAY, &["30023", "30027", "63038"]),
    (Unknown, MINUTES, &["30008"]),
    // Shorter lived than Twilio allows.
    (Expired, Again::Never, &["30012"]),
    (Expired, Again::Later, &["30036"]),
    // Held back by Twilio's own quiet hours.
    (Expired, AN_HOUR, &["30610"]),
];

/// What a code means in the answer to a send.
pub(super) fn meaning(code: &str) -> Meaning {
    Meaning::find(TABLE, code).unwrap_or(Meaning::UNKNOWN)
}

/// What a code means in a report, when all tries are over.
pub(super) fn failure(code: &str) -> Failure {
    Failure::new(meaning(code).reason, word(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::assert_unambiguous;

    #[test]
    fn a_code_means_one_thing() {
        assert_unambiguous(TABLE);
    }

    #[test]
    fn reports_are_translated() {
        let cases = [
            ("21610", OptedOut),
            ("30003", Unreachable),
            ("30005", InvalidNumber),
            ("30007", Filtered),
            ("30034", Misconfigured),
            ("30023", Busy),
            ("30036", Expired),
            ("30008", Unknown),
            ("39999", Unknown),
        ];
        for (code, reason) in cases {
            assert_eq!(failure(code), Failure::new(reason, code), "{code}");
        }
    }

    #[test]
    fn a_code_of_tomorrow_is_not_tried_again() {
        assert_eq!(meaning("21999"), Meaning::UNKNOWN);
    }
}
