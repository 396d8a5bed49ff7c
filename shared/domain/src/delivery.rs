//! What becomes of an outgoing message.
//!
//! ```text
//!            ┌──────deferred──────┐
//!            ▼                    │
//! Queued ─dispatched─▶ Dispatching ─accepted─▶ Accepted ─▶ Sent ─▶ Delivered ─▶ Read
//!    │                    │     └─no answer─▶ InDoubt ──────┴──────────┘
//!    │                    │                      │ (a report tells what happened)
//!    └──────refused───────┴──────────────────────┴──────▶ Failed
//! ```
//!
//! The step into `Dispatching` is the promise not to text anyone twice: it is written before the
//! carrier is called, and only a carrier's own word leads out of it. An answer that never came is
//! `InDoubt`, which nothing resends; a report resolves it, or a person gives it up. Only where the
//! carrier itself knows a repetition for one ([`Event::Repeatable`]) may a person have it sent again,
//! and if that comes too late ([`Event::Unrepeatable`]) it is in doubt as before.
//!
//! Carriers report late, twice, and out of order. [`Delivery::step`] is total: every event in
//! every state has an answer, and a report that would move a message backwards changes nothing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Reason};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Delivery {
    /// Somebody texted us. Inbound messages stay here.
    Received {
        at: Timestamp,
    },
    Queued {
        deferrals: u32,
    },
    Dispatching {
        since: Timestamp,
        deferrals: u32,
    },
    /// The carrier was called at `since`, or was to be called again.
    InDoubt {
        since: Timestamp,
    },
    Accepted {
        at: Timestamp,
    },
    Sent {
        at: Timestamp,
    },
    Delivered {
        at: Timestamp,
    },
    Read {
        at: Timestamp,
    },
    Failed {
        at: Timestamp,
        failure: Failure,
    },
}

/// A carrier's word on a message, already translated out of its dialect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "snake_case")]
pub enum Report {
    /// Handed to the network; nobody knows yet whether it arrives.
    Sent,
    Delivered,
    Read,
    Failed(Failure),
}

/// Something that happens to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// We are about to call the carrier.
    Dispatched,
    /// The carrier took it.
    Accepted,
    /// It will not be sent: the carrier, or we, refused it.
    Refused(Failure),
    /// The carrier did not take it, and another try may help.
    Deferred,
    /// The carrier was called, and we do not know what it did.
    AnswerLost,
    Reported(Report),
    /// A person says that it is to count as failed: nobody will learn what became of it.
    GivenUp(Failure),
    /// The carrier can be asked again without sending it twice.
    Repeatable,
    /// It was to be asked again, and would not know it for a repetition any more.
    Unrepeatable,
}

/// What an event does to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    To(Delivery),
    /// The event tells us nothing new.
    Nothing,
    /// The event cannot happen here: calling a carrier for a message that is on its way, say.
    Impossible,
}

impl Delivery {
    pub const QUEUED: Self = Self::Queued { deferrals: 0 };

    /// What `event`, heard at `at`, does to a message in this state.
    #[must_use]
    #[expect(clippy::match_same_arms, reason = "the table reads by event, one block for each")]
    pub fn step(&self, event: Event, at: Timestamp) -> Step {
        use Delivery::{
            Accepted, Delivered, Dispatching, Failed, InDoubt, Queued, Read, Received, Sent,
        };

        match (self, event) {
            (Received { .. }, _) => Step::Impossible,

            (&Queued { deferrals }, Event::Dispatched) => {
                Step::To(Dispatching { since: at, deferrals })
            }
            (_, Event::Dispatched) => Step::Impossible,

            (Dispatching { .. } | InDoubt { .. }, Event::Accepted) => Step::To(Accepted { at }),
            (Queued { .. }, Event::Accepted) => Step::Impossible,
            // A report may overtake the answer it reports on.
            (
                Accepted { .. } | Sent { .. } | Delivered { .. } | Read { .. } | Failed { .. },
                Event::Accepted | Event::AnswerLost | Event::Refused(_),
            ) => Step::Nothing,

            (Queued { .. } | Dispatching { .. }, Event::Refused(failure)) => {
                Step::To(Failed { at, failure })
            }
            (InDoubt { .. }, Event::Refused(_)) => Step::Impossible,

            (&Dispatching { deferrals, .. }, Event::Deferred) => {
                Step::To(Queued { deferrals: deferrals + 1 })
            }
            (_, Event::Deferred) => Step::Impossible,

            (&Dispatching { since, .. }, Event::AnswerLost) => Step::To(InDoubt { since }),
            (InDoubt { .. }, Event::AnswerLost) => Step::Nothing,
            (Queued { .. }, Event::AnswerLost) => Step::Impossible,

            (InDoubt { .. }, Event::GivenUp(failure)) => Step::To(Failed { at, failure }),
            (_, Event::GivenUp(_)) => Step::Impossible,

            (InDoubt { .. }, Event::Repeatable) => Step::To(Self::QUEUED),
            (_, Event::Repeatable) => Step::Impossible,

            (Queued { .. }, Event::Unrepeatable) => Step::To(InDoubt { since: at }),
            (_, Event::Unrepeatable) => Step::Impossible,

            (Failed { .. }, Event::Reported(_)) => Step::Nothing,
            (_, Event::Reported(report)) => {
                let next = report.state(at);
                if next.rank() > self.rank() { Step::To(next) } else { Step::Nothing }
            }
        }
    }

