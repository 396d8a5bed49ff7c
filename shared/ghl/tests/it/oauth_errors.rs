//! What each failure of the OAuth endpoints means, above all: whether the token is lost.

use std::{iter::successors, time::Duration};

use crate::{
    oauth::{CODE, REFRESH, SECRET, app, exchange, list, location_token, refresh},
    support::{Answer, Crm, answer, said},
};
use domain::ids::LocationId;
use ghl::{Error, Kind, oauth::Owner};
use serde_json::json;

async fn refreshing(answer: Answer) -> Error {
    refresh(&Crm::answering([answer]).await).await.unwrap_err()
}

async fn exchanging(answer: Answer) -> Error {
    exchange(&Crm::answering([answer]).await).await.unwrap_err()
}

async fn reconnecting(crm: &Crm) -> Error {
    let whom = Owner::Location(LocationId::parse("loc1").unwrap());
    crm.client.reconnect(&app(crm), &whom).await.unwrap_err()
}

#[tokio::test]
async fn a_refresh_token_is_given_up_only_if_it_is_said_to_be_invalid() {
    let described = |status, error: &str, words: &str| {
        answer(status, json!({ "error": error, "error_description": words }))
    };
    for (said, kind) in [
        (said(400, "Invalid grant: refresh token is invalid"), Kind::NeedsReconnect),
        (described(400, "invalid_grant", "This refresh token is invalid"), Kind::NeedsReconnect),
        (described(401, "invalid_grant", "This refresh token is invalid"), Kind::NeedsReconnect),
        (described(401, "invalid_grant", ""), Kind::NeedsReconnect),
        (described(400, "INVALID_GRANT", "x"), Kind::NeedsReconnect),
        (described(400, "Bad Request", "THIS REFRESH TOKEN IS INVALID"), Kind::NeedsReconnect),
        (said(400, "Location is not active"), Kind::Suspended),
        (said(400, "Missing parameter: clientId"), Kind::Configuration),
        (said(400, "Invalid parameter: grantType"), Kind::Configuration),
        (described(401, "invalid_client", "x"), Kind::Configuration),
        (said(401, "Invalid JWT"), Kind::Configuration),
        (said(401, "something new"), Kind::Configuration),
        (said(422, json!(["refresh_token must be a string"])), Kind::Configuration),
        (said(404, "Cannot POST /oauth/token"), Kind::Configuration),
        (answer(401, ""), Kind::Configuration),
        (answer(403, "<html>"), Kind::Configuration),
    ] {
        let body = said.body.clone();
        let error = refreshing(said).await;
        assert_eq!(error.kind(), kind, "{body}");
        assert!(!error.is_transient() && !error.may_have_happened(), "{body}");
        assert_eq!(error.retry_after(), None, "{body}");
    }
}

#[tokio::test]
async fn a_code_that_is_not_accepted_is_told_from_an_app_that_is_not() {
    let unknown = json!({
        "error": "UnAuthorized!", "error_description": "Authorization code not found",
    });
    for (said, kind) in [
        (answer(401, unknown), Kind::CodeNotAccepted),
        (answer(400, json!({ "error": "invalid_grant" })), Kind::CodeNotAccepted),
        (answer(401, json!({ "error": "invalid_client" })), Kind::Configuration),
        (said(400, "Location is not active"), Kind::Suspended),
    ] {
        let body = said.body.clone();
        let error = exchanging(said).await;
        assert_eq!(error.kind(), kind, "{body}");
        assert!(!error.is_transient() && !error.may_have_happened(), "{body}");
    }
}

#[tokio::test]
async fn a_refresh_without_a_usable_answer_may_have_used_the_token_up() {
    for lost in [
        answer(500, ""),
        answer(502, "<html>"),
        answer(408, ""),
        answer(302, ""),
        answer(200, ""),
        answer(200, "{}"),
        answer(200, json!({ "access_token": "" })),
        answer(200, "[]"),
    ] {
        let shown = format!("{lost:?}");
        let error = refreshing(lost).await;
        assert_eq!(error.kind(), Kind::InDoubt, "{shown}");
        assert!(error.is_transient() && error.may_have_happened(), "{shown}");
    }
    let (crm, _listener) = Crm::silent().await;
    let error = refresh(&crm).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_happened()), (Kind::InDoubt, true));
}

#[tokio::test]
async fn a_refresh_that_did_not_happen_leaves_the_token_as_it_was() {
    let error = refresh(&Crm::nowhere().await).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_happened()), (Kind::Unavailable, false));

    let limited = Answer { headers: vec![("retry-after", "7")], ..answer(429, "") };
    let error = refreshing(limited).await;
    let retry_after = Some(Duration::from_secs(7));
    assert_eq!(error.kind(), Kind::RateLimited { retry_after, daily: false });
    assert!(error.is_transient() && !error.may_have_happened());
}

#[tokio::test]
async fn what_needs_an_agencys_token_fails_like_any_other_call() {
    for (said, kind) in [
        (said(401, "Invalid token: access token is invalid"), Kind::Unauthorized),
        (said(401, "The token is not authorized for this scope."), Kind::Forbidden),
        (said(400, "the location is not approved"), Kind::Refused),
        (said(422, json!(["appId should not be empty"])), Kind::Refused),
        (answer(500, ""), Kind::Unavailable),
    ] {
        let body = said.body.clone();
        let crm = Crm::answering([said.clone(), said]).await;
        assert_eq!(location_token(&crm).await.unwrap_err().kind(), kind, "{body}");
        assert_eq!(list(&crm, 0).await.unwrap_err().kind(), kind, "{body}");
    }
    let strange = Crm::answering([answer(200, "{}"), answer(200, "{}")]).await;
    assert_eq!(location_token(&strange).await.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(list(&strange, 0).await.unwrap_err().kind(), Kind::Unavailable);
}

#[tokio::test]
async fn the_token_of_another_location_is_not_handed_out() {
    let body = json!({ "access_token": "at", "expires_in": 86400, "locationId": "loc2" });
    let error = location_token(&Crm::answering([answer(201, body)]).await).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Refused, Some("ANOTHER_LOCATION")));
}

#[tokio::test]
async fn who_cannot_be_connected_again_has_to_be_asked() {
    for said in [said(404, "Cannot POST /oauth/reconnect"), said(400, "not installed")] {
        let error = reconnecting(&Crm::answering([said]).await).await;
        assert_eq!(error.kind(), Kind::Configuration);
        assert!(!error.is_transient());
    }
    let error = reconnecting(&Crm::answering([answer(200, "{}")]).await).await;
    assert_eq!(error.kind(), Kind::Unavailable);
}

#[tokio::test]
async fn no_error_repeats_a_code_a_token_or_a_secret() {
    let words = format!("refresh token is invalid: {REFRESH} {CODE} {SECRET}");
    let body = json!({ "error": words, "error_description": words, "code": words });
    let nobody = Crm::nowhere().await;

    for error in [
        refreshing(answer(400, body.clone())).await,
        exchanging(answer(401, body.clone())).await,
        exchanging(answer(200, body)).await,
        refresh(&nobody).await.unwrap_err(),
        reconnecting(&nobody).await,
    ] {
        let chain = successors(Some(&error as &dyn std::error::Error), |it| it.source());
        let shown: Vec<_> = chain.map(|it| format!("{it} {it:?}")).collect();
        for secret in [REFRESH, CODE, SECRET] {
            assert!(!shown.concat().contains(secret), "{shown:?}");
        }
    }
}
