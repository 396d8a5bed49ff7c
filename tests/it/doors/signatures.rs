//! Who signed and who did not, and which secrets hold.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::ids::IntegrationId;
use ghl::webhook::Keys;
use lambda_http::{Body, Request};
use local::{
    seed::{self, Accounts, Numbers},
    sims::ghl::Location,
};
use serde_json::json;

use super::{accepted, connect, refused, text};
use crate::{
    letters::{CARRIERS, EVERYBODY, Letter, Sender, accounts, effects},
    world::{ANNA, NOON, World},
};

const FORGED: &str = r#"{"error":"signature missing or wrong"}"#;

#[tokio::test]
async fn who_did_not_sign_is_refused_and_leaves_no_trace() {
    let world = World::new().await;
    let before = effects(&world);
    for sender in EVERYBODY {
        for (what, letter) in forged(sender, &world) {
            let answer = letter.post(&world).await;
            assert_eq!(answer, refused(401, FORGED), "{sender:?}: {what}");
        }
    }
    assert_eq!(effects(&world), before);
}

fn forged(sender: Sender, world: &World) -> Vec<(&'static str, Letter)> {
    let genuine = sender.letter(world, text(sender, world));
    let proof = sender.proof();
    let other = sender.letter(world, sender.text(world, ANNA, "other", "another text"));
    let theirs = other.headers.iter().find(|(name, _)| *name == proof).unwrap().1.clone();
    let unsigned = genuine.clone().without(proof).without("x-texting-secret");
    let mut somebodys = sender.secret();
    somebodys[0] ^= 1;
    let nothing = match sender {
        Sender::Twilio | Sender::Texting => Vec::new(),
        Sender::Telnyx | Sender::Ghl => vec![0; 32],
    };
    let letters = [
        ("no signature", unsigned.clone()),
        ("an empty signature", unsigned.clone().with(proof, "")),
        ("not a signature", unsigned.clone().with(proof, "%%%")),
        ("the signature of another body", genuine.clone().with(proof, &theirs)),
        ("another's secret", sender.sign(world, genuine.clone(), &somebodys)),
        ("an empty secret", sender.sign(world, genuine.clone(), &nothing)),
        // Nobody unknown learns that it cannot be read, or is of the wrong kind.
        ("no signature, and unreadable", Letter { body: b"}{".to_vec(), ..unsigned.clone() }),
        ("no signature, and another kind", unsigned.with("content-type", "text/plain")),
    ];
    letters.into_iter().chain(forged_for(sender, world, genuine)).collect()
}

/// What only works at this sender's door, if it works.
fn forged_for(sender: Sender, world: &World, genuine: Letter) -> Vec<(&'static str, Letter)> {
    let (now, proof) = (world.now().as_second(), sender.proof());
    let at = |seconds| sender.sign_at(world, genuine.clone(), &sender.secret(), seconds);
    let stale = ("a signature of 301 seconds ago", at(now - 301));
    let future = ("a signature of the future", at(now + 301));
    match sender {
        Sender::Twilio => {
            let address = format!("{}?message=msg_1", genuine.address);
            vec![("the signature of another address", Letter { address, ..genuine })]
        }
        Sender::Telnyx => {
            let later = (now + 1).to_string();
            let no_time = genuine.clone().without("telnyx-timestamp");
            let another = genuine.clone().with("telnyx-timestamp", &later);
            vec![stale, future, ("no time", no_time), ("another time", another)]
        }
        Sender::Texting => {
            let bare = genuine.clone().without(proof);
            let wrong = bare.clone().with("x-texting-secret", "guessed");
            let empty = bare.with("x-texting-secret", "");
            let forged = format!("t={now},v1={}", "00".repeat(32));
            let beside = genuine.clone().with(proof, &forged);
            vec![
                stale,
                future,
                ("a wrong secret", wrong),
                ("an empty secret", empty),
                ("a wrong signature beside the right secret", beside),
            ]
        }
        Sender::Ghl => vec![("what stands for no signature", genuine.with(proof, "N/A"))],
    }
}

#[tokio::test]
async fn a_signature_holds_for_five_minutes() {
    let world = World::new().await;
    let now = world.now().as_second();
    for sender in [Sender::Telnyx, Sender::Texting] {
        let letter = sender.letter(&world, text(sender, &world));
        for seconds in [now - 300, now + 300] {
            let signed = sender.sign_at(&world, letter.clone(), &sender.secret(), seconds);
            assert!(accepted(sender, &signed.post(&world).await), "{sender:?} at {seconds}");
        }
    }
    world.settle().await;
}

