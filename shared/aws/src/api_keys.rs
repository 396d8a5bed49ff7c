//! API keys: making one, knowing one again, and where they lie in the table.

use aws_lc_rs::{constant_time::verify_slices_are_equal, rand};
use domain::{
    access::{ApiKey, KeyHash, PresentedKey, Standing},
    ids::{ApiKeyId, TenantId},
};
use jiff::Timestamp;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::{
    item::{Item, Row, Table},
    keys::{self, Key},
    page::{Asked, List, Page},
    random::NoRandomness,
    store::{Scope, Store, StoreError},
    transaction::Transaction,
};

/// What whoever makes a key decides about it.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// Drawn, if none is given.
    pub id: Option<ApiKeyId>,
    pub name: String,
    pub standing: Standing,
    /// The subject of who makes it.
    pub created_by: String,
    pub expires_at: Option<Timestamp>,
    pub per_minute: u32,
}

/// Makes a key: what is to be stored, and the token that its owner is shown this once.
pub fn new_api_key(
    wanted: NewApiKey,
    now: Timestamp,
) -> Result<(ApiKey, SecretString), NoRandomness> {
    let shown = drawn(wanted.id)?;
    let key = ApiKey {
        id: shown.id.clone(),
        name: wanted.name,
        standing: wanted.standing,
        hash: KeyHash::of(&shown.secret),
        created_at: now,
        created_by: wanted.created_by,
        expires_at: wanted.expires_at,
        revoked_at: None,
        per_minute: wanted.per_minute,
        last4: shown.last4(),
    };
    Ok((key, shown.to_token()))
}

/// The key with another secret in the place of its own, which opens nothing any more, and the token
/// for its owner.
pub fn with_new_secret(key: ApiKey) -> Result<(ApiKey, SecretString), NoRandomness> {
    let shown = drawn(Some(key.id.clone()))?;
    let key = ApiKey { hash: KeyHash::of(&shown.secret), last4: shown.last4(), ..key };
    Ok((key, shown.to_token()))
}

/// Whether the shown secret is the stored key's. It takes as long when there is no such key, and
/// as long whatever the secret is.
pub fn is_shown(stored: Option<&ApiKey>, shown: &PresentedKey) -> bool {
    let hash = KeyHash::of(&shown.secret);
    let expected = stored.map_or([0; 32].as_slice(), |it| it.hash.as_bytes());
    let is_same = verify_slices_are_equal(expected, hash.as_bytes()).is_ok();
    is_same && stored.is_some()
}

/// 80 random bits for the id, which only has to be nobody else's, and 256 for the secret.
fn drawn(id: Option<ApiKeyId>) -> Result<PresentedKey, NoRandomness> {
    let mut bytes = Zeroizing::new([0; 42]);
    rand::fill(bytes.as_mut_slice()).map_err(|_| NoRandomness)?;
    let (drawn, secret) = bytes.split_at(10);
    let id = id.map_or_else(|| hex(drawn).to_string(), String::from);
    let token = Zeroizing::new(format!("dpx_{id}_{}", *hex(secret)));
    PresentedKey::parse(&token).ok_or(NoRandomness)
}

fn hex(bytes: &[u8]) -> Zeroizing<String> {
    let digit = |it: u8| char::from_digit(u32::from(it), 16).unwrap_or_default();
    Zeroizing::new(bytes.iter().flat_map(|it| [digit(it >> 4), digit(it & 15)]).collect())
}

impl Item for ApiKey {
    const KIND: &'static str = "API key";
    const TABLE: Table = Table::State;

    fn recent(&self, tenant: &TenantId) -> Option<(String, Timestamp)> {
        Some((keys::api_keys(tenant), self.created_at))
    }
}

impl Store {
    /// The key with this id, whosever it is: how whoever shows its secret becomes a caller.
    pub async fn api_key(&self, id: &ApiKeyId) -> Result<Option<Row<ApiKey>>, StoreError> {
        self.get(&Key::api_key(id)).await
    }
}

