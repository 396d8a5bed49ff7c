//! Whoever signed in at the issuer is who its token says, and a token that is wrong in any way is
//! nobody's.

mod issuer;

use authorizer::{Answer, Deps, OidcError, Unavailable, Unsafe};
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::access::Standing;
use serde_json::{Value, json};

use crate::{
    keys::{caller, shows},
    world::World,
};
use issuer::{AUDIENCE, Issuer, Signer, token};

/// The authorizer of a world, where people sign in at this issuer.
fn deps(world: &World, issuer: &Issuer) -> Deps {
    let usual = &world.functions.authorizer;
    Deps {
        store: usual.store.clone(),
        operator_key: usual.operator_key.clone(),
        oidc: Some(issuer.trusted()),
    }
}

async fn ask(world: &World, deps: &Deps, token: &str) -> Result<Answer, Unavailable> {
    authorizer::handle(deps, shows(token), world.now()).await
}

async fn is_let_in(world: &World, deps: &Deps, token: &str) -> bool {
    ask(world, deps, token).await.unwrap().is_authorized
}

/// What a good token of an agent of acme's says.
fn claims(world: &World, issuer: &Issuer) -> Value {
    json!({
        "iss": issuer.url(),
        "aud": AUDIENCE,
        "sub": "anna",
        "exp": world.now().as_second() + 3600,
        "iat": world.now().as_second(),
        "duplex_tenant": "acme",
        "duplex_role": "agent",
    })
}

fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

#[tokio::test]
async fn a_token_says_who_somebody_is() {
    let world = World::new().await;
    for signer in [Signer::ed25519("a"), Signer::es256("b"), Signer::rs256("c")] {
        let issuer = Issuer::start(&[&signer]).await;
        let deps = deps(&world, &issuer);
        let said = claims(&world, &issuer);

        let anna = caller(&ask(&world, &deps, &signer.signs(&said)).await.unwrap()).unwrap();
        assert_eq!(anna.subject, "oidc:anna");
        assert_eq!(anna.standing, Standing::named("agent", Some("acme")).unwrap());
        assert_eq!(anna.expires_at.unwrap().as_second(), said["exp"]);

        let operator = signer.signs(&with(&said, "duplex_role", "operator".into()));
        let operator = caller(&ask(&world, &deps, &operator).await.unwrap()).unwrap();
        assert_eq!(operator.standing, Standing::Operator);
    }
}

#[tokio::test]
async fn a_token_that_says_something_else_is_nobodys() {
    let world = World::new().await;
    let signer = Signer::ed25519("a");
    let issuer = Issuer::start(&[&signer]).await;
    let deps = deps(&world, &issuer);
    let good = claims(&world, &issuer);
    let now = world.now().as_second();

    for (name, value) in [
        ("aud", json!("another")),
        ("aud", json!(null)),
        ("iss", json!("https://issuer.example")),
        ("iss", json!(format!("{}/", issuer.url()))),
        ("exp", json!(now)),
        ("exp", json!(null)),
        ("nbf", json!(now + 60)),
        ("sub", json!("")),
        ("duplex_role", json!("owner")),
        ("duplex_tenant", json!(null)),
    ] {
        let token = signer.signs(&with(&good, name, value.clone()));
        let answer = ask(&world, &deps, &token).await.unwrap();
        assert_eq!(answer, Answer::default(), "{name} {value}");
    }
    assert!(is_let_in(&world, &deps, &signer.signs(&good)).await);
}

#[tokio::test]
async fn a_token_that_the_issuers_key_did_not_sign_is_nobodys() {
    let world = World::new().await;
    let (ed, ec, rsa) = (Signer::ed25519("a"), Signer::es256("b"), Signer::rs256("c"));
    let issuer = Issuer::start(&[&ed, &ec, &rsa]).await;
    let deps = deps(&world, &issuer);
    let said = claims(&world, &issuer);
    let good = rsa.signs(&said);
    let (message, signature) = good.rsplit_once('.').unwrap();
    let other = with(&said, "duplex_role", "operator".into());
    let other = URL_SAFE_NO_PAD.encode(other.to_string());
    let (header, _) = message.split_once('.').unwrap();

    let with_secret = |alg: &str, secret: &[u8]| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let sign = |it: &[u8]| hmac::sign(&key, it).as_ref().to_vec();
        token(&json!({ "alg": alg, "kid": rsa.kid }), &said, sign)
    };
    for (what, token) in [
        ("alg none", token(&json!({ "alg": "none", "kid": "c" }), &said, |_| Vec::new())),
        ("no signature", format!("{message}.")),
        ("the public key as a secret", with_secret("HS256", &rsa.public)),
        (
            "its published form as a secret",
            with_secret("HS256", rsa.jwk["n"].to_string().as_bytes()),
        ),
        ("a secret, said to be RS256", with_secret("RS256", &rsa.public)),
        ("other claims", format!("{header}.{other}.{signature}")),
        ("another's key of the same name", Signer::rs256("c").signs(&said)),
        ("another of its keys", ed.named("c").signs(&said)),
        ("an algorithm the key is not for", rsa.calls_itself("RS512").signs(&said)),
        ("an unknown key", rsa.named("z").signs(&said)),
        ("a key without a name", token(&json!({ "alg": "RS256" }), &said, |it| rsa.sign(it))),
    ] {
        assert_eq!(ask(&world, &deps, &token).await.unwrap(), Answer::default(), "{what}");
    }
    for signer in [&ed, &ec, &rsa] {
        assert!(is_let_in(&world, &deps, &signer.signs(&said)).await, "{}", signer.kid);
    }
}