    /// How far along a message is. Reports only ever move it up.
    fn rank(&self) -> u8 {
        match self {
            Self::Received { .. } => u8::MAX,
            Self::Queued { .. } | Self::Dispatching { .. } | Self::InDoubt { .. } => 0,
            Self::Accepted { .. } => 1,
            Self::Sent { .. } => 2,
            Self::Failed { .. } => 3,
            Self::Delivered { .. } => 4,
            Self::Read { .. } => 5,
        }
    }

    /// The word for this state in the API and the console.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Received { .. } => "received",
            Self::Queued { .. } => "queued",
            Self::Dispatching { .. } => "dispatching",
            Self::InDoubt { .. } => "in_doubt",
            Self::Accepted { .. } => "accepted",
            Self::Sent { .. } => "sent",
            Self::Delivered { .. } => "delivered",
            Self::Read { .. } => "read",
            Self::Failed { failure, .. } if failure.reason == Reason::Cancelled => "cancelled",
            Self::Failed { .. } => "failed",
        }
    }
}

impl Report {
    fn state(self, at: Timestamp) -> Delivery {
        match self {
            Self::Sent => Delivery::Sent { at },
            Self::Delivered => Delivery::Delivered { at },
            Self::Read => Delivery::Read { at },
            Self::Failed(failure) => Delivery::Failed { at, failure },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

    fn failed() -> Failure {
        Failure::new(Reason::Unreachable, "30003")
    }

    fn any_event() -> impl Strategy<Value = Event> {
        prop_oneof![
            Just(Event::Dispatched),
            Just(Event::Accepted),
            Just(Event::Refused(failed())),
            Just(Event::Deferred),
            Just(Event::AnswerLost),
            Just(Event::Reported(Report::Sent)),
            Just(Event::Reported(Report::Delivered)),
            Just(Event::Reported(Report::Read)),
            Just(Event::Reported(Report::Failed(failed()))),
            Just(Event::GivenUp(failed())),
        ]
    }

    fn after(events: &[Event]) -> Delivery {
        events.iter().fold(Delivery::QUEUED, |state, event| match state.step(event.clone(), NOON) {
            Step::To(next) => next,
            Step::Nothing | Step::Impossible => state,
        })
    }

    proptest! {
        #[test]
        fn a_settled_message_is_never_dispatched_again(events in proptest::collection::vec(any_event(), 0..12)) {
            let mut state = Delivery::QUEUED;
            let mut left_us = false;
            for event in events {
                if left_us {
                    prop_assert_eq!(state.step(Event::Dispatched, NOON), Step::Impossible);
                }
                if let Step::To(next) = state.step(event, NOON) {
                    left_us |= !matches!(next, Delivery::Queued { .. } | Delivery::Dispatching { .. });
                    state = next;
                }
            }
        }

        #[test]
        fn reports_in_any_order_and_number_end_the_same(
            mut reports in proptest::sample::subsequence(vec![Report::Sent, Report::Delivered, Report::Read], 1..=3).prop_shuffle(),
        ) {
            let told = |reports: &[Report]| {
                let mut events = vec![Event::Dispatched, Event::Accepted];
                events.extend(reports.iter().cloned().map(Event::Reported));
                after(&events)
            };
            let shuffled = told(&reports);
            reports.extend(reports.clone());
            prop_assert_eq!(shuffled, told(&reports));
        }
    }

    #[test]
    fn a_report_never_moves_a_message_backwards() {
        let delivered = Delivery::Delivered { at: NOON };
        for late in [Report::Sent, Report::Delivered, Report::Failed(failed())] {
            assert_eq!(
                delivered.step(Event::Reported(late.clone()), NOON),
                Step::Nothing,
                "{late:?}"
            );
        }
    }

    #[test]
    fn a_report_that_overtakes_the_answer_stands() {
        let state =
            after(&[Event::Dispatched, Event::Reported(Report::Delivered), Event::Accepted]);
        assert_eq!(state, Delivery::Delivered { at: NOON });
    }

    #[test]
    fn a_report_resolves_a_doubt_and_nothing_resends_it() {
        let doubt = after(&[Event::Dispatched, Event::AnswerLost]);
        assert_eq!(doubt.step(Event::Dispatched, NOON), Step::Impossible);
        assert_eq!(
            doubt.step(Event::Reported(Report::Delivered), NOON),
            Step::To(Delivery::Delivered { at: NOON })
        );
    }

    /// A doubt may be noticed long after the call. What counts is when the carrier was called.
    #[test]
    fn a_doubt_is_as_old_as_the_call() {
        let Step::To(dispatching) = Delivery::QUEUED.step(Event::Dispatched, NOON) else {
            panic!("it can be dispatched")
        };
        let later = Timestamp::constant(1_767_276_000, 0);
        let doubt = Step::To(Delivery::InDoubt { since: NOON });
        assert_eq!(dispatching.step(Event::AnswerLost, later), doubt);
    }

    #[test]
    fn a_repetition_that_comes_too_late_is_in_doubt_again() {
        let Step::To(again) = (Delivery::InDoubt { since: NOON }).step(Event::Repeatable, NOON)
        else {
            panic!("it can be repeated")
        };
        let doubt = Step::To(Delivery::InDoubt { since: NOON });
        assert_eq!(again.step(Event::Unrepeatable, NOON), doubt);
    }

    /// The stored form is a contract with yesterday's items.
    #[test]
    fn the_stored_form_is_stable() {
        let failed = Delivery::Failed { at: NOON, failure: failed() };
        assert_eq!(
            serde_json::to_string(&failed).unwrap(),
            r#"{"state":"failed","at":"2026-01-01T12:00:00Z","failure":{"reason":"unreachable","code":"30003"}}"#
        );
    }
}
