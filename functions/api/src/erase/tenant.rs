//! All that a deleted tenant had. Each walk begins with what is left, so a request that ran out of time
//! is sent again.

use std::time::Instant;

use aws::{Asked, Row, Table, Waiting};
use domain::{
    access::ApiKey,
    consent::OptOut,
    conversation::Conversation,
    event::{Outcome, Stage, WebhookEvent},
    heard::Heard,
    ids::{ConversationId, IntegrationId},
    phone::PhoneNumber,
};

use super::{PAGE, empty, forget, is_over, mirrors};
use crate::{
    asking::Member,
    problem::Problem,
    routes::{integrations, keys},
};

/// Takes away a tenant's integrations with their credentials and addresses, and its keys. Gives what
/// it had connected.
pub(crate) async fn connections(member: &Member) -> Result<Vec<IntegrationId>, Problem> {
    let scope = member.scope();
    let mut ids = Vec::new();
    for integration in scope.integrations().await? {
        if let Some(row) = scope.integration_row(&integration.id).await? {
            integrations::remove::remove(member, &row).await?;
        }
        ids.push(integration.id);
    }
    let mut after = None;
    loop {
        let page = scope.api_keys(Asked::oldest(PAGE).after(after)).await?;
        for key in page.items.iter().filter(|it| it.revoked_at.is_none()) {
            revoke(member, key).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(ids);
        }
    }
}

async fn revoke(member: &Member, key: &ApiKey) -> Result<(), Problem> {
    let Some(row) = member.scope().api_key(&key.id).await? else { return Ok(()) };
    keys::revoked(member, row).await.map(drop)
}

/// Everything else. With how many people something was said, and whether nothing is left of it.
pub(crate) async fn rest(
    member: &Member,
    integrations: &[IntegrationId],
) -> Result<(usize, bool), Problem> {
    let begun = Instant::now();
    member.scope().forget_belongings().await?;
    let (said, is_all_said) = conversations(member, begun).await?;
    let (noted, is_all_noted) = noted(member, begun).await?;
    let mut complete = is_all_said && is_all_noted;
    complete &= mirrors::leads(member, None, begun).await?;
    complete &= mirrors::of(member, None, begun).await?;
    complete &= mirrors::users(member, begun).await?;
    for table in [Table::Journal, Table::State] {
        complete &= waiting(member, table, begun).await?;
    }
    for integration in integrations {
        complete &= deliveries(member, integration, begun).await?;
    }
    Ok((said + noted, complete))
}

async fn conversations(member: &Member, begun: Instant) -> Result<(usize, bool), Problem> {
    let mut count = 0;
    loop {
        let page = member.scope().conversations(Asked::oldest(PAGE)).await?;
        if page.items.is_empty() {
            return Ok((count, true));
        }
        let before = count;
        for Conversation { id, phone, .. } in page.items {
            count += usize::from(forget(member, &phone, &id, begun).await?.complete);
            if is_over(begun) {
                return Ok((count, false));
            }
        }
        if count == before {
            return Ok((count, false));
        }
    }
}

/// Those with whom nothing was said yet.
async fn noted(member: &Member, begun: Instant) -> Result<(usize, bool), Problem> {
    let mut count = 0;
    loop {
        let page = member.scope().people(Asked::oldest(PAGE)).await?;
        if page.items.is_empty() {
            return Ok((count, true));
        }
        let before = count;
        for noted in page.items {
            count += usize::from(somebody(member, &noted.phone, begun).await?);
            if is_over(begun) {
                return Ok((count, false));
            }
        }
        if count == before {
            return Ok((count, false));
        }
    }
}

async fn somebody(member: &Member, phone: &PhoneNumber, begun: Instant) -> Result<bool, Problem> {
    let conversation = ConversationId::with(&member.tenant, phone);
    Ok(forget(member, phone, &conversation, begun).await?.complete)
}

/// What waits in a table. Of somebody who is known by nothing else, it is all there is.
async fn waiting(member: &Member, table: Table, begun: Instant) -> Result<bool, Problem> {
    let (mut complete, mut after) = (true, None);
    loop {
        let page = member.scope().waiting(table, Asked::oldest(PAGE).after(after)).await?;
        for waiting in page.items {
            complete &= ended(member, waiting, begun).await?;
            if is_over(begun) {
                return Ok(false);
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(complete);
        }
    }
}

/// Whether it waits no more. Opt-outs are kept, and nobody is told of them any more.
async fn ended(member: &Member, waiting: Waiting, begun: Instant) -> Result<bool, Problem> {
    let scope = member.scope();
    Ok(match waiting {
        Waiting::Event(row) => delivery(member, row, begun).await?,
        Waiting::Message(row) => {
            let message = row.body;
            forget(member, &message.phone, &message.conversation, begun).await?.complete
        }
        Waiting::Telling(row) => {
            scope.replace_telling(&row, &row.body.clone().discarded()).await?;
            true
        }
        Waiting::Standing(row) => {
            let next = OptOut { parked: None, due: None, ..row.body.clone() };
            scope.replace_opt_out(&row, &next).await?;
            true
        }
        Waiting::Copy(row) => somebody(member, &row.body.phone, begun).await?,
    })
}

/// What came in through an integration. Nothing is done about any of it now, so what is open is
/// emptied as well.
async fn deliveries(
    member: &Member,
    integration: &IntegrationId,
    begun: Instant,
) -> Result<bool, Problem> {
    let (scope, mut complete, mut after) = (member.scope(), true, None);
    loop {
        let page = scope.events(integration, Asked::oldest(PAGE).after(after)).await?;
        for event in page.items {
            if let Some(row) = scope.event(&event.id).await? {
                complete &= delivery(member, row, begun).await?;
            }
            if is_over(begun) {
                return Ok(false);
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(complete);
        }
    }
}

/// Empties a delivery, and forgets whose it is if nothing else says so.
async fn delivery(
    member: &Member,
    row: Row<WebhookEvent>,
    begun: Instant,
) -> Result<bool, Problem> {
    let is_said = matches!(
        row.body.stage,
        Stage::Done { outcome: Outcome::Applied | Outcome::NothingNew, .. }
    );
    let phone = match &row.body.heard {
        Heard::Text(text) if !is_said => Some(text.from.clone()),
        // What the CRM told of somebody is found by them.
        Heard::Text(_)
        | Heard::Report(_)
        | Heard::Crm(_)
        | Heard::Ignored { .. }
        | Heard::Unusable { .. } => None,
    };
    if let Some(phone) = &phone {
        // Nothing else may lead to them once it is empty, and the time may be over by then.
        member.scope().note_person(phone, member.now()).await?;
    }
    let is_gone = matches!(row.body.stage, Stage::Done { outcome: Outcome::Erased, .. });
    if !is_gone && empty(member, row).await?.is_none() {
        return Ok(false);
    }
    match phone {
        Some(phone) => somebody(member, &phone, begun).await,
        None => Ok(true),
    }
}
