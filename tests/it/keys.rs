//! Whoever shows a key is who the key says, and whoever shows anything else is nobody.

use authorizer::{Answer, Event, Unavailable};
use aws::{Asked, Commit, api_keys::NewApiKey};
use domain::{
    access::{ApiKey, Caller, PresentedKey, Standing},
    ids::TenantId,
};
use jiff::SignedDuration;
use local::emulator::gate::When;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{
    tables::Tables,
    world::{NOON, World},
};

/// What API Gateway asks about somebody who shows this.
pub(crate) fn shows(token: &str) -> Event {
    let event = json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeKey": "ANY /v1/{proxy+}",
        "rawPath": "/v1/me",
        "identitySource": [format!("Bearer {token}")],
        "headers": { "authorization": format!("Bearer {token}") },
        "requestContext": { "http": { "method": "GET", "path": "/v1/me" }, "timeEpoch": 0 },
    });
    serde_json::from_value(event).unwrap()
}

/// Who that is, if the authorizer knows.
pub(crate) fn caller(answer: &Answer) -> Option<Caller> {
    let read = Caller::from_context(|name| answer.context.get(name).cloned());
    answer.is_authorized.then(|| read.unwrap())
}

async fn ask(world: &World, token: &str) -> Answer {
    let deps = &world.functions.authorizer;
    authorizer::handle(deps, shows(token), world.now()).await.unwrap()
}

async fn subject(world: &World, token: &SecretString) -> Option<String> {
    caller(&ask(world, token.expose_secret()).await).map(|it| it.subject)
}

fn wanted(standing: Standing) -> NewApiKey {
    NewApiKey {
        id: None,
        name: "Reports".to_owned(),
        standing,
        created_by: "bootstrap".to_owned(),
        expires_at: None,
        per_minute: 120,
    }
}

/// A new key of this tenant's, which is stored, and its token.
pub(crate) async fn key_of(world: &World, tenant: &TenantId, role: &str) -> (ApiKey, SecretString) {
    let standing = Standing::named(role, Some(tenant.as_str())).unwrap();
    let (key, token) = aws::api_keys::new_api_key(wanted(standing), world.now()).unwrap();
    let scope = world.store.of(tenant);
    let added = scope.transaction().add_api_key(&key).commit().await.unwrap();
    assert_eq!(added, Commit::Done);
    (key, token)
}

/// Stores a key of acme's with this done to it.
async fn changed(world: &World, key: &ApiKey, change: impl FnOnce(&mut ApiKey)) {
    let row = world.scope().api_key(&key.id).await.unwrap().unwrap();
    let mut key = row.body.clone();
    change(&mut key);
    let transaction = world.scope().transaction().replace_api_key(&row, &key);
    assert_eq!(transaction.commit().await.unwrap(), Commit::Done);
}

#[tokio::test]
async fn a_key_says_whose_it_is_and_what_they_may_do() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    let (acmes, token) = key_of(&world, &world.acme.tenant, "agent").await;
    let (zeniths, other) = key_of(&world, &zenith.tenant, "admin").await;

    let anna = caller(&ask(&world, token.expose_secret()).await).unwrap();
    let ben = caller(&ask(&world, other.expose_secret()).await).unwrap();

    assert_eq!(anna.subject, format!("key:{}", acmes.id));
    assert_eq!(anna.standing, Standing::named("agent", Some("acme")).unwrap());
    assert_eq!((anna.per_minute, anna.expires_at), (120, None));
    assert_eq!(ben.subject, format!("key:{}", zeniths.id));
    assert_eq!(ben.standing, Standing::named("admin", Some("zenith")).unwrap());
}

#[tokio::test]
async fn a_key_is_shown_once_and_its_hash_is_all_that_is_stored() {
    let world = World::new().await;
    let (key, token) = key_of(&world, &world.acme.tenant, "agent").await;
    let shown = PresentedKey::parse(token.expose_secret()).unwrap();
    let hash = String::from(key.hash.clone());

    let items = Tables::of(&world).items().await;
    let stored: Vec<_> = items.iter().filter(|(_, it)| it.to_string().contains(&hash)).collect();

    assert_eq!(stored.len(), 1);
    let secret = shown.secret.expose_secret();
    for (_, item) in &items {
        assert!(!item.to_string().contains(secret), "{}", item["kind"]);
    }
    let printed = format!("{key:?} {token:?} {shown:?} {:?}", stored[0].1["kind"]);
    assert!(!printed.contains(secret) && !printed.contains(&hash));
}

#[tokio::test]
async fn whatever_is_wrong_with_a_key_the_answer_is_the_same() {
    let world = World::new().await;
    let acme = world.acme.tenant.clone();
    let (revoked, revokeds) = key_of(&world, &acme, "agent").await;
    changed(&world, &revoked, |it| it.revoked_at = Some(NOON)).await;
    let (expired, expireds) = key_of(&world, &acme, "agent").await;
    changed(&world, &expired, |it| it.expires_at = Some(NOON)).await;
    let (good, goods) = key_of(&world, &acme, "agent").await;
    let (_, unknown) = aws::api_keys::new_api_key(wanted(Standing::Operator), world.now()).unwrap();
    let (_, goods_secret) = goods.expose_secret().rsplit_once('_').unwrap();
    let (_, others_secret) = unknown.expose_secret().rsplit_once('_').unwrap();

    for (what, token) in [
        ("revoked", revokeds.expose_secret()),
        ("expired", expireds.expose_secret()),
        ("unknown", unknown.expose_secret()),
        ("of another secret", &format!("dpx_{}_{others_secret}", good.id)),
        ("of another id", &format!("dpx_{}_{goods_secret}", revoked.id)),
        ("without a secret", &format!("dpx_{}_", good.id)),
        ("its hash", &format!("dpx_{}_{}", good.id, String::from(good.hash.clone()))),
        ("a word", "letmein"),
        ("three words", "let.me.in"),
    ] {
        assert_eq!(ask(&world, token).await, Answer::default(), "{what}");
    }
    assert!(ask(&world, goods.expose_secret()).await.is_authorized);
}

