//! What each documented failure means to us.

use std::{iter::successors, time::Duration};

use crate::support::{Answer, Crm, TOKEN, answer, number, said};
use domain::{
    crm_status::CrmStatus,
    ids::{CrmContactId, CrmMessageId, MessageId},
    text::MessageText,
};
use ghl::{Error, InboundPost, Kind};
use serde_json::json;

const PHONE: &str = "+12025550123";
const TEXT: &str = "the words of the text";

/// Creates: a second call would add a second message.
async fn add(crm: &Crm) -> Error {
    let post = InboundPost {
        contact: &CrmContactId::parse("c1").unwrap(),
        text: &MessageText::new(TEXT),
        media: &[],
        alt_id: &MessageId::parse("msg_1").unwrap(),
        date: "2026-10-07T09:12:33Z".parse().unwrap(),
    };
    crm.client.add_inbound(&crm.session, &post).await.unwrap_err()
}

/// Repeats: a second call would do no harm.
async fn tell(crm: &Crm) -> Error {
    let message = CrmMessageId::parse("m1").unwrap();
    crm.client.set_status(&crm.session, &message, &CrmStatus::Delivered).await.unwrap_err()
}

/// Reads.
async fn find(crm: &Crm) -> Error {
    crm.client.contact_by_phone(&crm.session, &number(PHONE)).await.unwrap_err()
}

async fn adding(answer: Answer) -> Error {
    add(&Crm::answering([answer]).await).await
}

fn coded(status: u16, code: &str, message: &str) -> Answer {
    let body = json!({ "statusCode": status, "message": message, "canonicalCode": code });
    answer(status, body)
}

#[tokio::test]
async fn every_documented_sentence_has_its_meaning() {
    for (status, message, kind) in [
        (401, "Invalid token: access token is invalid", Kind::Unauthorized),
        (401, "Invalid JWT", Kind::Unauthorized),
        (401, "version header was not found.", Kind::Configuration),
        (401, "version header is invalid", Kind::Configuration),
        (400, "Invalid API version segment 'bogus-version' at position 0", Kind::Configuration),
        (401, "Token's user type mismatch!", Kind::Forbidden),
        (401, "This token's user type is not yet supported!", Kind::Forbidden),
        (401, "The token is not authorized for this scope.", Kind::Forbidden),
        (401, "This authClass type is not allowed to access this scope. …", Kind::Forbidden),
        (401, "This route is not yet supported by the IAM Service…", Kind::Forbidden),
        (403, "The token does not have access to this location.", Kind::Forbidden),
        (403, "You do not have permission to access this resource", Kind::Forbidden),
        (404, "Cannot GET /contacts/x", Kind::Refused),
        (404, "Cannot POST /contacts/x", Kind::Refused),
        (404, "Contact not found", Kind::NotFound),
        (400, "Contact not found", Kind::NotFound),
        (400, "Location is not active", Kind::Suspended),
        (400, "Location or agency is inactive", Kind::Suspended),
        (500, "Internal server error", Kind::InDoubt),
        (400, "This location does not allow duplicated contacts.", Kind::Refused),
        (400, "Cannot send message as DND is active for SMS.", Kind::OptedOut),
        (400, "Cannot send message as DND is active for Email.", Kind::OptedOut),
        (400, "Cannot send message as DND is active for WhatsApp", Kind::OptedOut),
        (400, "Cannot send message as DND is active", Kind::OptedOut),
        (400, "Cannot send message as +12025550123 has unsubscribed", Kind::OptedOut),
        (400, "Cannot send email as ann@example.com has unsubscribed", Kind::OptedOut),
        (400, "Missing phone number", Kind::Refused),
        (422, "There is no message or attachments", Kind::Refused),
        (400, "Unable to send e-mail, contact's e-mail is invalid", Kind::Refused),
        (
            400,
            "Cannot send message as emailTo is not under contact's primary or additional emails",
            Kind::Refused,
        ),
        (422, "type must be a valid enum value", Kind::Refused),
        (400, "Incorrect conversationProviderId/type", Kind::Configuration),
        (400, "Invalid conversationProviderId", Kind::Configuration),
        (400, "No conversationProviderId passed in body", Kind::Configuration),
        (
            401,
            "You don't have access to the conversationProvider with id: 61d6",
            Kind::Configuration,
        ),
        (403, "No conversation provider found for this message", Kind::NotReady),
        (401, "No conversation provider found for this message", Kind::NotReady),
    ] {
        let error = adding(said(status, message)).await;
        assert_eq!(error.kind(), kind, "{status} {message}");
        assert_eq!(error.trace_id(), Some("trace-1"), "{status} {message}");
    }
}

