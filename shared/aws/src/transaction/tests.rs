//! What DynamoDB answers to who lost a race. An emulator does one thing at a time and is never
//! this unfriendly.

use aws_sdk_dynamodb::{
    Client,
    operation::transact_write_items::TransactWriteItemsOutput,
    types::error::{TransactionCanceledException, TransactionInProgressException},
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use domain::{
    consent::{OptOut, Source},
    sync_log::{LogEntry, LogResult, Operation},
};
use jiff::Timestamp;

use super::*;
use crate::store::Store;

const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

/// Commits a check, an unconditional line of the log, and a new opt-out, in this order.
async fn commit(client: Client) -> Result<Commit, StoreError> {
    let store = Store::new(client, "state", "journal");
    let tenant = TenantId::parse("acme").unwrap();
    let phone = "+12125550123".parse().unwrap();
    let entry = LogEntry::new(NOON, Operation::OptOut, &"evt_1", LogResult::Success);
    let standing = OptOut::new(PhoneNumber::clone(&phone), true, Source::Texting, NOON);
    store
        .of(&tenant)
        .transaction()
        .unless_opted_out(&phone)
        .log(&entry)
        .set_opt_out(None, &standing)
        .commit()
        .await
}

async fn cancelled(codes: &'static [&str]) -> Result<Commit, StoreError> {
    let cancelled = mock!(Client::transact_write_items).then_error(|| {
        let reason = |code: &&str| CancellationReason::builder().code(*code).build();
        let reasons = codes.iter().map(reason).collect();
        TransactWriteItemsError::TransactionCanceledException(
            TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons)).build(),
        )
    });
    commit(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&cancelled])).await
}

const OPTED_OUT: Condition = Condition::NotOptedOut;
const NEW: Condition = Condition::New("opt-out");

/// DynamoDB gives one reason for each write, in the order of the writes.
#[tokio::test]
async fn a_refusal_names_the_conditions_that_failed() {
    for (codes, failed) in [
        (&["ConditionalCheckFailed", "None", "None"], vec![OPTED_OUT]),
        (&["None", "None", "ConditionalCheckFailed"], vec![NEW]),
        (&["ConditionalCheckFailed", "None", "ConditionalCheckFailed"], vec![OPTED_OUT, NEW]),
        // A condition that failed is the stronger word: trying again would find it so again.
        (&["TransactionConflict", "None", "ConditionalCheckFailed"], vec![NEW]),
    ] {
        assert_eq!(cancelled(codes).await.unwrap(), Commit::Refused(failed), "{codes:?}");
    }
}

#[tokio::test]
async fn another_transaction_at_the_same_items_is_a_conflict() {
    for codes in [
        &["TransactionConflict", "None", "None"],
        &["None", "TransactionConflict", "None"],
        &["TransactionConflict", "TransactionConflict", "None"],
    ] {
        let error = cancelled(codes).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict) && error.is_transient(), "{codes:?}");
    }
}

#[tokio::test]
async fn any_other_reason_is_a_table_that_did_not_answer() {
    for codes in [
        &["ThrottlingError", "None", "None"],
        &["None", "ProvisionedThroughputExceeded", "None"],
        &["None", "None", "None"],
    ] {
        let error = cancelled(codes).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{codes:?}: {error:?}");
    }
    let in_progress = mock!(Client::transact_write_items).then_error(|| {
        let exception = TransactionInProgressException::builder().build();
        TransactWriteItemsError::TransactionInProgressException(exception)
    });
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&in_progress]);
    assert!(matches!(commit(client).await.unwrap_err(), StoreError::Unavailable(_)));
}

#[tokio::test]
async fn the_writes_are_sent_in_the_order_in_which_their_conditions_are_read() {
    let done = mock!(Client::transact_write_items)
        .match_requests(|request| {
            let [check, log, opt_out] = request.transact_items() else { return false };
            let (Some(check), Some(log), Some(opt_out)) =
                (check.condition_check(), log.put(), opt_out.put())
            else {
                return false;
            };
            check.table_name() == "state"
                && check.condition_expression() == "attribute_not_exists(pk) OR active = :no"
                && (log.table_name(), log.condition_expression()) == ("journal", None)
                && opt_out.condition_expression() == Some("attribute_not_exists(pk)")
        })
        .then_output(|| TransactWriteItemsOutput::builder().build());
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&done]);

    assert_eq!(commit(client).await.unwrap(), Commit::Done);
    assert_eq!(done.num_calls(), 1);
}
