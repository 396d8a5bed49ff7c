//! Claims about who is asking.

use proptest::{option, prelude::*, sample::select};
use secrecy::ExposeSecret;
use strum::IntoEnumIterator;

use super::*;

const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);
const ID: &str = "0123456789abcdef0123";

fn secret() -> String {
    "0123456789abcdef".repeat(4)
}

fn key() -> ApiKey {
    let token = PresentedKey::parse(&format!("dpx_{ID}_{}", secret())).unwrap();
    ApiKey {
        id: ApiKeyId::parse(ID).unwrap(),
        name: "Reports".to_owned(),
        standing: Standing::named("agent", Some("acme")).unwrap(),
        hash: KeyHash::of(&token.secret),
        created_at: NOON,
        created_by: "bootstrap".to_owned(),
        expires_at: None,
        revoked_at: None,
        per_minute: 600,
        last4: token.last4(),
    }
}

fn standing() -> impl Strategy<Value = Standing> {
    let role = select(Role::iter().collect::<Vec<_>>());
    let member = ("[A-Za-z0-9-][A-Za-z0-9_-]{0,63}", role).prop_map(|(tenant, role)| {
        Standing::Member { tenant: TenantId::parse(&tenant).unwrap(), role }
    });
    prop_oneof![Just(Standing::Operator), member]
}

fn caller() -> impl Strategy<Value = Caller> {
    let time = (0..4_000_000_000_i64, 0..1_000_000_000_i32)
        .prop_map(|(second, nanosecond)| Timestamp::new(second, nanosecond).unwrap());
    (".{1,80}", standing(), option::of(time), any::<u32>()).prop_map(
        |(subject, standing, expires_at, per_minute)| Caller {
            subject,
            standing,
            expires_at,
            per_minute,
        },
    )
}

proptest! {
    #[test]
    fn a_caller_comes_out_of_its_context_as_it_went_in(caller in caller()) {
        let context = caller.to_context();
        prop_assert_eq!(Caller::from_context(|name| context.get(name).cloned()), Ok(caller));
    }

    #[test]
    fn a_shown_key_reads_back(id in "[0-9a-f]{20}", secret in "[0-9a-f]{64}") {
        let token = format!("dpx_{id}_{secret}");
        let shown = PresentedKey::parse(&token).unwrap();
        let again = shown.to_token();
        prop_assert_eq!(shown.id.as_str(), &id);
        prop_assert_eq!(shown.secret.expose_secret(), &secret);
        prop_assert_eq!(again.expose_secret(), &token);
    }

    #[test]
    fn no_text_breaks_the_reader_of_keys(text in ".{0,120}") {
        prop_assert!(PresentedKey::parse(&text).is_none());
    }
}

#[test]
fn a_higher_role_may_do_what_a_lower_one_may() {
    assert!(Role::ReadOnly < Role::Agent && Role::Agent < Role::Admin);
}

#[test]
fn a_role_is_called_the_same_everywhere() {
    for role in Role::iter() {
        assert_eq!(serde_json::to_value(role).unwrap(), role.to_string());
        assert_eq!(role.to_string().parse(), Ok(role));
    }
}

#[test]
fn a_member_has_a_tenant_and_an_operator_none() {
    assert_eq!(Standing::named("admin", None), Err(NotACaller::Missing("tenant")));
    assert_eq!(Standing::named("admin", Some("a#b")), Err(NotACaller::Invalid("tenant")));
    assert_eq!(Standing::named("operator", Some("acme")), Err(NotACaller::Invalid("tenant")));
    assert_eq!(Standing::named("owner", Some("acme")), Err(NotACaller::Invalid("role")));
}

#[test]
fn only_who_has_shown_a_key_has_one() {
    let caller = |subject: &str| Caller {
        subject: subject.to_owned(),
        standing: Standing::Operator,
        expires_at: None,
        per_minute: 600,
    };
    assert_eq!(caller(&key().subject()).api_key(), Some(key().id));
    for other in ["bootstrap", "oidc:key:1", "key:", "key:a#b"] {
        assert_eq!(caller(other).api_key(), None, "{other}");
    }
}

#[test]
fn a_caller_without_a_name_is_none() {
    let said = BTreeMap::from([("role", "operator"), ("per_minute", "1"), ("subject", "")]);
    let read = Caller::from_context(|name| said.get(name).map(|it| (*it).to_owned()));
    assert_eq!(read, Err(NotACaller::Missing("subject")));
}

#[test]
fn what_is_almost_a_key_is_none() {
    let secret = secret();
    for wrong in [
        format!("dpx_{ID}_{}", &secret[1..]),
        format!("dpx_{ID}_{secret}0"),
        format!("dpx_{}_{secret}", &ID[1..]),
        format!("dpx_{ID}_{}", secret.to_uppercase()),
        format!("DPX_{ID}_{secret}"),
        format!(" dpx_{ID}_{secret}"),
        format!("dpx_{ID}{secret}"),
    ] {
        assert!(PresentedKey::parse(&wrong).is_none(), "{wrong}");
    }
}

#[test]
fn a_key_ends_when_its_time_comes() {
    let later = NOON + jiff::SignedDuration::from_secs(1);
    let lasting = key();
    let ending = ApiKey { expires_at: Some(later), ..key() };
    let revoked = ApiKey { revoked_at: Some(NOON), ..ending.clone() };

    assert_eq!(lasting.state(later), KeyState::Active);
    assert_eq!(ending.state(NOON), KeyState::Active);
    assert_eq!(ending.state(later), KeyState::Expired);
    assert_eq!(revoked.state(later), KeyState::Revoked);
}

/// The stored form is a contract with yesterday's items.
#[test]
fn the_stored_form_is_stable() {
    assert_eq!(
        serde_json::to_value(key()).unwrap(),
        serde_json::json!({
            "id": ID,
            "name": "Reports",
            "standing": { "kind": "member", "tenant": "acme", "role": "agent" },
            "hash": "a8ae6e6ee929abea3afcfc5258c8ccd6f85273e0d4626d26c7279f3250f77c8e",
            "created_at": "2026-01-01T12:00:00Z",
            "created_by": "bootstrap",
            "per_minute": 600,
            "last4": "cdef",
        })
    );
    let stored = serde_json::to_value(key()).unwrap();
    let read: ApiKey = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), stored);
}

#[test]
fn a_stored_hash_is_checked_on_the_way_in() {
    for wrong in ["", "00", &"g0".repeat(32), &"A0".repeat(32)] {
        assert!(KeyHash::try_from(wrong.to_owned()).is_err(), "{wrong}");
    }
}

#[test]
fn neither_the_secret_nor_its_hash_is_shown() {
    let shown = PresentedKey::parse(&format!("dpx_{ID}_{}", secret())).unwrap();
    let debug = format!("{shown:?} {:?}", key());
    assert!(!debug.contains(&secret()) && !debug.contains("a8ae"), "{debug}");
    assert!(debug.contains("KeyHash"));
}

#[test]
fn nobody_is_a_member_of_what_belongs_to_operators() {
    let platform = TenantId::platform();
    assert_eq!(
        Standing::named("admin", Some(platform.as_str())),
        Err(NotACaller::Invalid("tenant"))
    );
}
