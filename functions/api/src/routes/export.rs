//! Everything that a tenant has, or that we know of a person, a page at a time.
//!
//! Every list is told from its oldest item on. What changes or comes meanwhile goes to its end, which
//! is yet to be told, so it comes twice at worst. The other way round it would be passed over. A text
//! stands where it was sent, so one that comes late may be behind what was told.

mod described;
mod person;

use std::sync::Arc;

use aws::{Asked, Position};
use axum::Json;
use domain::{
    conversation::Conversation,
    ids::{ConversationId, IntegrationId},
    phone::PhoneNumber,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::described::{Step, Whom};
use super::{consents, conversations, events, messages, opt_outs, people, tenants};
use crate::{
    Deps,
    asking::{Member, Operator, seen},
    list::{Listed, opened, sealed},
    openapi::Refusals,
    problem::Problem,
    read::{Named, Params},
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new().routes(routes!(export_tenant)).routes(routes!(person::export_person))
}

const PAGE: i32 = 100;

/// Each may have a body of a hundred kilobytes.
const DELIVERIES: i32 = 20;

/// One record of an export.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Record {
    /// `tenant`, `integration`, `number`, `conversation`, `person` (with whom nothing was said yet),
    /// `contact`, `opportunity`, `appointment`, `user` (as GoHighLevel last told of them), `message`, `delivery`, `opt_out`, `consent` or `audit`.
    kind: &'static str,
    #[schema(value_type = Object)]
    record: Value,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Next {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// How far an export has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Stage {
    Tenant,
    Numbers(Option<Position>),
    /// The conversation after this one, in which something was last said then.
    Conversations {
        after: Option<Position>,
        told_until: Option<Timestamp>,
    },
    /// Who comes after this one of those with whom nothing was said yet, or not until after that: the
    /// last text of the last conversation that is told.
    People {
        after: Option<Position>,
        told_until: Option<Timestamp>,
    },
    /// What was said with this phone after that, wherever its conversation is in the list by now; and
    /// who has it. Then that.
    Said {
        phone: PhoneNumber,
        after: Position,
        then: Box<Stage>,
    },
    /// Who has this phone, and what is theirs; then that.
    Described {
        phone: PhoneNumber,
        step: Step,
        then: Box<Stage>,
    },
    /// Those of whom the CRM knows no phone, what is nobody's, and who works in the CRM.
    Unreachable(Step),
    /// What came in through this integration, after that. Without one, the first is to come.
    Deliveries {
        integration: Option<IntegrationId>,
        after: Option<Position>,
    },
    OptOuts(Option<Position>),
    Consents(Option<Position>),
    Audit(Option<Position>),
}

type Page = (Vec<Record>, Option<Stage>);

fn record(kind: &'static str, view: &impl Serialize) -> Record {
    Record { kind, record: seen(view) }
}

/// Everything that a tenant has, except secrets
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/export", tag = "Tenants",
    params(("tenant" = String, Path), Next),
    responses((status = 200, body = Listed<Record>), Refusals)
)]
async fn export_tenant(
    operator: Operator,
    Named(id): Named,
    Params(next): Params<Next>,
) -> Result<Json<Listed<Record>>, Problem> {
    let member = operator.of(&id)?;
    if member.scope().tenant_row().await?.is_none() {
        return Err(Problem::not_found("tenant"));
    }
    let stage = if let Some(cursor) = &next.cursor {
        opened(&member, "export", cursor).await?
    } else {
        people::note(&member, "tenant.export", &id, None).await?;
        Stage::Tenant
    };
    let (items, next) = page(&member, stage).await?;
    let next_cursor = match next {
        Some(stage) => Some(sealed(&member, "export", &stage).await?),
        None => None,
    };
    Ok(Json(Listed { items, next_cursor }))
}

async fn page(member: &Member, stage: Stage) -> Result<Page, Problem> {
    match stage {
        Stage::Tenant => tenant(member).await,
        Stage::Numbers(after) => numbers(member, after).await,
        Stage::Conversations { after, told_until } => conversation(member, after, told_until).await,
        Stage::People { after, told_until } => noted(member, after, told_until).await,
        Stage::Said { phone, after, then } => {
            said(member, Vec::new(), phone, Some(after), *then).await
        }
        Stage::Described { phone, step, then } => {
            who_has(member, Vec::new(), phone, step, *then).await
        }
        Stage::Unreachable(step) => unreachable(member, step).await,
        Stage::Deliveries { integration, after } => deliveries(member, integration, after).await,
        Stage::OptOuts(after) => {
            let page = member.scope().opt_outs(Asked::oldest(PAGE).after(after)).await?;
            let items = page.items.iter().map(|it| record("opt_out", &opt_outs::view(member, it)));
            let next = page.next.map_or(Stage::Consents(None), |it| Stage::OptOuts(Some(it)));
            Ok((items.collect(), Some(next)))
        }
        Stage::Consents(after) => {
            let page = member.scope().consents(Asked::oldest(PAGE).after(after)).await?;
            let items = page.items.iter().map(|it| record("consent", &consents::view(it)));
            let next = page.next.map_or(Stage::Audit(None), |it| Stage::Consents(Some(it)));
            Ok((items.collect(), Some(next)))
        }
        Stage::Audit(after) => {
            let page = member.scope().audit_log(Asked::oldest(PAGE).after(after)).await?;
            let items = page.items.iter().map(|it| record("audit", it));
            Ok((items.collect(), page.next.map(|it| Stage::Audit(Some(it)))))
        }
    }
}

