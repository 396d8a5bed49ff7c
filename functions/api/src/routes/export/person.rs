//! Everything that we know of a person, a page at a time.

use aws::{Asked, Position};
use axum::Json;
use domain::{ids::ConversationId, phone::PhoneNumber};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{
    PAGE, Record,
    described::{self, FULL, Step, Whom},
    head, record, said_with,
};
use crate::{
    asking::{Admin, Member},
    list::{Listed, opened, sealed},
    openapi::Refusals,
    problem::Problem,
    read::Params,
    routes::{consents, opt_outs, people},
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfPerson {
    /// The person's number.
    #[param(format = "phone")]
    phone: String,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// How far the export of a person has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Part {
    /// What they said about being texted, after this.
    Consents(Option<Position>),
    /// What was said, after this.
    Said(Option<Position>),
    /// Who has the phone, and what is theirs.
    Described(Step),
}

type Told = (Vec<Record>, Option<Part>);

/// Everything that we know of a person
#[utoipa::path(
    get, path = "/v1/people/export", tag = "Consent", params(OfPerson),
    responses((status = 200, body = Listed<Record>), Refusals)
)]
pub(super) async fn export_person(
    member: Admin,
    Params(of): Params<OfPerson>,
) -> Result<Json<Listed<Record>>, Problem> {
    let phone = opt_outs::phone("phone", &of.phone)?;
    let conversation = ConversationId::with(&member.tenant, &phone);
    let list = format!("person#{conversation}");
    let (items, part) = match &of.cursor {
        Some(cursor) => (Vec::new(), opened(&member, &list, cursor).await?),
        None => (first(&member, &phone, &conversation).await?, Part::Consents(None)),
    };
    let (items, next) = more(&member, items, &phone, part).await?;
    if of.cursor.is_none() {
        if items.is_empty() {
            return Err(Problem::not_found("person"));
        }
        people::note(&member, "person.export", &conversation, None).await?;
    }
    let next_cursor = match next {
        Some(part) => Some(sealed(&member, &list, &part).await?),
        None => None,
    };
    Ok(Json(Listed { items, next_cursor }))
}

async fn first(
    member: &Member,
    phone: &PhoneNumber,
    conversation: &ConversationId,
) -> Result<Vec<Record>, Problem> {
    let scope = member.scope();
    let mut items = Vec::new();
    if let Some(row) = scope.conversation(conversation).await? {
        items.push(head(&row.body));
    }
    if let Some(row) = scope.opt_out(phone).await? {
        items.push(record("opt_out", &opt_outs::view(member, &row.body)));
    }
    Ok(items)
}

/// After these records what they said about being texted, then what was said, and then who has the
/// phone.
async fn more(
    member: &Member,
    mut items: Vec<Record>,
    phone: &PhoneNumber,
    part: Part,
) -> Result<Told, Problem> {
    let mut next = Some(part);
    while items.len() < FULL
        && let Some(part) = next.take()
    {
        (items, next) = told(member, items, phone, part).await?;
    }
    Ok((items, next))
}

async fn told(
    member: &Member,
    mut items: Vec<Record>,
    phone: &PhoneNumber,
    part: Part,
) -> Result<Told, Problem> {
    match part {
        Part::Consents(after) => {
            let asked = Asked::oldest(PAGE).after(after);
            let page = member.scope().consent_history(phone, asked).await?;
            items.extend(page.items.iter().map(|it| record("consent", &consents::view(it))));
            let next = page.next.map_or(Part::Said(None), |it| Part::Consents(Some(it)));
            Ok((items, Some(next)))
        }
        Part::Said(after) => {
            let (texts, next) = said_with(member, phone, after).await?;
            items.extend(texts);
            let described = Part::Described(Step::first());
            Ok((items, Some(next.map_or(described, |it| Part::Said(Some(it))))))
        }
        Part::Described(step) => {
            let (items, next) = described::fill(member, items, Whom::Only(phone), step).await?;
            Ok((items, next.map(Part::Described)))
        }
    }
}
