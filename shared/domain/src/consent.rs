//! Who must not be texted, and how we know.
//!
//! The registry holds one [`OptOut`] per tenant and phone; the ledger beside it keeps every
//! [`ConsentEntry`] for ever (Va. Code 59.1-514 asks for ten years).
//!
//! Revocation: 47 CFR 64.1200(a)(10)-(12). One opt-out ends all texts of that tenant on all its
//! numbers, which is also right once the revoke-all rule is in force (2027-01-31, DA 26-12).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{EventId, TenantId},
    jobs::{FollowUp, Job},
    keyword::Keyword,
    parked::Parked,
    phone::PhoneNumber,
};

/// How long a confirmation may wait. Within five minutes of a STOP one is presumed to be fine
/// (47 CFR 64.1200(a)(12)); a minute of them belongs to the function and the carrier.
pub const CONFIRMATION_KEEPS: SignedDuration = SignedDuration::from_mins(4);

/// Who told us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Source {
    /// The person, by a text.
    Texting,
    /// The CRM's do-not-disturb switch.
    Ghl,
    /// A member of staff.
    Manual,
    /// The carrier, by refusing a send.
    Carrier,
    Api,
}

/// One phone's standing with one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptOut {
    pub phone: PhoneNumber,
    pub active: bool,
    pub source: Source,
    /// Since when it has stood like this.
    pub since: Timestamp,
    /// What the CRM was last told of it: its do-not-disturb switch and tags should agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crm_told: Option<bool>,
    /// Failures to tell the CRM since the standing last changed.
    #[serde(default)]
    pub tries: u32,
    /// That telling the CRM is held, and for what. The opt-out itself counts from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
    /// When the CRM should be told; nothing once it knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

/// One line of the ledger. Lines are only ever added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentEntry {
    pub phone: PhoneNumber,
    pub at: Timestamp,
    pub act: Act,
    pub source: Source,
    /// The person's own words, or the carrier's code.
    pub wording: String,
    /// The delivery that told us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// Where it was said, if not by a text: a web form, on paper, on the telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The address that a web form was sent from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// Who wrote it down: a key of the API, or a person who signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_by: Option<String>,
    /// Why, where somebody decided it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl ConsentEntry {
    pub fn new(
        phone: PhoneNumber,
        act: Act,
        source: Source,
        wording: impl Into<String>,
        at: Timestamp,
    ) -> Self {
        Self {
            phone,
            at,
            act,
            source,
            wording: wording.into(),
            event: None,
            channel: None,
            ip: None,
            recorded_by: None,
            reason: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Act {
    Revoked,
    Granted,
    /// They asked to be texted again, and are not: a member of staff or the API had opted them out,
    /// which a keyword does not lift, or they said STOP since.
    GrantRefused,
}

/// What a keyword does to a phone's standing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The standing becomes this, and the ledger gets this line.
    To { standing: OptOut, act: Act },
    /// It stands like that already, and now as of later.
    Renewed { standing: OptOut, act: Act },
    /// It stays as it is. The ledger gets the line all the same.
    Same { act: Act },
}

/// Whether what holds now is the person's own word, as their ledger has it, the latest line first: they
/// said it by a text or to the carrier, and were not let back in since. What somebody else had entered
/// before keeps its source, so a standing alone does not tell. A consent that was written down lets
/// nobody in.
pub fn is_own_word<'a>(ledger: impl IntoIterator<Item = &'a ConsentEntry>) -> bool {
    for line in ledger {
        match (line.act, line.source) {
            (Act::Revoked, Source::Texting | Source::Carrier) => return true,
            (Act::Granted, Source::Texting | Source::Manual) => return false,
            (Act::Revoked | Act::Granted | Act::GrantRefused, _) => {}
        }
    }
    false
}

/// When something was said, and when we heard it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    pub sent_at: Timestamp,
    pub heard_at: Timestamp,
}