impl Scope<'_> {
    /// The key with this id, if it is this tenant's.
    pub async fn api_key(&self, id: &ApiKeyId) -> Result<Option<Row<ApiKey>>, StoreError> {
        let found = self.store.api_key(id).await?;
        Ok(found.filter(|row| owner(&row.body) == *self.tenant))
    }

    /// The tenant's keys. A list knows of a key within a second of its being written, not at once.
    pub async fn api_keys(&self, asked: Asked) -> Result<Page<ApiKey>, StoreError> {
        self.listed(List::recent(Table::State, keys::api_keys(self.tenant)), asked).await
    }
}

impl Transaction<'_> {
    /// Adds a key of the tenant's, which must be its own.
    pub fn add_api_key(self, key: &ApiKey) -> Self {
        let place = Key::api_key(&key.id);
        if owner(key) == *self.tenant() { self.add(&place, key) } else { self.broken_by(NOT_OURS) }
    }

    pub fn replace_api_key(self, row: &Row<ApiKey>, key: &ApiKey) -> Self {
        let place = Key::api_key(&row.body.id);
        let is_ours = [&row.body, key].iter().all(|it| owner(it) == *self.tenant());
        if is_ours { self.replace(&place, row, key) } else { self.broken_by(NOT_OURS) }
    }
}

const NOT_OURS: StoreError = StoreError::Missing("such key of this tenant");

/// Whose key it is. What is no tenant's is the platform's.
fn owner(key: &ApiKey) -> TenantId {
    key.standing.tenant().cloned().unwrap_or_else(TenantId::platform)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue::{N, S};
    use domain::access::Standing;
    use secrecy::ExposeSecret;

    use super::*;
    use crate::item::encode;

    const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

    fn made(standing: Standing) -> (ApiKey, PresentedKey) {
        let wanted = NewApiKey {
            id: None,
            name: "Reports".to_owned(),
            standing,
            created_by: "bootstrap".to_owned(),
            expires_at: None,
            per_minute: 600,
        };
        let (key, token) = new_api_key(wanted, NOON).unwrap();
        (key, PresentedKey::parse(token.expose_secret()).unwrap())
    }

    #[test]
    fn only_its_own_secret_opens_a_key() {
        let (key, shown) = made(Standing::Operator);
        let (other, others) = made(Standing::Operator);

        assert_ne!(key.id, other.id);
        assert_eq!(shown.id, key.id);
        assert_eq!(key.last4, shown.last4());
        assert!(is_shown(Some(&key), &shown));
        assert!(!is_shown(Some(&key), &others));
        assert!(!is_shown(None, &shown));
    }

    #[test]
    fn a_new_secret_takes_the_place_of_the_old_one() {
        let (key, old) = made(Standing::Operator);
        let (renewed, token) = with_new_secret(key.clone()).unwrap();
        let new = PresentedKey::parse(token.expose_secret()).unwrap();

        assert_eq!((&renewed.id, &renewed.name), (&key.id, &key.name));
        assert_eq!(new.id, key.id);
        assert!(is_shown(Some(&renewed), &new) && !is_shown(Some(&renewed), &old));
        assert_eq!(renewed.last4, new.last4());
    }

    /// The stored form is a contract with yesterday's items.
    #[test]
    fn a_key_is_listed_among_its_tenants_by_the_time_it_was_made() {
        let acme = TenantId::parse("acme").unwrap();
        let (key, _) = made(Standing::named("admin", Some("acme")).unwrap());
        let place = Key::api_key(&key.id);
        let item = encode(&acme, &place, 1, &key).unwrap();

        assert_eq!(item["pk"], S(format!("ROUTE#apikey#{}", key.id)));
        assert_eq!(item["sk"], S("ROUTE".to_owned()));
        assert_eq!(item["kind"], S("API key".to_owned()));
        assert_eq!(item["recent_pk"], S("T#acme#KEYS".to_owned()));
        assert_eq!(item["recent_at"], N(NOON.as_millisecond().to_string()));

        let (key, _) = made(Standing::Operator);
        let item = encode(&TenantId::platform(), &Key::api_key(&key.id), 1, &key).unwrap();
        assert_eq!(item["recent_pk"], S("T#_platform#KEYS".to_owned()));
        assert!(!item.contains_key("due_pk") && !item.contains_key("expires_at"));
    }
}
