//! What the CRM told us of people, and of their deals and appointments.

use std::time::Instant;

use aws::Asked;
use domain::{ids::ContactId, phone::PhoneNumber};

use super::{BUDGET, PAGE};
use crate::{asking::Member, problem::Problem, routes::tenants::done};

/// Those who have this phone; without one, those of whom no phone is known. Whether nothing is left.
pub(super) async fn leads(
    member: &Member,
    phone: Option<&PhoneNumber>,
    begun: Instant,
) -> Result<bool, Problem> {
    let (scope, mut after) = (member.scope(), None);
    loop {
        let page = scope.leads(phone, Asked::oldest(PAGE).after(after)).await?;
        for lead in page.items {
            of(member, Some(&lead.contact)).await?;
            done(&scope.transaction().forget_lead(&lead.contact).commit().await?)?;
            if begun.elapsed() > BUDGET {
                return Ok(false);
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(true);
        }
    }
}

/// A contact's deals and appointments; without one, those that are nobody's.
pub(super) async fn of(member: &Member, contact: Option<&ContactId>) -> Result<(), Problem> {
    deals(member, contact).await?;
    appointments(member, contact).await
}

async fn deals(member: &Member, contact: Option<&ContactId>) -> Result<(), Problem> {
    let (scope, mut after) = (member.scope(), None);
    loop {
        let page = scope.deals(contact, Asked::oldest(PAGE).after(after)).await?;
        for deal in &page.items {
            done(&scope.transaction().forget_deal(deal).commit().await?)?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn appointments(member: &Member, contact: Option<&ContactId>) -> Result<(), Problem> {
    let (scope, mut after) = (member.scope(), None);
    loop {
        let page = scope.appointments(contact, Asked::oldest(PAGE).after(after)).await?;
        for appointment in &page.items {
            done(&scope.transaction().forget_appointment(appointment).commit().await?)?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

pub(super) async fn users(member: &Member) -> Result<(), Problem> {
    let (scope, mut after) = (member.scope(), None);
    loop {
        let page = scope.users(Asked::oldest(PAGE).after(after)).await?;
        for user in &page.items {
            done(&scope.transaction().forget_user(user).commit().await?)?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}