async fn tenant(member: &Member) -> Result<Page, Problem> {
    let mut items = Vec::new();
    if let Some(row) = member.scope().tenant_row().await? {
        items.push(record("tenant", &tenants::view(&row.body)));
    }
    let integrations = member.scope().integrations().await?;
    items.extend(integrations.iter().map(|it| record("integration", it)));
    Ok((items, Some(Stage::Numbers(None))))
}

async fn numbers(member: &Member, after: Option<Position>) -> Result<Page, Problem> {
    let over = Stage::Conversations { after: None, told_until: None };
    let page = member.scope().numbers(Asked::oldest(PAGE).after(after)).await?;
    let items = page.items.iter().map(|it| record("number", it)).collect();
    Ok((items, Some(page.next.map_or(over, |it| Stage::Numbers(Some(it))))))
}

/// One conversation, and what was said in it.
async fn conversation(
    member: &Member,
    after: Option<Position>,
    told_until: Option<Timestamp>,
) -> Result<Page, Problem> {
    let over = |told_until| Stage::People { after: None, told_until };
    let found = member.scope().conversations(Asked::oldest(1).after(after)).await?;
    let Some(conversation) = found.items.first() else {
        return Ok((Vec::new(), Some(over(told_until))));
    };
    let told_until = Some(conversation.last_at);
    let then = match found.next {
        Some(next) => Stage::Conversations { after: Some(next), told_until },
        None => over(told_until),
    };
    said(member, vec![head(conversation)], conversation.phone.clone(), None, then).await
}

/// One of those with whom nothing was said yet, and what is to be said to them.
async fn noted(
    member: &Member,
    after: Option<Position>,
    told_until: Option<Timestamp>,
) -> Result<Page, Problem> {
    let over = Stage::Unreachable(Step::first());
    let found = member.scope().people(Asked::oldest(1).after(after)).await?;
    let Some(person) = found.items.first() else { return Ok((Vec::new(), Some(over))) };
    let then = found.next.map_or(over, |it| Stage::People { after: Some(it), told_until });
    let conversation = ConversationId::with(&member.tenant, &person.phone);
    let begun = match member.scope().conversation(&conversation).await? {
        None => record("person", person),
        // It came to be, or something was said in it, after all conversations were told.
        Some(row) if Some(row.body.last_at) > told_until => head(&row.body),
        Some(_) => return Ok((Vec::new(), Some(then))),
    };
    said(member, vec![begun], person.phone.clone(), None, then).await
}

/// After these records what was said with a phone, and once that is all, who has it.
async fn said(
    member: &Member,
    mut items: Vec<Record>,
    phone: PhoneNumber,
    after: Option<Position>,
    then: Stage,
) -> Result<Page, Problem> {
    let (texts, next) = said_with(member, &phone, after).await?;
    items.extend(texts);
    if let Some(after) = next {
        return Ok((items, Some(Stage::Said { phone, after, then: Box::new(then) })));
    }
    who_has(member, items, phone, Step::first(), then).await
}

/// After these records who has a phone, as far as there is room; then that stage.
async fn who_has(
    member: &Member,
    items: Vec<Record>,
    phone: PhoneNumber,
    step: Step,
    then: Stage,
) -> Result<Page, Problem> {
    let (items, next) = described::fill(member, items, Whom::Among(&phone), step).await?;
    let next = match next {
        Some(step) => Stage::Described { phone, step, then: Box::new(then) },
        None => then,
    };
    Ok((items, Some(next)))
}

async fn unreachable(member: &Member, step: Step) -> Result<Page, Problem> {
    let over = Stage::Deliveries { integration: None, after: None };
    let (items, next) = described::fill(member, Vec::new(), Whom::Unreachable, step).await?;
    Ok((items, Some(next.map_or(over, Stage::Unreachable))))
}

/// What came in through one integration, as it was posted; then the next one.
async fn deliveries(
    member: &Member,
    integration: Option<IntegrationId>,
    after: Option<Position>,
) -> Result<Page, Problem> {
    let mut ids: Vec<_> =
        member.scope().integrations().await?.into_iter().map(|it| it.id).collect();
    ids.sort();
    let Some(id) = integration.or_else(|| ids.first().cloned()) else {
        return Ok((Vec::new(), Some(Stage::OptOuts(None))));
    };
    let page = member.scope().events(&id, Asked::oldest(DELIVERIES).after(after)).await?;
    let items = page.items.iter().map(|it| record("delivery", &events::whole(it))).collect();
    let next = match (page.next, ids.into_iter().find(|it| *it > id)) {
        (Some(after), _) => Stage::Deliveries { integration: Some(id), after: Some(after) },
        (None, Some(next)) => Stage::Deliveries { integration: Some(next), after: None },
        (None, None) => Stage::OptOuts(None),
    };
    Ok((items, Some(next)))
}

fn head(conversation: &Conversation) -> Record {
    record("conversation", &conversations::view(conversation))
}

async fn said_with(
    member: &Member,
    phone: &PhoneNumber,
    after: Option<Position>,
) -> Result<(Vec<Record>, Option<Position>), Problem> {
    let conversation = ConversationId::with(&member.tenant, phone);
    let page = member.scope().messages(&conversation, Asked::oldest(PAGE).after(after)).await?;
    let items = page.items.iter().map(|it| record("message", &messages::view(it))).collect();
    Ok((items, page.next))
}
