//! Lists, a page at a time. A cursor is sealed for its tenant and its list: it shows nothing to who
//! holds it, and opens nowhere else.

use aws::{Asked, Order, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    asking::Member,
    problem::{Problem, parsed},
};

const USUAL: i32 = 50;
const MOST: i32 = 100;

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// At most so many items: 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 50)]
    pub(crate) limit: Option<i32>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed<T> {
    pub(crate) items: Vec<T>,
    /// Leads to the next page. Without it this is the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

impl PageParams {
    /// What to ask of the list that is called `list`.
    pub(crate) async fn asked(
        &self,
        member: &Member,
        list: &str,
        order: Order,
    ) -> Result<Asked, Problem> {
        let limit = self.limit()?;
        let after = match &self.cursor {
            Some(cursor) => Some(opened(member, list, cursor).await?),
            None => None,
        };
        Ok(Asked { limit, after, order })
    }

    pub(crate) fn limit(&self) -> Result<i32, Problem> {
        let limit = self.limit.unwrap_or(USUAL);
        if (1..=MOST).contains(&limit) {
            Ok(limit)
        } else {
            Err(Problem::at("limit", format!("it is from 1 to {MOST}")))
        }
    }
}

/// A page for the caller.
pub(crate) async fn listed<T, U>(
    member: &Member,
    list: &str,
    page: Page<T>,
    view: impl FnMut(T) -> U,
) -> Result<Listed<U>, Problem> {
    let next_cursor = match &page.next {
        Some(position) => Some(sealed(member, list, position).await?),
        None => None,
    };
    Ok(Listed { items: page.items.into_iter().map(view).collect(), next_cursor })
}

/// Anything that leads to the next page of a list, sealed.
pub(crate) async fn sealed<T: Serialize>(
    member: &Member,
    list: &str,
    position: &T,
) -> Result<String, Problem> {
    let plain = serde_json::to_vec(position).unwrap_or_default();
    Ok(member.deps.seal.seal(&purpose(member, list), &plain, member.now()).await?)
}

pub(crate) async fn opened<T: serde::de::DeserializeOwned>(
    member: &Member,
    list: &str,
    cursor: &str,
) -> Result<T, Problem> {
    let opened = member.deps.seal.open(&purpose(member, list), cursor, member.now()).await?;
    let position = opened.and_then(|it| serde_json::from_slice(&it).ok());
    parsed("cursor", position.ok_or("it is not a cursor of this list"))
}

fn purpose(member: &Member, list: &str) -> String {
    format!("cursor#{}#{list}", member.tenant)
}