#[tokio::test]
async fn a_code_counts_before_the_words() {
    for (status, code, kind) in [
        (400, "CONVERSATIONS_MSG_DND_ACTIVE_SMS", Kind::OptedOut),
        (400, "CONVERSATIONS_MSG_DND_ACTIVE_EMAIL", Kind::OptedOut),
        (400, "CONVERSATIONS_MSG_UNSUBSCRIBED_SMS", Kind::OptedOut),
        (400, "CONVERSATIONS_MSG_UNSUBSCRIBED", Kind::OptedOut),
        (422, "CONVERSATIONS_MSG_NO_CONTENT", Kind::Refused),
        (400, "CONVERSATIONS_MSG_INVALID_EMAIL", Kind::Refused),
        (400, "CONVERSATIONS_MSG_INVALID_EMAILTO", Kind::Refused),
        (400, "CONVERSATIONS_MSG_CONVERSATION_PROVIDER_MISMATCH", Kind::Configuration),
        (401, "CONVERSATIONS_MSG_PROVIDER_NO_ACCESS", Kind::Configuration),
        (403, "CONVERSATIONS_MSG_PROVIDER_NOT_FOUND", Kind::NotReady),
        (400, "CONVERSATIONS_MSG_NEWER_THAN_THIS_PROGRAM", Kind::Refused),
    ] {
        let error = adding(coded(status, code, "some words")).await;
        assert_eq!((error.kind(), error.code()), (kind, Some(code)));
    }
}