/// What hearing `keyword` from `phone` does to `standing`. HELP changes nothing.
///
/// The same text may be heard twice, and an old one late. Neither may undo what was said since:
/// a STOP counts from when we heard it, a START from when it was sent, which is never later. So
/// whatever is unclear about the order ends with nobody being texted.
#[must_use]
pub fn hear(
    standing: Option<&OptOut>,
    phone: &PhoneNumber,
    keyword: Keyword,
    said: Said,
) -> Option<Change> {
    let is_out = standing.is_some_and(|it| it.active);
    let since = standing.map(|it| it.since);
    let now = |active| OptOut::new(phone.clone(), active, Source::Texting, said.heard_at);
    match keyword {
        Keyword::Help => None,
        Keyword::Stop if since.is_some_and(|it| it > said.heard_at) => {
            Some(Change::Same { act: Act::Revoked })
        }
        Keyword::Stop if is_out => standing.map(|it| Change::Renewed {
            standing: OptOut { since: said.heard_at, ..it.clone() },
            act: Act::Revoked,
        }),
        Keyword::Stop => Some(Change::To { standing: now(true), act: Act::Revoked }),
        Keyword::Start if !is_out => Some(Change::Same { act: Act::Granted }),
        Keyword::Start if since.is_some_and(|it| it >= said.sent_at) => {
            Some(Change::Same { act: Act::GrantRefused })
        }
        Keyword::Start if standing.is_some_and(OptOut::yields_to_start) => {
            let standing = OptOut { since: said.sent_at, ..now(false) };
            Some(Change::To { standing, act: Act::Granted })
        }
        Keyword::Start => Some(Change::Same { act: Act::GrantRefused }),
    }
}

impl OptOut {
    /// A standing that the CRM has yet to be told of.
    pub fn new(phone: PhoneNumber, active: bool, source: Source, since: Timestamp) -> Self {
        let due = Some(since);
        Self { phone, active, source, since, crm_told: None, tries: 0, parked: None, due }
    }

    /// The standing after the CRM was told of it.
    #[must_use]
    pub fn told(self) -> Self {
        Self { crm_told: Some(self.active), tries: 0, parked: None, due: None, ..self }
    }

    /// The standing after the CRM could not be told, to be tried again at `next`.
    #[must_use]
    pub fn not_told(self, next: Timestamp) -> Self {
        Self { tries: self.tries + 1, due: Some(next), ..self }
    }

    /// The standing with telling the CRM held.
    #[must_use]
    pub fn parked(self, parked: Parked) -> Self {
        Self { parked: Some(parked), due: None, ..self }
    }

    /// The standing with telling the CRM going on.
    #[must_use]
    pub fn resumed(self, due: Timestamp) -> Self {
        Self { parked: None, tries: 0, due: Some(due), ..self }
    }

    /// The job that tells the CRM.
    pub fn job(&self, tenant: &TenantId) -> Job {
        Job::Reports(FollowUp::TellStanding { tenant: tenant.clone(), phone: self.phone.clone() })
    }

