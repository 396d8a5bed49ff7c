//! Whether a message may go now, as far as the message itself can tell. The opt-out registry is
//! asked where nobody can change it in between: in the transaction that dispatches.

use aws::Again;
use domain::{
    failure::{Failure, Reason},
    message::Message,
};
use jiff::{SignedDuration, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allow,
    HoldUntil(Timestamp),
    Block(Failure),
    /// Its carrier may have sent it before, and would send it once more.
    Doubt,
}

/// A message that is put off is due later. A moment too early is early enough.
const SLACK: SignedDuration = SignedDuration::from_secs(1);

pub(crate) fn check(message: &Message, now: Timestamp) -> Verdict {
    if message.send_by.is_some_and(|by| by <= now) {
        return Verdict::Block(Failure::new(Reason::Expired, "too_late"));
    }
    if message.repeat_until.is_some_and(|until| until <= now) {
        return Verdict::Doubt;
    }
    match message.due {
        Some(due) if due > now + SLACK => Verdict::HoldUntil(due),
        _ => Verdict::Allow,
    }
}

pub(crate) fn too_early(then: Timestamp, now: Timestamp) -> Again {
    Again::at(then, now, "it is too early for this message")
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::{MessageId, TenantId},
        message::Purpose,
        text::MessageText,
    };

    use super::*;

    const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

    fn message() -> Message {
        let tenant = TenantId::parse("acme").unwrap();
        let id = MessageId::parse("msg_1").unwrap();
        let phone = "+15005550006".parse().unwrap();
        Message::outgoing(id, &tenant, Purpose::Reply, phone, MessageText::new("hello"), NOON)
    }

    #[test]
    fn a_message_goes_until_the_time_it_must_be_sent_by() {
        let by = NOON + SignedDuration::from_mins(5);
        let message = Message { send_by: Some(by), ..message() };
        assert_eq!(check(&message, by - SLACK), Verdict::Allow);
        assert!(matches!(check(&message, by), Verdict::Block(f) if f.reason == Reason::Expired));
    }

    #[test]
    fn a_repetition_goes_while_it_is_known_for_one() {
        let until = NOON + SignedDuration::from_hours(23);
        let message = Message { repeat_until: Some(until), ..message() };
        assert_eq!(check(&message, until - SLACK), Verdict::Allow);
        assert_eq!(check(&message, until), Verdict::Doubt);
    }

    #[test]
    fn a_message_that_was_put_off_waits() {
        let due = NOON + SignedDuration::from_mins(5);
        let message = Message { due: Some(due), ..message() };
        assert_eq!(check(&message, NOON), Verdict::HoldUntil(due));
        assert_eq!(check(&message, due), Verdict::Allow);
    }
}
