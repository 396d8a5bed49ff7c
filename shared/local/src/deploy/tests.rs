//! What we rely on in the emulator, tried on the real one.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    Foundation, Site,
    deployment::{function_name, name_functions},
    environment, triggers, zip,
};
use crate::{
    emulator::{Control, ControlError, Dynamo, Ministack, cache::workspace},
    template::Template,
};

const SMALL: &str = r#"
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub ${AWS::StackName}-jobs.fifo
      FifoQueue: true
      VisibilityTimeout: 60
      RedrivePolicy: { deadLetterTargetArn: !GetAtt DeadJobs.Arn, maxReceiveCount: 5 }
  DeadJobs:
    Type: AWS::SQS::Queue
    Properties: { FifoQueue: true }
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
  VaultKey:
    Type: AWS::KMS::Key
  VaultKeyAlias:
    Type: AWS::KMS::Alias
    Properties: { AliasName: !Sub "alias/${AWS::StackName}-vault", TargetKeyId: !Ref VaultKey }
  AppSecret:
    Type: AWS::SecretsManager::Secret
    Properties:
      GenerateSecretString: { SecretStringTemplate: '{"id":"x"}', GenerateStringKey: key }
"#;

async fn foundation(world: &str) -> (Foundation, Control) {
    let template = Template::parse(SMALL).unwrap();
    let ministack = Ministack::shared().await.unwrap();
    let dynamo = Dynamo::start(0).await.unwrap();
    let parameters = BTreeMap::new();
    let site =
        Site { template: &template, ministack, dynamo: &dynamo, world, parameters: &parameters };
    (Foundation::create(site).await.unwrap(), ministack.control())
}

async fn sqs(control: &Control, action: &str, body: Value) -> Value {
    control.call("sqs", &format!("AmazonSQS.{action}"), &body).await.unwrap()
}

async fn send(control: &Control, queue: &str, body: &str, once: &str) {
    let message = json!({
        "QueueUrl": queue,
        "MessageBody": body,
        "MessageGroupId": "g",
        "MessageDeduplicationId": once,
    });
    sqs(control, "SendMessage", message).await;
}

async fn receive(control: &Control, queue: &str) -> Vec<Value> {
    let request = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10 });
    let answer = sqs(control, "ReceiveMessage", request).await;
    answer["Messages"].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn all_that_the_project_s_functions_are_told_has_a_value_here() {
    let template = Template::read_from(&workspace().join("template.yaml")).unwrap();
    let ministack = Ministack::shared().await.unwrap();
    let dynamo = Dynamo::start(0).await.unwrap();
    let parameters = BTreeMap::from([("PublicOrigin".to_owned(), "http://here".to_owned())]);
    let world = "whole";
    let site =
        Site { template: &template, ministack, dynamo: &dynamo, world, parameters: &parameters };

    let foundation = Foundation::create(site).await.unwrap();

    let functions = template.functions(foundation.values()).unwrap();
    assert!(!functions.is_empty());
    for (name, function) in functions {
        environment::of(site, name, &function, &BTreeMap::new()).unwrap();
    }
}

