//! What waits for a person, of every kind.

use domain::{
    consent::OptOut, contact_copy::ContactCopy, crm_status::Telling, event::WebhookEvent,
    message::Message, resumption::Resumption,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use crate::{
    item::{Attributes, Item, Row, Table, Work, decode},
    keys::{self, Key},
    page::{Asked, List, Page, key_of},
    store::{Scope, Store, StoreError, attributes},
    transaction::Transaction,
};

/// Items that are read at once.
const AT_ONCE: usize = 16;

/// Something that waits for a person, or for something to be changed.
#[derive(Clone, Debug)]
pub enum Waiting {
    Event(Row<WebhookEvent>),
    Message(Row<Message>),
    Telling(Row<Telling>),
    /// The CRM is to be told of somebody's standing, and the tenant has no CRM just now.
    Standing(Row<OptOut>),
    /// A contact is to be copied, and the tenant is not served just now.
    Copy(Row<ContactCopy>),
}

impl Item for Resumption {
    const KIND: &'static str = "resumption";
    const TABLE: Table = Table::State;

    fn work(&self, tenant: &domain::ids::TenantId) -> Option<Work> {
        Some(Work { at: self.due?, job: Self::job(tenant) })
    }
}

impl Store {
    /// How many items of a tenant wait: at most what one page holds of each table.
    pub async fn count_parked(&self, tenant: &domain::ids::TenantId) -> Result<usize, StoreError> {
        let scope = self.of(tenant);
        let mut count = 0;
        for table in [Table::State, Table::Journal] {
            let list = List::parked(table, keys::parked(tenant));
            count += scope.query(&list, Asked::oldest(1000)).await?.0.len();
        }
        Ok(count)
    }
}

impl Scope<'_> {
    /// What waits in one of the tables, oldest first.
    pub async fn waiting(&self, table: Table, asked: Asked) -> Result<Page<Waiting>, StoreError> {
        let list = List::parked(table, keys::parked(self.tenant));
        let (found, next) = self.query(&list, asked).await?;
        let keys = found.into_iter().filter_map(key_of);
        let items: Vec<_> = stream::iter(keys)
            .map(async |key| self.whole(table, &key).await)
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(Page { items: items.into_iter().flatten().collect(), next })
    }

    async fn whole(&self, table: Table, key: &Key) -> Result<Option<Waiting>, StoreError> {
        let found = self
            .store
            .client
            .get_item()
            .table_name(self.store.table(table))
            .set_key(Some(attributes(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        found.item.map_or(Ok(None), waiting)
    }

    pub async fn resumption(&self) -> Result<Option<Row<Resumption>>, StoreError> {
        self.get(&Key::resumption(self.tenant)).await
    }

    pub async fn replace_resumption(
        &self,
        row: &Row<Resumption>,
        resumption: &Resumption,
    ) -> Result<(), StoreError> {
        self.replace(&Key::resumption(self.tenant), row, resumption).await
    }
}

fn waiting(item: Attributes) -> Result<Option<Waiting>, StoreError> {
    let kind = item.get("kind").and_then(|it| it.as_s().ok()).cloned().unwrap_or_default();
    Ok(match kind.as_str() {
        WebhookEvent::KIND => Some(Waiting::Event(decode(item)?)),
        Message::KIND => Some(Waiting::Message(decode(item)?)),
        Telling::KIND => Some(Waiting::Telling(decode(item)?)),
        OptOut::KIND => Some(Waiting::Standing(decode(item)?)),
        ContactCopy::KIND => Some(Waiting::Copy(decode(item)?)),
        _ => None,
    })
}

impl Transaction<'_> {
    /// Has everything looked at that is parked. The last asking is the one that counts.
    pub fn resume(self, now: Timestamp) -> Self {
        let key = Key::resumption(self.tenant());
        self.set(&key, &Resumption::new(now))
    }
}
