//! What DynamoDB answers to who came second.

use aws_sdk_dynamodb::{
    operation::put_item::PutItemOutput,
    types::error::{
        ConditionalCheckFailedException, ProvisionedThroughputExceededException,
        TransactionConflictException,
    },
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use domain::{
    ids::MessageId,
    message::{Message, Purpose},
    text::MessageText,
};
use jiff::Timestamp;

use super::*;

const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

fn acme() -> TenantId {
    TenantId::parse("acme").unwrap()
}

fn message() -> Message {
    let id = MessageId::parse("msg_1").unwrap();
    let phone = "+12125550123".parse().unwrap();
    Message::outgoing(id, &acme(), Purpose::Reply, phone, MessageText::new("hi"), NOON)
}

fn store(rule: &Rule) -> Store {
    Store::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule]), "state", "journal")
}

fn second() -> Rule {
    mock!(Client::put_item).then_error(|| {
        let exception = ConditionalCheckFailedException::builder().build();
        PutItemError::ConditionalCheckFailedException(exception)
    })
}

#[tokio::test]
async fn who_adds_what_is_there_is_told_so() {
    let store = store(&second());
    let added = store.of(&acme()).add_message(&message()).await.unwrap();
    assert_eq!(added, Added::AlreadyThere);
}

#[tokio::test]
async fn who_replaces_what_has_changed_is_in_conflict() {
    let (tenant, message) = (acme(), message());
    let key = Key::message(&tenant, &message.id);
    let row = decode::<Message>(encode(&tenant, &key, 7, &message).unwrap()).unwrap();

    let store = store(&second());
    let error = store.of(&tenant).replace_message(&row, &message).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict), "{error:?}");
}

#[tokio::test]
async fn an_item_is_replaced_at_the_version_at_which_it_was_read() {
    let (tenant, message) = (acme(), message());
    let key = Key::message(&tenant, &message.id);
    let row = decode::<Message>(encode(&tenant, &key, 7, &message).unwrap()).unwrap();
    let number = |it: &str| AttributeValue::N(it.to_owned());
    let replaced = mock!(Client::put_item)
        .match_requests(move |request| {
            let read = request.expression_attribute_values().and_then(|it| it.get(":read"));
            request.condition_expression() == Some("version = :read")
                && read == Some(&number("7"))
                && request.item().and_then(|it| it.get("version")) == Some(&number("8"))
        })
        .then_output(|| PutItemOutput::builder().build());

    store(&replaced).of(&tenant).replace_message(&row, &message).await.unwrap();
    assert_eq!(replaced.num_calls(), 1);
}

/// Neither says that the item is there.
#[tokio::test]
async fn a_busy_table_is_not_an_item_that_is_there() {
    let busy = mock!(Client::put_item).then_error(|| {
        let exception = ProvisionedThroughputExceededException::builder().build();
        PutItemError::ProvisionedThroughputExceededException(exception)
    });
    let conflict = mock!(Client::put_item).then_error(|| {
        let exception = TransactionConflictException::builder().build();
        PutItemError::TransactionConflictException(exception)
    });
    for rule in [busy, conflict] {
        let error = store(&rule).of(&acme()).add_message(&message()).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)) && error.is_transient(), "{error:?}");
    }
}
