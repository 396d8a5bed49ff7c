use std::collections::BTreeMap;

use super::{Event, Template, Values, is_placeholder};

const SMALL: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  PublicOrigin: { Type: String }
  Stage: { Type: String, Default: dev }
Conditions:
  IsProduction: !Equals [!Ref Stage, prod]
  IsNotProduction: !Not [Condition: IsProduction]
Globals:
  Function:
    Timeout: 10
    LoggingConfig: { LogFormat: JSON }
    Environment: { Variables: { STAGE: !Ref Stage } }
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      FifoQueue: true
      VisibilityTimeout: 60
      RedrivePolicy: { deadLetterTargetArn: !GetAtt DeadJobs.Arn, maxReceiveCount: 5 }
  DeadJobs:
    Type: AWS::SQS::Queue
  Audit:
    Type: AWS::SQS::Queue
    Condition: IsProduction
  WorkerFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/worker/
      Environment:
        Variables:
          JOBS_URL: !Ref Jobs
          TABLE: !Sub "${Stage}/${Table}/${!kept}"
          LIMIT: 5
          ONLY_IN_PRODUCTION: !If [IsProduction, "yes", !Ref AWS::NoValue]
          ORIGIN: !Join ["/", [!Ref PublicOrigin, hooks]]
      Events:
        Jobs:
          Type: SQS
          Properties:
            Queue: !GetAtt Jobs.Arn
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: { MaximumConcurrency: 4 }
        Hook:
          Type: HttpApi
          Properties: { Method: POST, Path: "/hooks/{id}" }
        Minute:
          Type: ScheduleV2
          Properties: { ScheduleExpression: rate(1 minute) }
        Hour:
          Type: Schedule
          Properties: { Schedule: rate(1 hour) }
"#;

fn small() -> Template {
    Template::parse(SMALL).unwrap()
}

fn values() -> Values {
    let given = BTreeMap::from([("PublicOrigin".to_owned(), "http://here".to_owned())]);
    let mut values = Values::of(&small(), &given);
    values.set("Jobs", "http://queue/jobs");
    values.set("Table", "table-1");
    values
}

#[test]
fn a_function_has_what_the_globals_add() {
    let template = small();
    let worker = &template.functions(&values()).unwrap()["WorkerFunction"];

    assert_eq!((worker.timeout, worker.memory_size), (10, 128));
    assert_eq!(worker.crate_name(), "worker");
    assert_eq!(worker.environment["STAGE"], "dev");
    assert!(worker.logs_json());
}

#[test]
fn intrinsics_become_what_they_stand_for() {
    let template = small();
    let environment = &template.functions(&values()).unwrap()["WorkerFunction"].environment;

    assert_eq!(environment["JOBS_URL"], "http://queue/jobs");
    assert_eq!(environment["TABLE"], "dev/table-1/${kept}");
    assert_eq!(environment["LIMIT"], "5");
    assert_eq!(environment["ORIGIN"], "http://here/hooks");
    assert!(!environment.contains_key("ONLY_IN_PRODUCTION"));
}

#[test]
fn a_name_without_a_value_stays_visible() {
    let template = small();
    let queues = template.queues(&values()).unwrap();

    let redrive = queues["Jobs"].redrive_policy.as_ref().unwrap();

    assert_eq!(redrive.dead_letter_target_arn, "${DeadJobs.Arn}");
    assert!(is_placeholder(&redrive.dead_letter_target_arn));
}

#[test]
fn conditions_decide_what_exists() {
    let template = small();
    assert!(!template.queues(&values()).unwrap().contains_key("Audit"));
    assert!(values().holds("IsNotProduction"));

    let given = BTreeMap::from([("Stage".to_owned(), "prod".to_owned())]);
    let production = Values::of(&template, &given);
    assert!(template.queues(&production).unwrap().contains_key("Audit"));
}

#[test]
fn events_are_read_by_their_type() {
    let template = small();
    let events = &template.functions(&values()).unwrap()["WorkerFunction"].events;

    assert!(events["Jobs"].reports_failures());
    assert_eq!(events["Jobs"].maximum_concurrency(), Some(4));
    let Event::HttpApi { method, path, .. } = &events["Hook"] else { panic!() };
    assert_eq!((method.as_str(), path.as_str()), ("POST", "/hooks/{id}"));
    for (event, expected) in [("Minute", "rate(1 minute)"), ("Hour", "rate(1 hour)")] {
        let Event::Schedule { schedule_expression, .. } = &events[event] else { panic!() };
        assert_eq!(schedule_expression, expected);
    }
}

#[test]
fn queues_and_tables_have_aws_defaults() {
    let template = small();
    let queues = template.queues(&values()).unwrap();
    let table = &template.tables(&values()).unwrap()["Table"];

    assert!(queues["Jobs"].fifo_queue && queues["Jobs"].visibility_timeout == 60);
    assert!(!queues["DeadJobs"].fifo_queue && queues["DeadJobs"].visibility_timeout == 30);
    assert_eq!(table.time_to_live.as_deref(), Some("expires_at"));
    assert!(table.has_point_in_time_recovery);
}

#[test]
fn a_route_names_the_authorizer_that_its_api_declares() {
    let template = Template::parse(
        r#"
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
            Identity: { Headers: [Authorization], ReauthorizeEvery: 60 }
  ThingsFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: things
      Events:
        Closed: { Type: HttpApi, Properties: { Path: /a, Auth: { Authorizer: Keys } } }
        Open: { Type: HttpApi, Properties: { Path: /b, Auth: { Authorizer: NONE } } }
        Unsaid: { Type: HttpApi, Properties: { Path: /c } }
"#,
    )
    .unwrap();
    let apis = template.apis(&values()).unwrap();
    let events = &template.functions(&values()).unwrap()["ThingsFunction"].events;
    let authorizer = |event: &str| match &events[event] {
        Event::HttpApi { authorizer, .. } => authorizer.clone(),
        Event::Queue { .. } | Event::Schedule { .. } => panic!("{event} is no route"),
    };

    let keys = &apis["Api"].authorizers["Keys"];
    assert_eq!(keys.function_arn, "${DoorFunction.Arn}");
    assert!(keys.simple_responses && keys.payload_format_version == "2.0");
    assert_eq!((keys.identity.headers.len(), keys.identity.reauthorize_every), (1, 60));
    assert_eq!(authorizer("Closed").as_deref(), Some("Keys"));
    assert_eq!((authorizer("Open"), authorizer("Unsaid")), (None, None));
}