    /// Whether the person's own START lifts this. What a member of staff or the API entered was
    /// entered for a reason that the person's text does not answer.
    pub fn yields_to_start(&self) -> bool {
        match self.source {
            Source::Texting | Source::Carrier | Source::Ghl => true,
            Source::Manual | Source::Api => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

    fn phone() -> PhoneNumber {
        "+15005550006".parse().unwrap()
    }

    fn out(source: Source) -> OptOut {
        OptOut::new(phone(), true, source, NOON)
    }

    const LATER: Said = {
        let later = Timestamp::constant(1_767_268_860, 0);
        Said { sent_at: later, heard_at: later }
    };

    fn heard(standing: Option<&OptOut>, keyword: Keyword) -> Option<Change> {
        hear(standing, &phone(), keyword, LATER)
    }

    /// The standing after all of this was heard.
    fn after(said: &[(Keyword, Said)]) -> Option<OptOut> {
        let mut standing = None;
        for (keyword, said) in said {
            match hear(standing.as_ref(), &phone(), *keyword, *said) {
                Some(
                    Change::To { standing: next, .. } | Change::Renewed { standing: next, .. },
                ) => {
                    standing = Some(next);
                }
                Some(Change::Same { .. }) | None => {}
            }
        }
        standing
    }

    proptest::proptest! {
        /// Work is done again after a crash, and put off during an outage: whatever is heard a
        /// second time, the last thing that was said stands.
        #[test]
        fn hearing_an_old_text_again_changes_nothing(
            stops in proptest::collection::vec(proptest::bool::ANY, 1..6),
            again in proptest::collection::vec(0_usize..6, 0..8),
        ) {
            let said: Vec<_> = stops.iter().zip(1..).map(|(stop, minute)| {
                let at = NOON + SignedDuration::from_mins(minute);
                let keyword = if *stop { Keyword::Stop } else { Keyword::Start };
                (keyword, Said { sent_at: at, heard_at: at })
            }).collect();
            let mut replayed = said.clone();
            replayed.extend(again.into_iter().filter_map(|n| said.get(n).copied()));

            let active = |standing: Option<OptOut>| standing.is_some_and(|it| it.active);
            proptest::prop_assert_eq!(active(after(&replayed)), active(after(&said)));
        }
    }

    /// It was sent before the STOP, whenever the two were worked on.
    #[test]
    fn a_stop_counts_although_an_older_start_was_worked_on_first() {
        let at = |seconds| NOON + SignedDuration::from_secs(seconds);
        let start = Said { sent_at: at(1), heard_at: at(8) };
        let stop = Said { sent_at: at(4), heard_at: at(5) };
        let before = out(Source::Texting);
        let Some(Change::To { standing, .. }) =
            hear(Some(&OptOut { since: at(0), ..before }), &phone(), Keyword::Start, start)
        else {
            panic!("START was not heard");
        };
        let heard = hear(Some(&standing), &phone(), Keyword::Stop, stop);
        assert!(matches!(heard, Some(Change::To { standing, .. }) if standing.active));
    }

    #[test]
    fn a_start_that_comes_late_does_not_lift_a_stop_that_was_said_after_it() {
        let stopped = out(Source::Texting);
        let before = Said { sent_at: NOON - SignedDuration::from_secs(1), ..LATER };
        let heard = hear(Some(&stopped), &phone(), Keyword::Start, before);
        assert_eq!(heard, Some(Change::Same { act: Act::GrantRefused }));
    }

    #[test]
    fn stop_opts_out_whoever_was_not() {
        let Some(Change::To { standing, act }) = heard(None, Keyword::Stop) else {
            panic!("nothing changed");
        };
        assert!(standing.active);
        assert_eq!(act, Act::Revoked);
    }

    /// It keeps its source, which decides who may lift it, and what the CRM was told.
    #[test]
    fn a_second_stop_renews_the_first() {
        let before = out(Source::Manual).told();
        let standing = OptOut { since: LATER.heard_at, ..before.clone() };
        assert_eq!(
            heard(Some(&before), Keyword::Stop),
            Some(Change::Renewed { standing, act: Act::Revoked })
        );
    }

    #[test]
    fn start_lifts_what_the_person_or_the_carrier_said() {
        for source in [Source::Texting, Source::Carrier, Source::Ghl] {
            let before = out(source);
            let Some(Change::To { standing, .. }) = heard(Some(&before), Keyword::Start) else {
                panic!("{source} was not lifted");
            };
            assert!(!standing.active);
        }
    }

    #[test]
    fn start_does_not_lift_what_a_person_of_ours_entered() {
        for source in [Source::Manual, Source::Api] {
            let before = out(source);
            assert_eq!(
                heard(Some(&before), Keyword::Start),
                Some(Change::Same { act: Act::GrantRefused })
            );
        }
    }

    #[test]
    fn a_stop_is_the_persons_own_word_whoever_had_opted_them_out_before() {
        let line = |act, source| ConsentEntry::new(phone(), act, source, "", NOON);
        let entered = line(Act::Revoked, Source::Api);
        let stop = line(Act::Revoked, Source::Texting);
        let written = line(Act::Granted, Source::Api);
        let lifted = line(Act::Granted, Source::Manual);

        assert!(is_own_word([&stop, &entered]));
        assert!(is_own_word([&line(Act::GrantRefused, Source::Texting), &written, &stop]));
        assert!(is_own_word([&line(Act::Revoked, Source::Carrier)]));
        assert!(!is_own_word([&entered, &lifted, &stop]));
        assert!(!is_own_word([&entered, &line(Act::Granted, Source::Texting), &stop]));
        assert!(!is_own_word([&entered]));
    }

    #[test]
    fn help_leaves_everything_as_it_is() {
        assert_eq!(heard(None, Keyword::Help), None);
    }
}
