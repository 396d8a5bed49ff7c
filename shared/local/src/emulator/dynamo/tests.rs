use serde_json::{Value, json};

use super::Dynamo;
use crate::{
    emulator::{
        Control, ControlError,
        gate::{Fault, How, When},
    },
    template::{Template, Values},
};

const ONE_TABLE: &str = r"
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - { AttributeName: pk, AttributeType: S }
        - { AttributeName: due_pk, AttributeType: S }
        - { AttributeName: due_at, AttributeType: N }
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      GlobalSecondaryIndexes:
        - IndexName: due
          KeySchema:
            - { AttributeName: due_pk, KeyType: HASH }
            - { AttributeName: due_at, KeyType: RANGE }
          Projection: { ProjectionType: KEYS_ONLY }
      TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }
";

async fn with_a_table() -> (Dynamo, Control) {
    let dynamo = Dynamo::start(0).await.unwrap();
    let template = Template::parse(ONE_TABLE).unwrap();
    let tables = template.tables(&Values::default()).unwrap();
    dynamo.create_table("table", &tables["Table"]).unwrap();
    let control = Control::new(dynamo.url());
    (dynamo, control)
}

async fn call(control: &Control, operation: &str, body: Value) -> Result<Value, ControlError> {
    control.call("dynamodb", &format!("DynamoDB_20120810.{operation}"), &body).await
}

async fn add(control: &Control, pk: &str) -> Result<Value, ControlError> {
    let condition = "attribute_not_exists(pk)";
    let item = json!({ "pk": { "S": pk }, "due_pk": { "S": "x" }, "due_at": { "N": "1" } });
    let put = json!({ "TableName": "table", "Item": item, "ConditionExpression": condition });
    call(control, "PutItem", put).await
}

async fn is_there(control: &Control, pk: &str) -> bool {
    let get = json!({ "TableName": "table", "Key": { "pk": { "S": pk } } });
    call(control, "GetItem", get).await.unwrap().get("Item").is_some()
}

#[tokio::test]
async fn a_condition_is_kept() {
    let (_dynamo, control) = with_a_table().await;

    add(&control, "a").await.unwrap();
    let again = add(&control, "a").await.unwrap_err();

    assert!(again.to_string().contains("ConditionalCheckFailedException"), "{again}");
}

#[tokio::test]
async fn the_template_s_indexes_and_time_to_live_are_there() {
    let (_dynamo, control) = with_a_table().await;
    add(&control, "a").await.unwrap();

    let query = json!({
        "TableName": "table",
        "IndexName": "due",
        "KeyConditionExpression": "due_pk = :x AND due_at < :now",
        "ExpressionAttributeValues": { ":x": { "S": "x" }, ":now": { "N": "2" } },
    });
    let due = call(&control, "Query", query).await.unwrap();
    let ttl = call(&control, "DescribeTimeToLive", json!({ "TableName": "table" })).await.unwrap();

    assert_eq!(due["Count"], 1);
    assert_eq!(ttl["TimeToLiveDescription"]["AttributeName"], "expires_at");
}

#[tokio::test]
async fn calls_are_counted_and_priced() {
    let (dynamo, control) = with_a_table().await;

    add(&control, "a").await.unwrap();
    is_there(&control, "a").await;
    let usage = dynamo.gate().meter().read();

    // The item and its entry in the index.
    assert_eq!((usage["PutItem"].calls, usage["PutItem"].write_units), (1, 2.0));
    assert_eq!((usage["GetItem"].calls, usage["GetItem"].read_units), (1, 0.5));
    assert_eq!(dynamo.gate().meter().total().calls, 2);
}

#[tokio::test]
async fn a_call_can_fail_before_or_after_its_effect() {
    let (dynamo, control) = with_a_table().await;

    dynamo.gate().fail_next("PutItem", 1, When::Before);
    assert!(add(&control, "a").await.is_err());
    assert!(!is_there(&control, "a").await);

    dynamo.gate().fail_next("PutItem", 1, When::After);
    assert!(add(&control, "b").await.is_err());
    assert!(is_there(&control, "b").await);

    assert!(add(&control, "c").await.is_ok());
}

#[tokio::test]
async fn a_connection_can_be_lost_after_the_effect() {
    let (dynamo, control) = with_a_table().await;
    dynamo.gate().fail(Fault { when: When::After, how: How::Dropped, ..Fault::default() });

    let lost = add(&control, "a").await.unwrap_err();

    assert!(matches!(lost, ControlError::Unreachable { .. }), "{lost:?}");
    assert!(is_there(&control, "a").await);
}
