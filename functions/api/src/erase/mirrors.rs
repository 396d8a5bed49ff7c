//! What the CRM told us of people, and of their deals and appointments. Each walk says whether
//! nothing is left.

use std::time::Instant;

use aws::{Asked, Page, StoreError, Transaction};
use domain::{ids::ContactId, lead::Lead, phone::PhoneNumber};

use super::{PAGE, is_over};
use crate::{asking::Member, problem::Problem, routes::tenants::done};

/// Those who have this phone; without one, those of whom no phone is known.
pub(super) async fn leads(
    member: &Member,
    phone: Option<&PhoneNumber>,
    begun: Instant,
) -> Result<bool, Problem> {
    let scope = member.scope();
    walk(begun, |asked| scope.leads(phone, asked), |it| lead(member, it, begun)).await
}

/// What is theirs goes first, for they lead to it.
async fn lead(member: &Member, lead: Lead, begun: Instant) -> Result<bool, Problem> {
    if !of(member, Some(&lead.contact), begun).await? {
        return Ok(false);
    }
    gone(member.scope().transaction().forget_lead(&lead.contact)).await
}

/// A contact's deals and appointments; without one, those that are nobody's.
pub(super) async fn of(
    member: &Member,
    contact: Option<&ContactId>,
    begun: Instant,
) -> Result<bool, Problem> {
    Ok(deals(member, contact, begun).await? && appointments(member, contact, begun).await?)
}

async fn deals(
    member: &Member,
    contact: Option<&ContactId>,
    begun: Instant,
) -> Result<bool, Problem> {
    let scope = member.scope();
    let forget = |it| gone(scope.transaction().forget_deal(&it));
    walk(begun, |asked| scope.deals(contact, asked), forget).await
}

async fn appointments(
    member: &Member,
    contact: Option<&ContactId>,
    begun: Instant,
) -> Result<bool, Problem> {
    let scope = member.scope();
    let forget = |it| gone(scope.transaction().forget_appointment(&it));
    walk(begun, |asked| scope.appointments(contact, asked), forget).await
}

pub(super) async fn users(member: &Member, begun: Instant) -> Result<bool, Problem> {
    let scope = member.scope();
    let forget = |it| gone(scope.transaction().forget_user(&it));
    walk(begun, |asked| scope.users(asked), forget).await
}

/// Forgets what a list has, page by page, until there is no more time.
async fn walk<T, P, F>(
    begun: Instant,
    page: impl Fn(Asked) -> P,
    forget: impl Fn(T) -> F,
) -> Result<bool, Problem>
where
    P: Future<Output = Result<Page<T>, StoreError>>,
    F: Future<Output = Result<bool, Problem>>,
{
    let mut after = None;
    loop {
        let found = page(Asked::oldest(PAGE).after(after)).await?;
        for it in found.items {
            if !forget(it).await? || is_over(begun) {
                return Ok(false);
            }
        }
        after = found.next;
        if after.is_none() {
            return Ok(true);
        }
    }
}

async fn gone(transaction: Transaction<'_>) -> Result<bool, Problem> {
    done(&transaction.commit().await?)?;
    Ok(true)
}