#[tokio::test]
async fn a_queue_keeps_order_and_drops_what_it_was_sent_before() {
    let (foundation, control) = foundation("order").await;
    let queue = foundation.queue_url("Jobs").unwrap();

    for (body, once) in [("first", "1"), ("second", "2"), ("first again", "1")] {
        send(&control, queue, body, once).await;
    }
    let received = receive(&control, queue).await;

    let bodies = received.iter().map(|it| it["Body"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(bodies, ["first", "second"]);
}

#[tokio::test]
async fn a_message_in_flight_holds_its_group_back_until_it_is_visible_again() {
    let (foundation, control) = foundation("in-flight").await;
    let queue = foundation.queue_url("Jobs").unwrap();
    send(&control, queue, "first", "1").await;
    let receipt = receive(&control, queue).await[0]["ReceiptHandle"].clone();
    send(&control, queue, "second", "2").await;

    assert!(receive(&control, queue).await.is_empty());
    let change = json!({ "QueueUrl": queue, "ReceiptHandle": receipt, "VisibilityTimeout": 0 });
    sqs(&control, "ChangeMessageVisibility", change).await;

    assert_eq!(receive(&control, queue).await[0]["Body"], "first");
}

#[tokio::test]
async fn worlds_do_not_share_a_queue() {
    let (one, control) = foundation("one").await;
    let (other, _) = foundation("other").await;

    send(&control, one.queue_url("Jobs").unwrap(), "mine", "1").await;

    assert!(receive(&control, other.queue_url("Jobs").unwrap()).await.is_empty());
}

#[tokio::test]
async fn a_data_key_opens_in_its_own_context_only() {
    let (foundation, control) = foundation("vault").await;
    let kms = async |action: &str, body: Value| {
        control.call("kms", &format!("TrentService.{action}"), &body).await
    };
    let request = json!({
        "KeyId": foundation.key_arn("VaultKey").unwrap(),
        "KeySpec": "AES_256",
        "EncryptionContext": { "tenant": "acme" },
    });
    let made = kms("GenerateDataKey", request).await.unwrap();
    let open = |tenant: &str| {
        json!({
            "CiphertextBlob": made["CiphertextBlob"],
            "EncryptionContext": { "tenant": tenant },
        })
    };

    let opened = kms("Decrypt", open("acme")).await.unwrap();
    let refused = kms("Decrypt", open("other")).await.unwrap_err();

    assert_eq!(opened["Plaintext"], made["Plaintext"]);
    assert!(matches!(refused, ControlError::Refused { status: 400, .. }), "{refused}");
}

#[tokio::test]
async fn a_secret_that_aws_would_make_up_has_a_value_here() {
    let (foundation, control) = foundation("secret").await;
    let request = json!({ "SecretId": foundation.secret_arn("AppSecret").unwrap() });

    let read = control.call("secretsmanager", "secretsmanager.GetSecretValue", &request).await;

    let value = read.unwrap()["SecretString"].as_str().unwrap().to_owned();
    assert_eq!(value, r#"{"id":"x","key":"local-secret-AppSecret"}"#);
}

/// A door that lets in who shows `good`, and a hall that says whom it was told of.
const GUARDED: &str = r#"
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        Authorizers:
          Keys:
            FunctionArn: !GetAtt DoorFunction.Arn
            AuthorizerPayloadFormatVersion: "2.0"
            EnableSimpleResponses: true
            Identity: { Headers: [Authorization] }
  DoorFunction:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: door }
  HallFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: hall
      Events:
        Closed: { Type: HttpApi, Properties: { Path: "/v1/{proxy+}", Auth: { Authorizer: Keys } } }
        Open: { Type: HttpApi, Properties: { Path: /open, Method: GET, Auth: { Authorizer: NONE } } }
"#;

const BOTH: &str = r#"
import json
def handler(event, context):
    if event.get("type") == "REQUEST":
        is_good = event["identitySource"] == ["Bearer good"]
        return {"isAuthorized": is_good, "context": {"subject": "anna"}}
    told = event["requestContext"].get("authorizer", {}).get("lambda", {})
    return {"statusCode": 200, "body": json.dumps(told)}
"#;

#[tokio::test]
async fn a_route_with_an_authorizer_is_closed_to_whom_it_does_not_know() {
    let template = Template::parse(GUARDED).unwrap();
    let ministack = Ministack::shared().await.unwrap();
    let dynamo = Dynamo::start(0).await.unwrap();
    let parameters = BTreeMap::new();
    let world = "guarded";
    let site =
        Site { template: &template, ministack, dynamo: &dynamo, world, parameters: &parameters };
    let mut foundation = Foundation::create(site).await.unwrap();
    name_functions(site, &mut foundation).unwrap();
    let api = triggers::create_api(site, &mut foundation).await.unwrap();
    for (id, function) in template.functions(&foundation.values).unwrap() {
        create_in_python(&ministack.control(), &function_name(site, id)).await;
        triggers::create(site, &foundation, &api, id, &function).await.unwrap();
    }

    let address = format!("{}/_aws/execute-api/{}", ministack.url(), api.id);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |path: &str, shown: Option<&str>| {
        let mut call = http.get(format!("{address}{path}"));
        if let Some(shown) = shown {
            call = call.header("authorization", shown);
        }
        let answer = call.send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };

    assert_eq!(get("/open", None).await, (200, json!({})));
    assert_eq!(get("/v1/a/b", None).await, (401, json!({ "message": "Unauthorized" })));
    assert_eq!(get("/v1/a/b", Some("Bearer x")).await, (403, json!({ "message": "Forbidden" })));
    assert_eq!(get("/v1/a/b", Some("Bearer good")).await, (200, json!({ "subject": "anna" })));
}

/// The emulator runs what is written in Python without a program of its own.
async fn create_in_python(control: &Control, name: &str) {
    let request = json!({
        "FunctionName": name,
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/local",
        "Code": { "ZipFile": STANDARD.encode(zip::of_one("index.py", BOTH.as_bytes())) },
    });
    control.post("lambda", "/2015-03-31/functions", &request).await.unwrap();
}
