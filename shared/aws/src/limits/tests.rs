//! What happens when somebody else was faster.

use aws_sdk_dynamodb::{
    Client,
    operation::{
        get_item::GetItemOutput,
        put_item::{PutItemError, PutItemOutput},
    },
    types::{AttributeValue, error::ConditionalCheckFailedException},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use domain::{
    allowance::{Full, Lane, Lease, Limits},
    breaker::{Event, Outcome, Window},
    ids::TenantId,
};
use jiff::SignedDuration;

use super::*;
use crate::{item::encode, store::Store};

const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);
const LIMITS: Limits =
    Limits { per_interval: 100, interval: SignedDuration::from_secs(10), per_day: 200_000 };

fn acme() -> TenantId {
    TenantId::parse("acme").unwrap()
}

fn store(rules: &[&Rule]) -> Store {
    Store::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, rules), "state", "journal")
}

fn found(version: u64, allowance: &Allowance) -> Rule {
    let item =
        encode(&acme(), &Key::allowance(&acme(), Provider::Ghl), version, allowance).unwrap();
    mock!(Client::get_item)
        .then_output(move || GetItemOutput::builder().set_item(Some(item.clone())).build())
}

fn nothing() -> Rule {
    mock!(Client::get_item).then_output(|| GetItemOutput::builder().build())
}

fn lost() -> PutItemError {
    let exception = ConditionalCheckFailedException::builder().build();
    PutItemError::ConditionalCheckFailedException(exception)
}

async fn take(store: &Store) -> Result<Result<Lease, Full>, StoreError> {
    let tenant = acme();
    let scope = store.of(&tenant);
    let taken = scope.change_allowance(Provider::Ghl, |allowance| {
        match allowance.take(LIMITS, (Lane::Reply, 5), NOON) {
            Ok((next, lease)) => (next, Ok(lease)),
            Err(full) => (allowance.clone(), Err(full)),
        }
    });
    taken.await
}

#[tokio::test]
async fn the_first_lease_makes_the_item() {
    let written = mock!(Client::put_item)
        .match_requests(|request| {
            let item = request.item().unwrap();
            let text = |name: &str| item[name].as_s().unwrap().as_str();
            request.table_name() == Some("journal")
                && request.condition_expression() == Some("attribute_not_exists(pk)")
                && (text("pk"), text("sk")) == ("T#acme#LIMIT#ghl", "BUCKET")
                // 12:00:30 rounded to the hour, and 26 hours.
                && item["expires_at"] == AttributeValue::N("1767366000".to_owned())
        })
        .then_output(|| PutItemOutput::builder().build());

    let lease = take(&store(&[&nothing(), &written])).await.unwrap().unwrap();
    assert_eq!(lease.calls, 5);
    assert_eq!(written.num_calls(), 1);
}

#[tokio::test]
async fn who_was_too_slow_reads_and_decides_again() {
    let put = mock!(Client::put_item)
        .match_requests(|request| request.condition_expression() == Some("version = :read"))
        .sequence()
        .error(lost)
        .times(2)
        .output(|| PutItemOutput::builder().build())
        .build();
    let (taken, _) = Allowance::default().take(LIMITS, (Lane::Reply, 5), NOON).unwrap();
    let read = found(3, &taken);

    let lease = take(&store(&[&read, &put])).await.unwrap().unwrap();
    assert_eq!(lease.calls, 5);
    assert_eq!((read.num_calls(), put.num_calls()), (3, 3));
}

#[tokio::test]
async fn who_is_always_too_slow_gives_up() {
    let put = mock!(Client::put_item).then_error(lost);
    let error = take(&store(&[&nothing(), &put])).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict), "{error:?}");
    assert_eq!(put.num_calls(), 7);
}

#[tokio::test]
async fn nothing_is_written_where_nothing_changes() {
    let mut allowance = Allowance::default();
    while let Ok((next, _)) = allowance.take(LIMITS, (Lane::Reply, 5), NOON) {
        allowance = next;
    }
    let full = take(&store(&[&found(20, &allowance)])).await.unwrap().unwrap_err();
    assert!(full.until > NOON);
}

#[tokio::test]
async fn a_breaker_is_stored_until_a_day_after_it_matters() {
    let written = mock!(Client::put_item)
        .match_requests(|request| {
            let item = request.item().unwrap();
            item["sk"] == AttributeValue::S("BREAKER".to_owned())
                && item["state"] == AttributeValue::S("open".to_owned())
                && item["expires_at"] == AttributeValue::N((1_767_268_830 + 86_400).to_string())
        })
        .then_output(|| PutItemOutput::builder().build());
    let calls = (0..10).fold(Window::default(), |it, _| it.and(Outcome::Failure, NOON));

    let (store, tenant) = (store(&[&nothing(), &written]), acme());
    let scope = store.of(&tenant);
    let changed = scope.change_breaker(Provider::Ghl, |it| it.step(Event::Called(&calls), NOON));
    changed.await.unwrap();
    assert_eq!(written.num_calls(), 1);
}
