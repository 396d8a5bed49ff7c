//! Telnyx's error codes. See <https://developers.telnyx.com/docs/messaging/messages/error-codes>.
//! Their HTTP statuses vary, so the code decides, and for one code its title.

use domain::failure::{
    Failure,
    Reason::{
        self, Busy, Expired, Filtered, InvalidMessage, InvalidNumber, Misconfigured, Unreachable,
    },
};

use crate::{
    codes::{A_DAY, AN_HOUR, Again, MINUTES, Meaning, Table},
    read::word,
};

/// Several things are called 40300; under this title it is an opt-out.
const STOPPED: (&str, &str) = ("40300", "Blocked due to STOP message");

#[rustfmt::skip]
const TABLE: &Table = &[
    (InvalidNumber, Again::Never, &["40001", "40012", "40310"]),
    (Unreachable, Again::Never, &["40004", "40300"]),
    (Unreachable, MINUTES, &["40006", "40008"]),
    (Filtered, Again::Never, &["40003", "40322"]),
    // Held to be spam for a while: by Telnyx, by AT&T.
    (Filtered, AN_HOUR, &["40002", "40017"]),
    (InvalidMessage, Again::Never, &[
        "40009", "40301", "40302", "40304", "40308", "40316", "40317", "40319",
    ]),
    // Credentials, funds, numbers and profiles, spend limits.
    (Misconfigured, Again::Never, &[
        "10009", "10010", "20012", "20100",
        "40013", "40015", "40019", "40100", "40305", "40306", "40307", "40309",
        "40311", "40312", "40313", "40314", "40315", "40321", "40323", "40325", "40333",
    ]),
    // 10DLC registration and toll-free verification.
    (Misconfigured, Again::Never, &[
        "40010", "40150", "40151", "40152", "40153", "40154", "40155", "40329", "40330", "40331",
    ]),
    (Busy, Again::Later, &["10011", "40011"]),
    (Busy, MINUTES, &["40318"]),
    // The limits of T-Mobile and of AT&T, and a number that is changing hands.
    (Busy, AN_HOUR, &["40016", "40018", "40320"]),
    (Busy, A_DAY, &["40020"]),
    (Expired, MINUTES, &["40005", "40014"]),
];

/// What a code means in the answer to a send, if we know it.
pub(super) fn meaning(code: &str, title: &str) -> Option<Meaning> {
    if code == STOPPED.0 && title.trim().eq_ignore_ascii_case(STOPPED.1) {
        return Some(Meaning { reason: Reason::OptedOut, again: Again::Never });
    }
    Meaning::find(TABLE, code)
}

/// What a code means in a report, when all tries are over.
pub(super) fn failure(code: &str, title: &str) -> Failure {
    Failure::new(meaning(code, title).unwrap_or(Meaning::UNKNOWN).reason, word(code))
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
    fn the_title_tells_an_opt_out_from_a_dead_number() {
        let reason = |title| failure("40300", title).reason;
        assert_eq!(reason("Blocked due to STOP message"), Reason::OptedOut);
        assert_eq!(reason("Destination number unreachable"), Unreachable);
        assert_eq!(reason(""), Unreachable);
        assert_eq!(failure("40001", "Blocked due to STOP message").reason, InvalidNumber);
    }

    #[test]
    fn a_code_of_tomorrow_is_unknown() {
        assert_eq!(meaning("49999", ""), None);
        assert_eq!(failure("49999", ""), Failure::new(Reason::Unknown, "49999"));
    }
}