#[tokio::test]
async fn a_key_ends_at_its_time() {
    let world = World::new().await;
    let (key, token) = key_of(&world, &world.acme.tenant, "agent").await;
    let end = NOON + SignedDuration::from_secs(60);
    changed(&world, &key, |it| it.expires_at = Some(end)).await;

    let answer = ask(&world, token.expose_secret()).await;
    assert_eq!(caller(&answer).unwrap().expires_at, Some(end));
    world.advance(60);
    assert_eq!(ask(&world, token.expose_secret()).await, Answer::default());
}

#[tokio::test]
async fn an_operators_own_key_is_of_no_tenant() {
    let world = World::new().await;
    let (key, token) = aws::api_keys::new_api_key(wanted(Standing::Operator), world.now()).unwrap();
    let platform = TenantId::platform();
    let scope = world.store.of(&platform);
    let added = async || scope.transaction().add_api_key(&key).commit().await.unwrap();
    assert_eq!(added().await, Commit::Done);
    assert!(matches!(added().await, Commit::Refused(_)));

    let answer = ask(&world, token.expose_secret()).await;
    assert_eq!(caller(&answer).unwrap().standing, Standing::Operator);
    assert!(world.scope().api_key(&key.id).await.unwrap().is_none());
    assert!(world.scope().api_keys(Asked::newest(10)).await.unwrap().items.is_empty());
    let listed = scope.api_keys(Asked::newest(10)).await.unwrap().items;
    assert_eq!(listed[0].id, key.id);

    let row = scope.api_key(&key.id).await.unwrap().unwrap();
    let revoked = ApiKey { revoked_at: Some(world.now()), ..row.body.clone() };
    let replaced =
        async || scope.transaction().replace_api_key(&row, &revoked).commit().await.unwrap();
    assert_eq!(replaced().await, Commit::Done);
    assert_eq!(ask(&world, token.expose_secret()).await, Answer::default());
    assert!(matches!(replaced().await, Commit::Refused(_)), "it has changed since it was read");
}

#[tokio::test]
async fn a_tenant_has_no_say_over_keys_of_others() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    let (acmes, _) = key_of(&world, &world.acme.tenant, "agent").await;
    let row = world.scope().api_key(&acmes.id).await.unwrap().unwrap();
    let mine = ApiKey { standing: Standing::named("admin", Some("zenith")).unwrap(), ..acmes };
    let operators = ApiKey { standing: Standing::Operator, ..mine.clone() };

    let scope = world.store.of(&zenith.tenant);
    let add = async |key: &ApiKey| scope.transaction().add_api_key(key).commit().await;
    assert!(add(&row.body).await.is_err(), "not for another tenant");
    assert!(add(&operators).await.is_err(), "not for an operator");
    assert!(matches!(add(&mine).await, Ok(Commit::Refused(_))), "the id is taken");
    assert!(scope.transaction().replace_api_key(&row, &mine).commit().await.is_err());
    let platform = TenantId::platform();
    let theirs = world.store.of(&platform).transaction();
    assert!(theirs.replace_api_key(&row, &operators).commit().await.is_err());

    let after = world.scope().api_key(&mine.id).await.unwrap().unwrap();
    assert_eq!(after.body.standing, row.body.standing);
}

#[tokio::test]
async fn the_operators_key_is_good_in_two_versions() {
    let world = World::new().await;
    let first = world.operator_key().await;
    assert_eq!(subject(&world, &first).await.as_deref(), Some("bootstrap"));

    let second = world.change_operator_key().await;
    assert_eq!(subject(&world, &second).await, None, "it is asked for again in five minutes");
    world.advance(5 * 60);
    assert_eq!(subject(&world, &second).await.as_deref(), Some("bootstrap"));
    assert_eq!(subject(&world, &first).await.as_deref(), Some("bootstrap"));

    let third = world.change_operator_key().await;
    world.advance(5 * 60);
    assert_eq!(subject(&world, &first).await, None);
    for good in [second, third] {
        let answer = ask(&world, good.expose_secret()).await;
        assert_eq!(caller(&answer).unwrap().standing, Standing::Operator);
    }
}

/// A refusal would be remembered for a minute.
#[tokio::test]
async fn nobody_is_refused_because_something_is_down() {
    let world = World::new().await;
    let (_, token) = key_of(&world, &world.acme.tenant, "agent").await;
    let deps = &world.functions.authorizer;

    world.dynamo.gate().fail_next("GetItem", 1, When::Before);
    let answer = authorizer::handle(deps, shows(token.expose_secret()), NOON).await;
    assert!(matches!(answer, Err(Unavailable::Store(_))), "{answer:?}");

    world.gate.fail_next("GetSecretValue", 1, When::Before);
    let answer = authorizer::handle(deps, shows("letmein"), NOON).await;
    assert!(matches!(answer, Err(Unavailable::Secrets(_))), "{answer:?}");
    assert_eq!(ask(&world, "letmein").await, Answer::default());
}
