//! Lists, a page at a time.

use std::{collections::HashMap, fmt};

use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use crate::{
    item::{Attributes, Item, Table, decode},
    keys::Key,
    store::{Scope, StoreError},
};

/// Items that are fetched at once, where an index holds their keys only.
const AT_ONCE: usize = 16;

/// Where a page ended. `Debug` leaves its key out, which may hold a telephone number; whoever hands
/// it to a caller seals it first.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    pk: String,
    sk: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<i64>,
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Position").field("at", &self.at).finish_non_exhaustive()
    }
}

/// What of a list is wanted.
#[derive(Clone, Debug)]
pub struct Asked {
    /// At most so many items.
    pub limit: i32,
    pub after: Option<Position>,
    pub order: Order,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    OldestFirst,
    NewestFirst,
}

/// A part of a list. `next` leads to what comes after it; without it, nothing does.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<Position>,
}

impl Asked {
    pub fn newest(limit: i32) -> Self {
        Self { limit, after: None, order: Order::NewestFirst }
    }

    pub fn oldest(limit: i32) -> Self {
        Self { limit, after: None, order: Order::OldestFirst }
    }

    #[must_use]
    pub fn after(self, position: Option<Position>) -> Self {
        Self { after: position, ..self }
    }
}

impl<T> Page<T> {
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}

/// Where a list is found.
pub(crate) struct List {
    table: Table,
    partition: String,
    by: By,
}

enum By {
    Key { prefix: &'static str },
    Index { name: &'static str, pk: &'static str, at: &'static str },
}

impl List {
    pub(crate) fn partition(table: Table, pk: String, prefix: &'static str) -> Self {
        Self { table, partition: pk, by: By::Key { prefix } }
    }

    pub(crate) fn recent(table: Table, pk: String) -> Self {
        let by = By::Index { name: "recent", pk: "recent_pk", at: "recent_at" };
        Self { table, partition: pk, by }
    }

    pub(crate) fn parked(table: Table, pk: String) -> Self {
        let by = By::Index { name: "parked", pk: "parked_pk", at: "parked_at" };
        Self { table, partition: pk, by }
    }
}

impl Scope<'_> {
    /// A page of a list that holds its items whole.
    pub(crate) async fn listed<T: Item>(
        &self,
        list: List,
        asked: Asked,
    ) -> Result<Page<T>, StoreError> {
        let (items, next) = self.query(&list, asked).await?;
        let items = items.into_iter().map(|it| Ok(decode::<T>(it)?.body));
        Ok(Page { items: items.collect::<Result<_, StoreError>>()?, next })
    }

    /// A page of a list that holds keys only. What is gone meanwhile is left out.
    pub(crate) async fn fetched<T: Item>(
        &self,
        list: List,
        asked: Asked,
    ) -> Result<Page<T>, StoreError> {
        let (found, next) = self.query(&list, asked).await?;
        let keys = found.into_iter().filter_map(key_of);
        let items: Vec<Option<T>> = stream::iter(keys)
            .map(async |key| Ok::<_, StoreError>(self.get::<T>(&key).await?.map(|row| row.body)))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(Page { items: items.into_iter().flatten().collect(), next })
    }

    pub(crate) async fn query(
        &self,
        list: &List,
        asked: Asked,
    ) -> Result<(Vec<Attributes>, Option<Position>), StoreError> {
        let query = self
            .store
            .client
            .query()
            .table_name(self.store.table(list.table))
            .expression_attribute_values(":pk", S(list.partition.clone()))
            .scan_index_forward(asked.order == Order::OldestFirst)
            .set_exclusive_start_key(asked.after.map(|it| list.start(it)))
            .limit(asked.limit);
        let query = match list.by {
            By::Key { prefix: "" } => {
                query.key_condition_expression("pk = :pk").consistent_read(true)
            }
            By::Key { prefix } => query
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", S(prefix.to_owned()))
                .consistent_read(true),
            By::Index { name, pk, .. } => {
                query.index_name(name).key_condition_expression(format!("{pk} = :pk"))
            }
        };
        let found = query.send().await.map_err(StoreError::unavailable)?;
        let next = found.last_evaluated_key.and_then(|it| list.position(&it));
        Ok((found.items.unwrap_or_default(), next))
    }
}

impl List {
    /// A start within this list and no other, whatever the position says.
    fn start(&self, position: Position) -> HashMap<String, AttributeValue> {
        match self.by {
            By::Key { .. } => {
                [("pk".to_owned(), S(self.partition.clone())), ("sk".to_owned(), S(position.sk))]
                    .into()
            }
            By::Index { pk, at, .. } => [
                ("pk".to_owned(), S(position.pk)),
                ("sk".to_owned(), S(position.sk)),
                (pk.to_owned(), S(self.partition.clone())),
                (at.to_owned(), N(position.at.unwrap_or_default().to_string())),
            ]
            .into(),
        }
    }

    fn position(&self, last: &HashMap<String, AttributeValue>) -> Option<Position> {
        let text = |name: &str| last.get(name)?.as_s().ok().cloned();
        let at = match self.by {
            By::Key { .. } => None,
            By::Index { at, .. } => Some(last.get(at)?.as_n().ok()?.parse().ok()?),
        };
        Some(Position { pk: text("pk")?, sk: text("sk")?, at })
    }
}

pub(crate) fn key_of(mut item: Attributes) -> Option<Key> {
    let mut text = |name: &str| match item.remove(name)? {
        S(text) => Some(text),
        _ => None,
    };
    Some(Key { pk: text("pk")?, sk: text("sk")? })
}
