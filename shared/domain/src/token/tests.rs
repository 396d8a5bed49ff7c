use proptest::prelude::*;

use super::*;

const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);
const DAY: SignedDuration = SignedDuration::from_secs(86_399);

fn secs(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

fn good() -> TokenState {
    TokenState::issued(NOON, NOON + DAY)
}

#[test]
fn a_fresh_token_is_used_and_an_old_one_renewed() {
    let state = good();
    for (after, need, plan) in [
        (secs(1), Need::Call, Plan::Use),
        (secs(1), Need::Later, Plan::Use),
        (secs(70_000), Need::Call, Plan::Use),
        (secs(70_000), Need::Later, Plan::Refresh),
        (secs(86_390), Need::Call, Plan::Refresh),
        (secs(1), Need::Another { than: NOON }, Plan::Refresh),
        (secs(1), Need::Another { than: NOON - DAY }, Plan::Use),
    ] {
        assert_eq!(state.plan(need, NOON + after), plan, "{need:?} after {after:#}");
    }
}

#[test]
fn while_one_refreshes_the_others_use_what_is_still_good_or_wait() {
    let at = NOON + secs(70_000);
    let refreshing = good().step(Happening::Asked, at);
    assert_eq!(refreshing.plan(Need::Call, at), Plan::Use);
    assert_eq!(refreshing.plan(Need::Later, at), Plan::Wait { until: at + REFRESH_LEASE });
    let refused = Need::Another { than: NOON };
    assert_eq!(refreshing.plan(refused, at), Plan::Wait { until: at + REFRESH_LEASE });
}

#[test]
fn whoever_died_over_it_is_followed_within_the_other_sides_patience() {
    let mut state = good().step(Happening::Asked, NOON);
    let mut now = NOON;
    for _ in 0..2 {
        now = state.due().unwrap();
        assert_eq!(state.plan(Need::Later, now), Plan::Refresh);
        state = state.step(Happening::Asked, now);
    }
    assert!(now < NOON + secs(30), "two more tries within 30 seconds");
    assert_eq!(state.tries(), 3);
}

#[test]
fn a_business_that_is_not_active_is_asked_for_once_a_day() {
    let state = good().step(Happening::NotActive, NOON);
    assert_eq!(
        state.plan(Need::Call, NOON + secs(60)),
        Plan::Suspended { again: NOON + DAY + secs(1) }
    );
    assert_eq!(state.plan(Need::Call, NOON + secs(86_400)), Plan::Refresh);
    let still = state.step(Happening::Asked, NOON + DAY).step(Happening::NotActive, NOON + DAY);
    assert!(matches!(still.stage, Stage::Suspended { .. }));
}

/// The stored form is a contract with yesterday's items.
#[test]
fn the_stored_form_is_stable() {
    let state = good().step(Happening::Asked, NOON);
    assert_eq!(
        serde_json::to_string(&state).unwrap(),
        r#"{"issued_at":"2026-01-01T12:00:00Z","expires_at":"2026-01-02T11:59:59Z","stage":{"stage":"refreshing","since":"2026-01-01T12:00:00Z","until":"2026-01-01T12:00:08Z","tries":1}}"#
    );
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        Just(Happening::Asked),
        (1_i64..100_000).prop_map(|it| Happening::Renewed { expires_at: NOON + secs(it) }),
        (1_i64..1_000).prop_map(|it| Happening::NoAnswer { again: NOON + secs(it) }),
        Just(Happening::NotActive),
        Just(Happening::Refused),
    ]
}

proptest! {
    /// Either there is a token, or a time at which one is asked for, or a person is called for.
    #[test]
    fn there_is_always_a_way_on(happenings in prop::collection::vec(happening(), 0..12)) {
        let state = happenings.iter().fold(good(), |state, it| state.step(*it, NOON));
        if let Some(due) = state.due() {
                let later = due.max(NOON);
                prop_assert_ne!(state.plan(Need::Later, later), Plan::Lost);
                let waits = matches!(state.plan(Need::Later, later), Plan::Wait { .. });
                prop_assert!(!waits);
        } else { prop_assert_eq!(state.plan(Need::Call, NOON), Plan::Lost); }
    }

    /// A token is never used after its time, and a lost one never at all.
    #[test]
    fn what_is_used_is_good(
        happenings in prop::collection::vec(happening(), 0..12),
        after in 0_i64..200_000,
    ) {
        let state = happenings.iter().fold(good(), |state, it| state.step(*it, NOON));
        let now = NOON + secs(after);
        if state.plan(Need::Call, now) == Plan::Use {
            prop_assert!(now < state.expires_at);
            let is_lost = matches!(state.stage, Stage::Lost { .. });
            prop_assert!(!is_lost);
        }
    }
}

/// A refusal makes one new token. Where that one is refused as well it has nothing to do with its
/// age, and another is asked for only once it may have become another matter.
#[test]
fn a_token_that_was_made_for_a_refusal_and_is_refused_rests() {
    let refused = TokenState { refused_at: Some(NOON), ..good() }.step(Happening::Asked, NOON);
    let (made_at, expires_at) = (NOON + secs(2), NOON + secs(90_000));
    let next = refused.step(Happening::Renewed { expires_at }, made_at);
    let need = Need::Another { than: made_at };
    let until = NOON + secs(300);
    assert_eq!(next.plan(need, NOON + secs(3)), Plan::Rest { until });
    assert_eq!(next.plan(need, until), Plan::Refresh);
    assert_eq!(next.plan(Need::Another { than: NOON }, NOON + secs(3)), Plan::Use);
    assert_eq!(next.plan(Need::Call, NOON + secs(3)), Plan::Use);
}

/// While another is being made, whoever still holds the one that was refused comes back soon.
#[test]
fn a_token_that_is_being_replaced_does_not_rest() {
    let refused = TokenState { refused_at: Some(NOON + secs(60)), ..good() };
    assert_eq!(refused.plan(Need::Another { than: NOON }, NOON + secs(61)), Plan::Refresh);
}
