//! What a function remembers between two events.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// Values that are true enough for a while. What is changed elsewhere is seen when it is over.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    kept: SignedDuration,
    values: Mutex<HashMap<K, (Timestamp, Arc<V>)>>,
}

impl<K: Eq + Hash, V> Cache<K, V> {
    pub(crate) fn new(kept: SignedDuration) -> Self {
        Self { kept, values: Mutex::default() }
    }

    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<Arc<V>> {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.retain(|_, (until, _)| *until > now);
        values.get(key).map(|(_, value)| Arc::clone(value))
    }

    pub(crate) fn forget(&self, key: &K) {
        self.values.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    pub(crate) fn put(&self, key: K, value: V, now: Timestamp) -> Arc<V> {
        let until = now.checked_add(self.kept).unwrap_or(Timestamp::MAX);
        let value = Arc::new(value);
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.insert(key, (until, Arc::clone(&value)));
        value
    }
}
