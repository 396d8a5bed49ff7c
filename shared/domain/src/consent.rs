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
    crm_event::SmsSwitch,
    ids::{CrmContactId, EventId, TenantId},
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
    /// When it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crm_told_at: Option<Timestamp>,
    /// The contact whose switch opted them out: another's, with the same phone, does not lift it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crm_contact: Option<CrmContactId>,
    /// The CRM's switch is where we stand, and only its tags are not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tags_only: bool,
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
    let now =
        |active| OptOut::new(phone.clone(), active, Source::Texting, said.heard_at).after(standing);
    match keyword {
        Keyword::Help => None,
        Keyword::Stop if standing.is_some_and(|it| it.is_newer_than(said.heard_at)) => {
            Some(Change::Same { act: Act::Revoked })
        }
        Keyword::Stop if is_out => standing.map(|it| Change::Renewed {
            standing: it.confirmed(Source::Texting, said.heard_at),
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

/// What the CRM's do-not-disturb switch does to `standing`, when it was found like this at `at`.
/// Nothing if it is our own doing, or older than what we know.
///
/// Switching it on opts out. Switching it off takes back only what it had said itself, of the same
/// contact: whoever said STOP, or was opted out by a carrier or by staff, stays out, and the CRM is
/// told so again.
#[must_use]
pub fn switched(
    standing: Option<&OptOut>,
    (phone, contact): (&PhoneNumber, &CrmContactId),
    switch: &SmsSwitch,
    at: Timestamp,
) -> Option<Change> {
    let is_out = standing.is_some_and(|it| it.active);
    let is_old = standing.is_some_and(|it| it.since.max(it.crm_told_at.unwrap_or(it.since)) >= at);
    // The CRM has yet to be told where we stand, so its switch is where it was before.
    let is_untold =
        standing.is_some_and(|it| (it.due.is_some() || it.parked.is_some()) && !it.tags_only);
    // Somebody was let in, and the switch still says what it was told before.
    let is_left_on = is_untold && standing.is_some_and(|it| it.crm_told == Some(true));
    let is_anothers =
        standing.and_then(|it| it.crm_contact.as_ref()).is_some_and(|it| it != contact);
    match switch {
        SmsSwitch::On { permanent, .. } if !is_out && !is_old && !is_left_on => {
            let source = if *permanent { Source::Carrier } else { Source::Ghl };
            let standing = OptOut::new(phone.clone(), true, source, at).by_switch(at);
            let standing = OptOut { crm_contact: Some(contact.clone()), ..standing };
            Some(Change::To { standing, act: Act::Revoked })
        }
        SmsSwitch::On { permanent: true, .. } if is_out && !is_old => {
            standing.filter(|it| it.source == Source::Ghl).map(|it| Change::Renewed {
                standing: it.confirmed(Source::Carrier, at),
                act: Act::Revoked,
            })
        }
        SmsSwitch::Off if is_anothers => None,
        SmsSwitch::Off if is_out && !is_untold && !is_old => match standing {
            Some(it) if it.source == Source::Ghl => {
                let standing = OptOut::new(phone.clone(), false, Source::Ghl, at).by_switch(at);
                Some(Change::To { standing, act: Act::Granted })
            }
            Some(it) => {
                let (crm_told, due) = (Some(false), Some(at));
                let standing = OptOut { crm_told, due, tags_only: false, ..it.clone() };
                Some(Change::Renewed { standing, act: Act::GrantRefused })
            }
            None => None,
        },
        SmsSwitch::On { .. } | SmsSwitch::Off | SmsSwitch::Unknown => None,
    }
}

impl OptOut {
    /// A standing that the CRM has yet to be told of.
    pub fn new(phone: PhoneNumber, active: bool, source: Source, since: Timestamp) -> Self {
        let due = Some(since);
        Self {
            phone,
            active,
            source,
            since,
            crm_told: None,
            crm_told_at: None,
            crm_contact: None,
            tags_only: false,
            tries: 0,
            parked: None,
            due,
        }
    }

    /// A standing that the CRM's switch has told us itself. Its tags have yet to follow; the switch
    /// is left alone, for somebody may have moved it since.
    #[must_use]
    fn by_switch(self, at: Timestamp) -> Self {
        Self { crm_told: Some(self.active), crm_told_at: Some(at), tags_only: true, ..self }
    }

    /// What the CRM was told of the standing before this one, which its switch still says.
    #[must_use]
    pub fn after(self, before: Option<&Self>) -> Self {
        let crm_told = before.and_then(|it| it.crm_told);
        let crm_told_at = before.and_then(|it| it.crm_told_at);
        Self { crm_told, crm_told_at, ..self }
    }

    /// The person, or the carrier for them, says again what the CRM's switch had said alone. It is
    /// their word from now on.
    #[must_use]
    pub fn confirmed(&self, source: Source, at: Timestamp) -> Self {
        let is_theirs = self.source == Source::Ghl && source == Source::Texting;
        let source = if self.source == Source::Ghl { source } else { self.source };
        let since = self.since.max(at);
        let next = Self { source, since, ..self.clone() };
        if !is_theirs {
            return next;
        }
        // Somebody may have moved the switch since it told us.
        let due = next.due.or(next.parked.is_none().then_some(at));
        Self { tags_only: false, due, ..next }
    }

    /// Whether this was said after `at`. What the CRM's switch has lifted never outranks somebody's
    /// own word: its clock is not ours.
    pub fn is_newer_than(&self, at: Timestamp) -> bool {
        let is_switched_off = !self.active && self.source == Source::Ghl;
        self.since > at && !is_switched_off
    }

    /// The standing after the CRM was told of it.
    #[must_use]
    pub fn told(self, at: Timestamp) -> Self {
        Self {
            crm_told: Some(self.active),
            crm_told_at: if self.tags_only { self.crm_told_at } else { Some(at) },
            tags_only: false,
            tries: 0,
            parked: None,
            due: None,
            ..self
        }
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
        let before = out(Source::Manual).told(NOON);
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

    fn switch(standing: Option<&OptOut>, switch: &SmsSwitch) -> Option<(bool, Act)> {
        match switched(standing, (&phone(), &contact()), switch, LATER.sent_at)? {
            Change::To { standing, act } | Change::Renewed { standing, act } => {
                Some((standing.active, act))
            }
            Change::Same { .. } => None,
        }
    }

    const ON: SmsSwitch = SmsSwitch::On { code: None, permanent: false };

    #[test]
    fn the_crms_switch_opts_out_and_takes_back_only_what_it_said_itself() {
        assert_eq!(switch(None, &ON), Some((true, Act::Revoked)));
        assert_eq!(switch(None, &SmsSwitch::Off), None);
        let by_crm = out(Source::Ghl).told(NOON);
        assert_eq!(switch(Some(&by_crm), &SmsSwitch::Off), Some((false, Act::Granted)));
        assert_eq!(switch(Some(&by_crm), &SmsSwitch::Unknown), None);
        for source in [Source::Texting, Source::Carrier, Source::Manual, Source::Api] {
            let standing = out(source).told(NOON);
            let change = switch(Some(&standing), &SmsSwitch::Off);
            assert_eq!(change, Some((true, Act::GrantRefused)), "{source}");
        }
    }

    #[test]
    fn what_only_the_person_can_take_back_the_switch_does_not() {
        let permanent = SmsSwitch::On { code: None, permanent: true };
        let Some(Change::To { standing, .. }) =
            switched(None, (&phone(), &contact()), &permanent, NOON)
        else {
            panic!("nothing changed");
        };
        let change = switch(Some(&standing), &SmsSwitch::Off);
        assert_eq!(change, Some((true, Act::GrantRefused)));
    }

    fn contact() -> CrmContactId {
        CrmContactId::parse("c1").unwrap()
    }

    /// Flipping the switch back does not take back what the person has said in between.
    #[test]
    fn a_stop_makes_what_the_switch_said_the_persons_own_word() {
        let by_crm = OptOut { crm_contact: Some(contact()), ..out(Source::Ghl).told(NOON) };
        let Some(Change::Renewed { standing, .. }) = heard(Some(&by_crm), Keyword::Stop) else {
            panic!("it is not renewed");
        };
        assert_eq!(standing.source, Source::Texting);
        assert!(standing.due.is_some(), "the switch may have been moved since it told us");
        let off =
            switched(Some(&standing), (&phone(), &contact()), &SmsSwitch::Off, LATER.heard_at);
        assert_eq!(off, None, "and is told first");
        let standing = standing.told(LATER.heard_at);
        let later = LATER.heard_at + SignedDuration::from_secs(1);
        let off = switched(Some(&standing), (&phone(), &contact()), &SmsSwitch::Off, later);
        assert!(matches!(off, Some(Change::Renewed { act: Act::GrantRefused, .. })), "{off:?}");

        let permanent = SmsSwitch::On { code: None, permanent: true };
        let change = switched(Some(&by_crm), (&phone(), &contact()), &permanent, later);
        assert!(
            matches!(&change, Some(Change::Renewed { standing, .. }) if standing.source == Source::Carrier),
            "{change:?}"
        );
    }

    #[test]
    fn what_the_switch_has_lifted_never_outranks_a_stop() {
        let after = LATER.heard_at + SignedDuration::from_secs(30);
        let lifted = OptOut::new(phone(), false, Source::Ghl, after).told(after);
        let change = heard(Some(&lifted), Keyword::Stop);
        assert!(
            matches!(&change, Some(Change::To { standing, .. }) if standing.active),
            "{change:?}"
        );
    }

    /// After START the CRM's switch is still on, until it is told.
    #[test]
    fn a_switch_that_nobody_has_set_back_yet_does_not_undo_a_start() {
        let told = out(Source::Texting).told(NOON);
        let Some(Change::To { standing, .. }) = heard(Some(&told), Keyword::Start) else {
            panic!("it is not lifted");
        };
        let later = LATER.heard_at + SignedDuration::from_secs(60);
        assert_eq!(switched(Some(&standing), (&phone(), &contact()), &ON, later), None);
    }

    #[test]
    fn another_contacts_switch_does_not_lift_it() {
        let by_crm = OptOut { crm_contact: Some(contact()), ..out(Source::Ghl).told(NOON) };
        let other = CrmContactId::parse("c2").unwrap();
        let later = LATER.heard_at;
        assert_eq!(switched(Some(&by_crm), (&phone(), &other), &SmsSwitch::Off, later), None);
    }

    #[test]
    fn our_own_setting_of_the_switch_is_no_news() {
        let untold = out(Source::Texting);
        let told = out(Source::Texting).told(LATER.sent_at);
        let lifted = OptOut { active: false, ..out(Source::Texting) };
        for standing in [&untold, &told, &lifted.clone().told(LATER.sent_at)] {
            assert_eq!(switch(Some(standing), &ON), None, "{standing:?}");
            assert_eq!(switch(Some(standing), &SmsSwitch::Off), None, "{standing:?}");
        }
        let later = OptOut { since: LATER.sent_at, ..lifted }.told(NOON);
        assert_eq!(switch(Some(&later), &ON), None, "it is older than what was said since");
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