#[tokio::test]
async fn nobody_is_believed_where_no_issuer_is_set() {
    let world = World::new().await;
    let signer = Signer::ed25519("a");
    let issuer = Issuer::start(&[&signer]).await;
    let token = signer.signs(&claims(&world, &issuer));

    assert!(!is_let_in(&world, &world.functions.authorizer, &token).await);
    assert_eq!(issuer.asked(), 0);
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_once_a_minute() {
    let world = World::new().await;
    let (old, new) = (Signer::ed25519("old"), Signer::ed25519("new"));
    let issuer = Issuer::start(&[&old]).await;
    let deps = deps(&world, &issuer);
    let said = claims(&world, &issuer);
    assert!(is_let_in(&world, &deps, &old.signs(&said)).await);
    issuer.publish(&[&old, &new]);

    world.advance(59);
    assert!(!is_let_in(&world, &deps, &new.signs(&said)).await);
    assert_eq!(issuer.asked(), 1);
    world.advance(1);
    assert!(is_let_in(&world, &deps, &new.signs(&said)).await);
    for made_up in ["x", "y", "z"] {
        assert!(!is_let_in(&world, &deps, &old.named(made_up).signs(&said)).await);
    }
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test]
async fn a_key_that_is_withdrawn_opens_for_ten_minutes() {
    let world = World::new().await;
    let (old, new) = (Signer::ed25519("old"), Signer::ed25519("new"));
    let issuer = Issuer::start(&[&old]).await;
    let deps = deps(&world, &issuer);
    let token = old.signs(&claims(&world, &issuer));
    assert!(is_let_in(&world, &deps, &token).await);
    issuer.publish(&[&new]);

    world.advance(599);
    assert!(is_let_in(&world, &deps, &token).await);
    world.advance(1);
    assert!(!is_let_in(&world, &deps, &token).await);
}

#[tokio::test]
async fn the_keys_serve_for_an_hour_while_the_issuer_is_down() {
    let world = World::new().await;
    let signer = Signer::ed25519("a");
    let issuer = Issuer::start(&[&signer]).await;
    let deps = deps(&world, &issuer);
    let token = signer.signs(&claims(&world, &issuer));
    assert!(is_let_in(&world, &deps, &token).await);
    issuer.breaks();

    world.advance(30 * 60);
    assert!(is_let_in(&world, &deps, &token).await);
    assert!(is_let_in(&world, &deps, &token).await);
    assert_eq!(issuer.asked(), 2, "it is left alone for a minute");
    assert!(!is_let_in(&world, &deps, &signer.named("z").signs(&claims(&world, &issuer))).await);
    world.advance(29 * 60);
    assert!(is_let_in(&world, &deps, &token).await);
    world.advance(60);
    let later = signer.signs(&claims(&world, &issuer));
    let answer = ask(&world, &deps, &later).await;
    assert!(matches!(answer, Err(Unavailable::Oidc(OidcError::Refused(503)))), "{answer:?}");
}

#[tokio::test]
async fn keys_are_not_read_from_where_the_issuer_does_not_answer_itself() {
    let world = World::new().await;
    let signer = Signer::ed25519("a");
    let issuer = Issuer::start(&[&signer]).await;
    let deps = deps(&world, &issuer);
    let token = signer.signs(&claims(&world, &issuer));

    issuer.says_its_keys_are_at("https://issuer.example/keys");
    let answer = ask(&world, &deps, &token).await;
    let elsewhere = OidcError::Unsafe(Unsafe::Elsewhere);
    assert_eq!(answer.unwrap_err().to_string(), Unavailable::Oidc(elsewhere).to_string());
    assert_eq!(issuer.asked(), 1);
}
