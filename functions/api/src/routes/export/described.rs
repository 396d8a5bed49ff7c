//! People as the CRM describes them, with what is theirs.

use aws::{Asked, Position};
use domain::{ids::ContactId, lead::Lead, phone::PhoneNumber};

use super::{PAGE, Record, record};
use crate::{asking::Member, problem::Problem};

/// Those who have this phone, and whoever it leads to.
pub(super) async fn at(member: &Member, phone: &PhoneNumber) -> Result<Vec<Record>, Problem> {
    let scope = member.scope();
    let mut leads = scope.leads(Some(phone), Asked::newest(PAGE)).await?.items;
    if let Some(owner) = scope.last_owner_of(phone).await?
        && !leads.iter().any(|it| it.contact == owner.contact)
    {
        leads.extend(scope.lead(&owner.contact).await?.map(|row| row.body));
    }
    let mut items = Vec::new();
    for lead in &leads {
        items.extend(whole(member, lead).await?);
    }
    Ok(items)
}

/// Those of whom no phone is known.
pub(super) async fn unreachable(
    member: &Member,
    after: Option<Position>,
) -> Result<(Vec<Record>, Option<Position>), Problem> {
    let page = member.scope().leads(None, Asked::newest(PAGE).after(after)).await?;
    let mut items = Vec::new();
    for lead in &page.items {
        items.extend(whole(member, lead).await?);
    }
    Ok((items, page.next))
}

/// What is nobody's, and those who work in the CRM.
pub(super) async fn nobodys(member: &Member) -> Result<Vec<Record>, Problem> {
    let mut items = belongings(member, None).await?;
    let users = member.scope().users(Asked::newest(PAGE)).await?.items;
    items.extend(users.iter().map(|it| record("user", it)));
    Ok(items)
}

async fn whole(member: &Member, lead: &Lead) -> Result<Vec<Record>, Problem> {
    let mut items = vec![record("contact", lead)];
    items.extend(belongings(member, Some(&lead.contact)).await?);
    Ok(items)
}

/// A contact's deals and appointments, as many as anybody has.
async fn belongings(member: &Member, of: Option<&ContactId>) -> Result<Vec<Record>, Problem> {
    let scope = member.scope();
    let deals = scope.deals(of, Asked::newest(PAGE)).await?.items;
    let appointments = scope.appointments(of, Asked::newest(PAGE)).await?.items;
    let deals = deals.iter().map(|it| record("opportunity", it));
    Ok(deals.chain(appointments.iter().map(|it| record("appointment", it))).collect())
}