#[tokio::test]
async fn every_shape_of_a_body_is_understood() {
    for (status, body, kind) in [
        (422, r#"{"message":["type must be a valid enum value"],"error":"x"}"#, Kind::Refused),
        (400, r#"{"message":["a","Location is not active"]}"#, Kind::Suspended),
        (400, r#"{"code":"OPPORTUNITY_X","meta":{}}"#, Kind::Refused),
        (401, r#"{"error":"UnAuthorized!","error_description":"Invalid JWT"}"#, Kind::Unauthorized),
        (400, r#"{"error":{"code":"x","message":"Location is not active"}}"#, Kind::Suspended),
        (401, "", Kind::Unauthorized),
        (403, "<html>", Kind::Forbidden),
        (404, "", Kind::NotFound),
        (502, "<html>Bad gateway</html>", Kind::InDoubt),
        (301, "", Kind::InDoubt),
        (408, "", Kind::InDoubt),
        (418, "[]", Kind::Refused),
    ] {
        assert_eq!(adding(answer(status, body)).await.kind(), kind, "{status} {body}");
    }
}

#[tokio::test]
async fn too_many_calls_for_now_are_told_from_too_many_for_today() {
    let limited = |headers: &[(&'static str, &'static str)]| Answer {
        headers: headers.to_vec(),
        ..answer(429, "")
    };
    let seconds = |it| Some(Duration::from_secs(it));
    let interval = ("x-ratelimit-interval-milliseconds", "10000");
    let spent = ("x-ratelimit-daily-remaining", "0");

    for (headers, retry_after, daily) in [
        (vec![], None, false),
        (vec![("retry-after", "7"), interval], seconds(7), false),
        (vec![interval, ("x-ratelimit-daily-remaining", "9")], seconds(10), false),
        (vec![("x-ratelimit-interval-milliseconds", "90000")], seconds(30), false),
        (vec![interval, spent], None, true),
        (vec![interval, spent, ("x-ratelimit-daily-reset", "60000")], seconds(60), true),
    ] {
        let error = adding(limited(&headers)).await;
        assert_eq!(error.kind(), Kind::RateLimited { retry_after, daily }, "{headers:?}");
        assert_eq!(error.retry_after(), retry_after, "{headers:?}");
        assert!(error.is_transient() && !error.may_have_happened(), "{headers:?}");
    }
}

#[tokio::test]
async fn after_a_server_error_only_a_creating_call_is_in_doubt() {
    let broken = || Crm::answering([answer(500, "")]);

    let error = add(&broken().await).await;
    assert_eq!((error.kind(), error.may_have_happened()), (Kind::InDoubt, true));
    let error = tell(&broken().await).await;
    assert_eq!((error.kind(), error.may_have_happened()), (Kind::Unavailable, true));
    let error = find(&broken().await).await;
    assert_eq!((error.kind(), error.may_have_happened()), (Kind::Unavailable, false));
}

#[tokio::test]
async fn a_422_does_not_rule_out_that_it_was_done() {
    let error = adding(said(422, "something")).await;
    assert!(error.may_have_happened() && !error.is_transient());
}

#[tokio::test]
async fn a_yes_without_an_id_is_in_doubt() {
    for body in ["", "{}", r#"{"messageId":""}"#, "<html>"] {
        let error = adding(answer(201, body)).await;
        assert_eq!((error.kind(), error.may_have_happened()), (Kind::InDoubt, true), "{body}");
    }
}

#[tokio::test]
async fn a_call_that_did_not_leave_did_nothing() {
    let error = add(&Crm::nowhere().await).await;
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.is_transient() && !error.may_have_happened());
}

#[tokio::test]
async fn a_call_that_is_not_allowed_did_nothing_and_never_will() {
    let error = add(&Crm::forbidden()).await;
    assert_eq!(error.kind(), Kind::Configuration);
    assert!(!error.is_transient() && !error.may_have_happened());
}

#[tokio::test]
async fn a_call_that_was_not_answered_may_have_created_something() {
    let (crm, _listener) = Crm::silent().await;

    let (adding, telling) = (add(&crm).await, tell(&crm).await);
    assert_eq!((adding.kind(), adding.may_have_happened()), (Kind::InDoubt, true));
    assert_eq!((telling.kind(), telling.may_have_happened()), (Kind::Unavailable, true));
    assert!(adding.is_transient() && telling.is_transient());
}

#[tokio::test]
async fn no_error_repeats_a_number_a_text_or_a_token() {
    let words = format!("Cannot send message as {PHONE} has unsubscribed: {TEXT} {TOKEN}");
    let code = json!({ "canonicalCode": words, "code": PHONE, "traceId": words, "message": words });
    let wrong = json!({ "messageId": [words], "conversationId": TEXT });
    let nobody = Crm::nowhere().await;

    for error in [
        adding(said(400, words.clone())).await,
        adding(answer(400, code)).await,
        adding(answer(201, wrong)).await,
        find(&Crm::answering([said(500, words.clone())]).await).await,
        find(&nobody).await,
    ] {
        let chain = successors(Some(&error as &dyn std::error::Error), |it| it.source());
        let shown: Vec<_> = chain.map(|it| format!("{it} {it:?}")).collect();
        for secret in ["2025550123", TEXT, TOKEN] {
            assert!(!shown.concat().contains(secret), "{shown:?}");
        }
    }
}

#[tokio::test]
async fn an_error_says_what_was_tried_and_how_it_ended() {
    let error = adding(coded(403, "CONVERSATIONS_MSG_PROVIDER_NOT_FOUND", "x")).await;
    assert_eq!(
        error.to_string(),
        "could not add a message that came in at GoHighLevel: the message cannot be reported on \
         yet (403, CONVERSATIONS_MSG_PROVIDER_NOT_FOUND)"
    );
}