#[tokio::test]
async fn the_texting_secret_alone_will_do_unless_a_signature_is_required() {
    let world = World::new().await;
    let sender = Sender::Texting;
    let signed = sender.letter(&world, text(sender, &world));
    let bare = signed.clone().without(sender.proof());
    assert!(accepted(sender, &bare.post(&world).await));

    let strict = connect(&world, "acme-strict", json!({ "require_signature": true })).await;
    let secret = String::from_utf8(sender.secret()).unwrap();
    set_secret(&world, &strict, "webhook_secret", &secret).await;
    let address = format!("/webhooks/texting/{strict}");
    let bare = Letter { address: address.clone(), ..bare };
    assert_eq!(bare.post(&world).await, refused(401, FORGED));
    assert!(accepted(sender, &Letter { address, ..signed }.post(&world).await));
    world.settle().await;
}

#[tokio::test]
async fn while_a_secret_is_rotated_both_are_accepted_and_no_other() {
    let world = World::new().await;
    let acme = &world.acme;
    let previous = b"the secret before this one......".to_vec();
    let words = str::from_utf8(&previous).unwrap();
    set_secret(&world, &acme.twilio, "auth_token_previous", words).await;
    set_secret(&world, &acme.texting, "webhook_secret_previous", words).await;
    let rotating = with_previous_telnyx_key(&world, &previous).await;

    for sender in CARRIERS {
        let mut letter = sender.letter(&world, text(sender, &world));
        if sender == Sender::Telnyx {
            letter.address = format!("/webhooks/telnyx/{rotating}");
        }
        for secret in [&previous, &sender.secret()] {
            let answer = sender.sign(&world, letter.clone(), secret).post(&world).await;
            assert!(accepted(sender, &answer), "{sender:?}: {answer:?}");
        }
        let unknown = b"a secret that nobody has set....";
        let answer = sender.sign(&world, letter, unknown).post(&world).await;
        assert_eq!(answer, refused(401, FORGED), "{sender:?}");
    }
    let bare = Sender::Texting.letter(&world, text(Sender::Texting, &world));
    let bare = bare.without("x-texting-signature").with("x-texting-secret", words);
    assert!(accepted(Sender::Texting, &bare.post(&world).await));
    world.settle().await;
}

/// Another tenant, which accepts the key that this seed makes as well as Telnyx's own.
async fn with_previous_telnyx_key(world: &World, seed: &[u8]) -> IntegrationId {
    let location = Location::new("locRotates0000000000", "token-rotates", "provider-rotates");
    world.ghl.add_location(location.clone());
    let key = Ed25519KeyPair::from_seed_unchecked(seed).unwrap();
    let previous = STANDARD.encode(key.public_key());
    let accounts =
        Accounts { telnyx_public_key_previous: Some(previous), ..accounts(world, &location) };
    let number = |it: &str| it.parse().unwrap();
    let numbers = Numbers {
        twilio: number("+14155553001"),
        telnyx: number("+14155553002"),
        texting: number("+14155553003"),
    };
    let vault = &world.functions.vault;
    let planted = seed::plant(&world.store, vault, "rotates", &accounts, &numbers, NOON).await;
    planted.unwrap().telnyx
}

/// GoHighLevel announces a new key and then signs with it. Both are set meanwhile.
#[tokio::test]
async fn while_ghl_changes_its_key_both_are_accepted_and_no_other() {
    let world = World::new().await;
    let announced = [9; 32];
    let next =
        STANDARD.encode(Ed25519KeyPair::from_seed_unchecked(&announced).unwrap().public_key());
    let ours = &world.functions.ghl_delivery;
    let deps = ghl_delivery::Deps {
        keys: Keys::parse(&format!("{}, {next}", world.ghl.public_key().pem())).unwrap(),
        store: ours.store.clone(),
        outbound: ours.outbound.clone(),
        reports: ours.reports.clone(),
    };
    let sender = Sender::Ghl;
    let letter = sender.letter(&world, text(sender, &world));
    for (seed, status) in [(sender.secret(), 200), (announced.to_vec(), 200), (vec![8; 32], 401)] {
        let signed = sender.sign(&world, letter.clone(), &seed);
        let mut request = Request::new(Body::Binary(signed.body));
        for (name, value) in signed.headers {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let answer = ghl_delivery::handle(&deps, request, world.now()).await;
        assert_eq!(answer.status().as_u16(), status);
    }
}

async fn set_secret(world: &World, integration: &IntegrationId, name: &str, secret: &str) {
    let (vault, scope) = (&world.functions.vault, world.scope());
    let sealed = vault.seal(scope, integration, name, &secret.into(), NOON).await.unwrap();
    scope.set_credential(integration, name, sealed).await.unwrap();
}
