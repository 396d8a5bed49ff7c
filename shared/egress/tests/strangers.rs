//! What becomes of a call when the other side behaves badly.

#![expect(clippy::unwrap_used, reason = "what a test sets up may fail it, in its helpers too")]

use std::{error::Error, time::Duration};

use egress::{CallError, Client, Limits};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Stands for what an address can carry: a token, a number.
const SECRET: &str = "15005550006";

fn client() -> Client {
    let limits = Limits { total: Duration::from_millis(500), body: 1000, ..Limits::default() };
    Client::new(limits).unwrap()
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/{SECRET}?to={SECRET}", listener.local_addr().unwrap());
    (listener, url)
}

/// Answers every connection with these bytes and closes it.
async fn saying(said: impl Into<Vec<u8>>) -> String {
    let (listener, url) = listener().await;
    let said = said.into();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked).await;
            let _ = stream.write_all(&said).await;
        }
    });
    url
}

/// Every error here was made by a call to an address with a secret in it.
fn assert_discreet(error: &CallError) {
    for it in std::iter::successors(Some(error as &dyn Error), |it: &&dyn Error| (*it).source()) {
        let shown = format!("{it} {it:?}");
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[tokio::test]
async fn a_refused_connection_sent_nothing() {
    let (listener, url) = listener().await;
    drop(listener);

    let error = client().post(&url).json(&json!({})).send().await.unwrap_err();
    assert!(matches!(error, CallError::NotSent(_)), "{error:?}");
    assert_discreet(&error);
}

#[tokio::test]
async fn an_address_that_is_none_sent_nothing() {
    for bad in [SECRET, "http://", &format!("http://[{SECRET}")] {
        let error = client().get(bad).send().await.unwrap_err();
        assert!(matches!(error, CallError::NotSent(_)), "{error:?}");
        assert_discreet(&error);
    }
}

#[tokio::test]
async fn a_server_that_never_answers_may_have_done_it() {
    let (listener, url) = listener().await;
    let error = client().post(&url).json(&json!({})).send().await.unwrap_err();

    assert!(matches!(error, CallError::NoAnswer(_)), "{error:?}");
    assert_discreet(&error);
    drop(listener);
}

#[tokio::test]
async fn a_server_that_hangs_up_may_have_done_it() {
    for cut_short in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello"] {
        let url = saying(cut_short).await;
        let error = client().post(&url).send().await.unwrap_err();

        assert!(matches!(error, CallError::NoAnswer(_)), "{cut_short}: {error:?}");
        assert_discreet(&error);
    }
}

#[tokio::test]
async fn no_more_of_a_body_is_read_than_allowed() {
    let mut said = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_vec();
    said.resize(100_000, b'a');

    let answer = client().get(saying(said).await).send().await.unwrap();
    assert_eq!(answer.body(), [b'a'; 1000]);
}

#[tokio::test]
async fn a_body_without_an_end_is_cut_before_the_deadline() {
    let (listener, url) = listener().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'a'; 512]).await.is_ok() {}
    });

    let answer = client().get(url).send().await.unwrap();
    assert_eq!(answer.body().len(), 1000);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = saying("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let redirect = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n"
    );

    let answer = client().get(saying(redirect).await).send().await.unwrap();
    assert_eq!(answer.status(), 307);
    assert!(!answer.is_success());
}

#[tokio::test]
async fn an_unhappy_status_is_an_answer() {
    let said = "HTTP/1.1 503 Busy\r\nretry-after: 7\r\nx-more: yes\r\ncontent-length: 2\r\n\r\n{}";
    let answer = client().get(saying(said).await).send().await.unwrap();

    assert_eq!((answer.status(), answer.header("X-More")), (503, Some("yes")));
    assert_eq!(answer.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(answer.json::<serde_json::Value>().unwrap(), json!({}));
}

#[tokio::test]
async fn a_wait_is_read_in_seconds_and_lasts_a_day_at_most() {
    for (header, wait) in
        [("5", Some(5)), ("0", Some(0)), ("9999999", Some(86_400)), ("-1", None), ("soon", None)]
    {
        let said =
            format!("HTTP/1.1 429 Slow\r\nretry-after: {header}\r\ncontent-length: 0\r\n\r\n");
        let answer = client().get(saying(said).await).send().await.unwrap();
        assert_eq!(answer.retry_after(), wait.map(Duration::from_secs), "{header}");
    }
}

#[tokio::test]
async fn debug_of_a_call_and_an_answer_is_discreet() {
    let said = format!("HTTP/1.1 200 OK\r\nx-to: {SECRET}\r\ncontent-length: 11\r\n\r\n{SECRET}");
    let (client, url) = (client(), saying(said).await);
    let call = client
        .post(url)
        .bearer(&SECRET.into())
        .header("x-key", SECRET)
        .query(&[("to", SECRET)])
        .json(&json!({ "to": SECRET }));

    assert!(!format!("{call:?}").contains(SECRET), "{call:?}");
    let answer = call.send().await.unwrap();
    assert_eq!(format!("{answer:?}"), "Answer(200, 11 bytes)");
}
