//! What is asked of Secrets Manager, and for how long an answer serves.

use aws_sdk_secretsmanager::{
    operation::get_secret_value::{GetSecretValueInput, GetSecretValueOutput},
    types::error::{InternalServiceError, ResourceNotFoundException},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;

const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);
const ARN: &str = "arn:secret";

fn later(minutes: i64) -> Timestamp {
    NOON + SignedDuration::from_mins(minutes)
}

fn is_for(stage: &'static str) -> impl Fn(&GetSecretValueInput) -> bool {
    move |asked| asked.secret_id() == Some(ARN) && asked.version_stage() == Some(stage)
}

fn answers(stage: &'static str, value: &'static str) -> Rule {
    mock!(Client::get_secret_value)
        .match_requests(is_for(stage))
        .then_output(move || GetSecretValueOutput::builder().secret_string(value).build())
}

fn never_changed() -> Rule {
    mock!(Client::get_secret_value).match_requests(is_for("AWSPREVIOUS")).then_error(|| {
        let missing = ResourceNotFoundException::builder().build();
        GetSecretValueError::ResourceNotFoundException(missing)
    })
}

fn down() -> Rule {
    mock!(Client::get_secret_value).then_error(|| {
        GetSecretValueError::InternalServiceError(InternalServiceError::builder().build())
    })
}

fn secrets(mode: RuleMode, rules: &[&Rule]) -> Secrets {
    Secrets::new(mock_client!(aws_sdk_secretsmanager, mode, rules))
}

#[tokio::test]
async fn a_changed_secret_is_good_in_both_versions() {
    let rules = [answers("AWSCURRENT", "new"), answers("AWSPREVIOUS", "old")];
    let secrets = secrets(RuleMode::MatchAny, &[&rules[0], &rules[1]]);

    let versions = secrets.get(ARN, NOON).await.unwrap();

    assert!(versions.has("new") && versions.has("old"));
    assert!(!versions.has("older") && !versions.has("") && !versions.has("new "));
    assert!(!format!("{versions:?}").contains("new"));
}

#[tokio::test]
async fn a_secret_that_was_never_changed_has_one_version() {
    let rules = [answers("AWSCURRENT", "only"), never_changed()];
    let secrets = secrets(RuleMode::MatchAny, &[&rules[0], &rules[1]]);

    let versions = secrets.get(ARN, NOON).await.unwrap();

    assert!(versions.has("only") && versions.previous.is_none());
}

#[tokio::test]
async fn an_empty_secret_opens_nothing() {
    let rules = [answers("AWSCURRENT", ""), never_changed()];
    let secrets = secrets(RuleMode::MatchAny, &[&rules[0], &rules[1]]);

    assert!(!secrets.get(ARN, NOON).await.unwrap().has(""));
}

#[tokio::test]
async fn a_secret_is_asked_for_again_after_five_minutes() {
    let rules = [
        answers("AWSCURRENT", "first"),
        never_changed(),
        answers("AWSCURRENT", "second"),
        answers("AWSPREVIOUS", "first"),
    ];
    let secrets = secrets(RuleMode::Sequential, &rules.iter().collect::<Vec<_>>());

    assert!(secrets.get(ARN, NOON).await.unwrap().has("first"));
    assert!(!secrets.get(ARN, later(4)).await.unwrap().has("second"));
    assert!(secrets.get(ARN, later(5)).await.unwrap().has("second"));
}

#[tokio::test]
async fn a_secret_serves_for_an_hour_while_nobody_answers() {
    let first = [answers("AWSCURRENT", "kept"), never_changed()];
    let down = [down(), down(), down()];
    let rules: Vec<_> = first.iter().chain(&down).collect();
    let secrets = secrets(RuleMode::Sequential, &rules);
    secrets.get(ARN, NOON).await.unwrap();

    assert!(secrets.get(ARN, later(6)).await.unwrap().has("kept"));
    assert!(secrets.get(ARN, later(6)).await.unwrap().has("kept"), "nobody is asked again so soon");
    assert!(secrets.get(ARN, later(59)).await.unwrap().has("kept"));
    let error = secrets.get(ARN, later(61)).await.unwrap_err();

    assert!(error.is_transient());
    assert_eq!(down.iter().map(Rule::num_calls).sum::<usize>(), 3);
}

#[tokio::test]
async fn a_secret_that_was_taken_away_does_not_serve_on() {
    let gone = mock!(Client::get_secret_value).then_error(|| {
        let missing = ResourceNotFoundException::builder();
        let code = aws_sdk_secretsmanager::error::ErrorMetadata::builder();
        let code = code.code("ResourceNotFoundException").build();
        GetSecretValueError::ResourceNotFoundException(missing.meta(code).build())
    });
    let rules = [answers("AWSCURRENT", "kept"), never_changed(), gone];
    let secrets = secrets(RuleMode::Sequential, &rules.iter().collect::<Vec<_>>());
    secrets.get(ARN, NOON).await.unwrap();

    let error = secrets.get(ARN, later(6)).await.unwrap_err();

    assert!(matches!(error, SecretError::Refused(_)), "{error:?}");
}
