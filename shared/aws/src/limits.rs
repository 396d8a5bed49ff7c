//! What a tenant may ask of a provider just now: the allowance that is shared by all who call, and
//! the breaker.
//!
//! Both are in the journal, for what they hold is of no use a day later and is then forgotten by
//! itself. They are changed on condition that nobody else has changed them, and otherwise read
//! and decided again.

use std::time::Duration;

use domain::{allowance::Allowance, breaker::Breaker, integration::Provider};
use jiff::Timestamp;

use crate::{
    item::{Item, Table},
    keys::Key,
    random,
    store::{Added, Scope, StoreError},
};

/// Somebody always gets through, so after this many tries there are very many of us. All waits
/// together are less than half a second.
const TRIES: u32 = 7;

const FIRST_WAIT: Duration = Duration::from_millis(8);

impl Item for Allowance {
    const KIND: &'static str = "allowance";
    const TABLE: Table = Table::Journal;

    fn expires_at(&self) -> Option<Timestamp> {
        self.over_at()
    }
}

impl Item for Breaker {
    const KIND: &'static str = "breaker";
    const TABLE: Table = Table::Journal;

    fn expires_at(&self) -> Option<Timestamp> {
        self.over_at()
    }
}

impl Scope<'_> {
    pub async fn allowance(&self, provider: Provider) -> Result<Option<Allowance>, StoreError> {
        Ok(self.get(&Key::allowance(self.tenant, provider)).await?.map(|row| row.body))
    }

    pub async fn breaker(&self, provider: Provider) -> Result<Option<Breaker>, StoreError> {
        Ok(self.get(&Key::breaker(self.tenant, provider)).await?.map(|row| row.body))
    }

    /// Changes the allowance as `decide` says, which may be asked more than once. Nothing is
    /// written if it leaves the allowance as it is. `StoreError::Conflict` if others were always
    /// faster.
    pub async fn change_allowance<T>(
        &self,
        provider: Provider,
        decide: impl FnMut(&Allowance) -> (Allowance, T),
    ) -> Result<T, StoreError> {
        self.change(&Key::allowance(self.tenant, provider), decide).await
    }

    /// Changes the breaker as `decide` says, in the same way.
    pub async fn change_breaker<T>(
        &self,
        provider: Provider,
        decide: impl FnMut(&Breaker) -> (Breaker, T),
    ) -> Result<T, StoreError> {
        self.change(&Key::breaker(self.tenant, provider), decide).await
    }

    async fn change<S: Item + Default + PartialEq, T>(
        &self,
        key: &Key,
        mut decide: impl FnMut(&S) -> (S, T),
    ) -> Result<T, StoreError> {
        for tried in 0..TRIES {
            if tried > 0 {
                tokio::time::sleep(random::part_of(FIRST_WAIT * (1 << tried))).await;
            }
            let read = self.get::<S>(key).await?;
            let none = S::default();
            let before = read.as_ref().map_or(&none, |row| &row.body);
            let (next, answer) = decide(before);
            if next == *before {
                return Ok(answer);
            }
            let written = match &read {
                Some(row) => self.replace(key, row, &next).await,
                None => match self.add(key, &next).await {
                    Ok(Added::AlreadyThere) => Err(StoreError::Conflict),
                    added => added.map(|_| ()),
                },
            };
            match written {
                Ok(()) => return Ok(answer),
                Err(StoreError::Conflict) => {}
                Err(e) => return Err(e),
            }
        }
        Err(StoreError::Conflict)
    }
}

#[cfg(test)]
mod tests;
