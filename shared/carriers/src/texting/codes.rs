//! The error codes of TP/1: those that answer a send, and those in a report.

use domain::failure::{
    Failure,
    Reason::{
        self, Busy, Expired, Filtered, InvalidMessage, InvalidNumber, Misconfigured, OptedOut,
        Unknown, Unreachable,
    },
};

use crate::{
    codes::{Again, Meaning, Table},
    read::word,
};

const ANSWERS: &Table = &[
    (OptedOut, Again::Never, &["recipient_opted_out"]),
    (InvalidNumber, Again::Never, &["invalid_number"]),
    (InvalidMessage, Again::Never, &["invalid_request", "body_too_long"]),
    (Filtered, Again::Never, &["content_rejected"]),
    (Misconfigured, Again::Never, &["unauthenticated", "forbidden_sender", "not_found"]),
    (Unknown, Again::Never, &["conflict"]),
    (Busy, Again::Later, &["rate_limited", "provider_error"]),
];

/// Our key came with another body before. What became of that text, we do not know.
pub(super) const MISMATCH: &str = "idempotency_mismatch";

const REPORTS: &[(&str, Reason)] = &[
    ("opted_out", OptedOut),
    ("invalid_number", InvalidNumber),
    ("unreachable", Unreachable),
    ("carrier_blocked", Filtered),
    ("content_filtered", Filtered),
    ("expired", Expired),
    ("rate_limited", Busy),
    ("unregistered_sender", Misconfigured),
    ("unknown", Unknown),
];

/// What a code means in the answer to a send. For a code of its own, a provider says whether
/// another try may help.
pub(super) fn meaning(code: &str, is_retryable: bool) -> Meaning {
    let again = if is_retryable { Again::Later } else { Again::Never };
    Meaning::find(ANSWERS, code).unwrap_or(Meaning { reason: Unknown, again })
}

/// What a code means in a report, when all tries are over.
pub(super) fn failure(code: &str) -> Failure {
    let known = REPORTS.iter().find(|(it, _)| *it == code);
    Failure::new(known.map_or(Unknown, |(_, reason)| *reason), word(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::assert_unambiguous;

    #[test]
    fn a_code_means_one_thing() {
        assert_unambiguous(ANSWERS);
    }

    #[test]
    fn every_word_for_a_failure_is_understood() {
        for (code, reason) in REPORTS {
            assert_eq!(failure(code), Failure::new(*reason, *code));
        }
        assert_eq!(failure("solar_flare"), Failure::new(Unknown, "solar_flare"));
        assert_eq!(failure("+15005550006"), Failure::new(Unknown, "unreadable"));
    }

    #[test]
    fn a_code_of_their_own_is_tried_again_if_they_say_so() {
        assert_eq!(meaning("solar_flare", true).again, Again::Later);
        assert_eq!(meaning("solar_flare", false).again, Again::Never);
        assert_eq!(meaning("invalid_number", true).again, Again::Never);
    }
}
