//! The vault, with the real key service behind it.

use aws::{Sealed, Vault, VaultError};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::encoded;
use crate::{
    letters::env,
    tables::Tables,
    world::{NOON, World},
};

#[tokio::test]
async fn a_credential_opens_only_where_it_was_sealed() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    let (vault, acme) = (&world.functions.vault, &world.acme);
    let scope = world.scope();
    let sealed = vault.seal(scope, &acme.twilio, "auth_token", &"open sesame".into(), NOON).await;
    let sealed = sealed.unwrap();

    let opened = vault.open(scope, &acme.twilio, "auth_token", &sealed, NOON).await.unwrap();
    assert_eq!(opened.expose_secret(), "open sesame");
    let zeniths = world.store.of(&zenith.tenant);
    for (what, opened) in [
        ("another tenant", vault.open(zeniths, &acme.twilio, "auth_token", &sealed, NOON).await),
        ("another integration", vault.open(scope, &acme.telnyx, "auth_token", &sealed, NOON).await),
        ("another field", vault.open(scope, &acme.twilio, "api_secret", &sealed, NOON).await),
    ] {
        assert!(matches!(opened, Err(VaultError::DoesNotOpen)), "{what}: {opened:?}");
    }
}

#[tokio::test]
async fn a_credential_that_was_changed_does_not_open() {
    let world = World::new().await;
    let (vault, scope, id) = (&world.functions.vault, world.scope(), &world.acme.twilio);
    let sealed = vault.seal(scope, id, "auth_token", &"open sesame".into(), NOON).await.unwrap();
    let stored = serde_json::to_value(&sealed).unwrap();
    let open = async |changed: Value| {
        let sealed: Sealed = serde_json::from_value(changed).unwrap();
        vault.open(scope, id, "auth_token", &sealed, NOON).await
    };
    assert!(open(stored.clone()).await.is_ok());

    for field in ["nonce", "ciphertext"] {
        let bytes = decoded(stored[field].as_str().unwrap());
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            let mut changed = stored.clone();
            changed[field] = encoded(&flipped).into();
            let opened = open(changed).await;
            assert!(matches!(opened, Err(VaultError::DoesNotOpen)), "{field} at {at}");
        }
        for cut in ["", "AAAA", "not base64!"] {
            let mut changed = stored.clone();
            changed[field] = cut.into();
            assert!(matches!(open(changed).await, Err(VaultError::DoesNotOpen)), "{field}: {cut}");
        }
    }
    let mut of_another_key = stored.clone();
    of_another_key["key_version"] = 2.into();
    assert!(open(of_another_key).await.is_err());
}

/// The key service itself refuses a data key that was copied to another tenant.
#[tokio::test]
async fn a_data_key_opens_for_its_own_tenant_only() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    let tables = Tables::of(&world);
    let items = tables.items().await;
    let key_of = |tenant: &str| {
        let is_theirs = |item: &Value| {
            item["kind"]["S"] == "data key" && item["pk"]["S"] == format!("T#{tenant}")
        };
        items.iter().find(|(_, item)| is_theirs(item)).cloned().unwrap()
    };
    let (table, mut swapped) = key_of("zenith");
    swapped["wrapped"] = key_of("acme").1["wrapped"].clone();
    tables.put(&table, &swapped).await;

    let vault = vault(&world).await;
    let scope = world.store.of(&zenith.tenant);
    for (name, sealed) in scope.credentials(&zenith.texting).await.unwrap() {
        let opened = vault.open(scope, &zenith.texting, &name, &sealed, NOON).await;
        assert!(matches!(opened, Err(VaultError::Refused(_))), "{opened:?}");
    }
    assert_eq!(calls(&world, "Decrypt"), 2, "it was asked each time, and gave nothing");
}

#[tokio::test]
async fn a_data_key_is_fetched_once_per_tenant_and_again_after_five_minutes() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    assert_eq!(calls(&world, "GenerateDataKey"), 2, "one for each tenant");
    assert_eq!(calls(&world, "Decrypt"), 0);

    let vault = vault(&world).await;
    for (seconds, decrypted) in [(0, 1), (299, 1), (300, 2), (599, 2), (600, 3)] {
        open_all(&world, &vault, seconds).await;
        assert_eq!(calls(&world, "Decrypt"), decrypted, "after {seconds} seconds");
    }
    let scope = world.store.of(&zenith.tenant);
    for (name, sealed) in scope.credentials(&zenith.texting).await.unwrap() {
        vault.open(scope, &zenith.texting, &name, &sealed, NOON).await.unwrap();
    }
    assert_eq!(calls(&world, "Decrypt"), 4, "zenith's is another");
    assert_eq!(calls(&world, "GenerateDataKey"), 2);
}

async fn open_all(world: &World, vault: &Vault, seconds: i64) {
    let (scope, now) = (world.scope(), NOON + SignedDuration::from_secs(seconds));
    for id in [&world.acme.twilio, &world.acme.telnyx, &world.acme.texting] {
        for (name, sealed) in scope.credentials(id).await.unwrap() {
            vault.open(scope, id, &name, &sealed, now).await.unwrap();
        }
    }
}

async fn vault(world: &World) -> Vault {
    env(world, "TwilioWebhookFunction").await.vault().unwrap()
}

fn calls(world: &World, operation: &str) -> u64 {
    world.gate.meter().read().get(operation).map_or(0, |it| it.calls)
}

fn decoded(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}
