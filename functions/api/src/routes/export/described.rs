//! People as the CRM describes them, with what is theirs, however much it is.
//!
//! It is told step by step, of one person or of a list's next hundred, until a page is full. The
//! step that comes next leads to the next page.

use aws::{Asked, Position};
use domain::{ids::ContactId, lead::Lead, phone::PhoneNumber};
use serde::{Deserialize, Serialize};

use super::{PAGE, Record, record};
use crate::{asking::Member, problem::Problem};

/// Records of a full page. The last step may bring it a list's page more.
pub(super) const FULL: usize = 100;

/// Whom a page is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whom<'a> {
    /// Those who have this phone. Nobody else is told of.
    Only(&'a PhoneNumber),
    /// Those who have this phone. All others are told of as well.
    Among(&'a PhoneNumber),
    /// Those of whom no phone is known, what is nobody's, and who works in the CRM.
    Unreachable,
}

/// What comes next.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Step {
    /// Of those who have the phone, or of whom none is known, who comes after this one.
    Contact(Option<Position>),
    /// Whoever the phone leads to.
    Owner,
    /// The deals after this one.
    Deals(Belongings, Option<Position>),
    Appointments(Belongings, Option<Position>),
    /// Those who work in the CRM.
    Users(Option<Position>),
}

/// Whose deals and appointments it is about, if they are anybody's, and what comes after them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Belongings {
    of: Option<ContactId>,
    then: Option<Box<Step>>,
}

type Told = (Vec<Record>, Option<Step>);

impl<'a> Whom<'a> {
    fn phone(self) -> Option<&'a PhoneNumber> {
        match self {
            Self::Only(phone) | Self::Among(phone) => Some(phone),
            Self::Unreachable => None,
        }
    }

    /// Whether whoever the phone leads to is told of without it: with the phone that the CRM says they
    /// have, or with those who have none.
    fn includes(self, lead: &Lead) -> bool {
        match self {
            Self::Only(phone) => lead.phone.as_ref() == Some(phone),
            Self::Among(_) | Self::Unreachable => true,
        }
    }
}

impl Step {
    pub(super) fn first() -> Self {
        Self::Contact(None)
    }

    fn belongings(of: Option<ContactId>, then: Option<Self>) -> Self {
        Self::Deals(Belongings { of, then: then.map(Box::new) }, None)
    }
}

/// Fills the page that begins with these records.
pub(super) async fn fill(
    member: &Member,
    mut items: Vec<Record>,
    whom: Whom<'_>,
    step: Step,
) -> Result<Told, Problem> {
    let mut next = Some(step);
    while items.len() < FULL
        && let Some(step) = next.take()
    {
        let (more, then) = told(member, whom, step).await?;
        items.extend(more);
        next = then;
    }
    Ok((items, next))
}

async fn told(member: &Member, whom: Whom<'_>, step: Step) -> Result<Told, Problem> {
    let scope = member.scope();
    match step {
        Step::Contact(after) => contact(member, whom, after).await,
        Step::Owner => owner(member, whom).await,
        Step::Deals(theirs, after) => {
            let page = scope.deals(theirs.of.as_ref(), asked(after)).await?;
            let next = match page.next {
                Some(after) => Step::Deals(theirs, Some(after)),
                None => Step::Appointments(theirs, None),
            };
            Ok((records("opportunity", &page.items), Some(next)))
        }
        Step::Appointments(theirs, after) => {
            let page = scope.appointments(theirs.of.as_ref(), asked(after)).await?;
            let next = match page.next {
                Some(after) => Some(Step::Appointments(theirs, Some(after))),
                None => theirs.then.map(|it| *it),
            };
            Ok((records("appointment", &page.items), next))
        }
        Step::Users(after) => {
            let page = scope.users(asked(after)).await?;
            Ok((records("user", &page.items), page.next.map(|it| Step::Users(Some(it)))))
        }
    }
}

async fn contact(
    member: &Member,
    whom: Whom<'_>,
    after: Option<Position>,
) -> Result<Told, Problem> {
    let phone = whom.phone();
    let found = member.scope().leads(phone, Asked::oldest(1).after(after)).await?;
    let then = match (found.next, phone) {
        (Some(next), _) => Step::Contact(Some(next)),
        (None, Some(_)) => Step::Owner,
        (None, None) => Step::belongings(None, Some(Step::Users(None))),
    };
    let Some(lead) = found.items.first() else { return Ok((Vec::new(), Some(then))) };
    let theirs = Step::belongings(Some(lead.contact.clone()), Some(then));
    Ok((vec![record("contact", lead)], Some(theirs)))
}

/// The CRM may never have told of them but by their deals.
async fn owner(member: &Member, whom: Whom<'_>) -> Result<Told, Problem> {
    let Some(phone) = whom.phone() else { return Ok(Told::default()) };
    let scope = member.scope();
    let Some(owner) = scope.last_owner_of(phone).await? else { return Ok(Told::default()) };
    let lead = scope.lead(&owner.contact).await?.map(|row| row.body);
    if lead.as_ref().is_some_and(|it| whom.includes(it)) {
        return Ok(Told::default());
    }
    let theirs = Step::belongings(Some(owner.contact), None);
    Ok((records("contact", lead.as_slice()), Some(theirs)))
}

fn asked(after: Option<Position>) -> Asked {
    Asked::oldest(PAGE).after(after)
}

fn records(kind: &'static str, items: &[impl Serialize]) -> Vec<Record> {
    items.iter().map(|it| record(kind, it)).collect()
}
