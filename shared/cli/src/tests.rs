//! The program against a server that says what it is told to say.

use std::{
    io::Cursor,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{Ending, Terminal, run};

/// What was printed, and how it ended.
struct Ran {
    ending: Ending,
    out: String,
    err: String,
}

async fn duplex(url: &str, input: &str, line: &[&str]) -> Ran {
    let (mut input, mut out, mut err) = (Cursor::new(input), Vec::new(), Vec::new());
    let mut terminal =
        Terminal { input: &mut input, out: &mut out, err: &mut err, is_watched: false };
    let start = ["duplex", "--url", url, "--key", "dpx_secret"];
    let arguments = start.iter().chain(line).map(Into::into);
    let ending = run(arguments, &mut terminal).await;
    let [out, err] = [out, err].map(|it| String::from_utf8(it).unwrap());
    assert!(!out.contains("dpx_secret") && !err.contains("dpx_secret"));
    Ran { ending, out, err }
}

/// Answers each request with the next of these, and keeps what was asked.
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn saying(answers: &'static [(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&asked);
        tokio::spawn(async move {
            for (head, body) in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = request(&mut stream).await;
                kept.lock().unwrap().push(request);
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut part = [0; 4096];
    loop {
        let read = stream.read(&mut part).await.unwrap();
        text += str::from_utf8(&part[..read]).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|it| it.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |it| it.parse().unwrap()) {
            return text;
        }
    }
}

fn header<'a>(request: &'a str, name: &str) -> &'a str {
    let found = request.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(": "));
    found.unwrap_or_default()
}

#[tokio::test]
async fn a_request_that_is_turned_away_for_now_is_sent_again_under_its_key() {
    const ANSWERS: &[(&str, &str)] = &[
        ("429 Too Many Requests\r\nretry-after: 0", r#"{"code":"RATE_LIMIT_EXCEEDED"}"#),
        ("503 Service Unavailable\r\nretry-after: 0", r#"{"message":"Service Unavailable"}"#),
        ("409 Conflict\r\nretry-after: 0", r#"{"code":"REQUEST_IN_PROGRESS"}"#),
        ("202 Accepted", r#"{"id":"msg_1","status":"queued"}"#),
    ];
    let server = Server::saying(ANSWERS).await;
    let line = ["send", "--to", "+12125550123", "--text", "hello", "--idempotency-key", "k-1"];
    let ran = duplex(&server.url, "", &line).await;
    assert_eq!(ran.ending, Ending::Done, "{}", ran.err);
    assert!(ran.out.contains("msg_1"));
    assert!(ran.err.contains("k-1") && ran.err.contains("too many requests"));
    let asked = server.asked();
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|it| header(it, "idempotency-key") == "k-1"));
    assert!(asked.iter().all(|it| header(it, "authorization") == "Bearer dpx_secret"));
}

#[tokio::test]
async fn a_refusal_is_told_once_and_ends_with_one() {
    let answers =
        &[("404 Not Found\r\nx-request-id: r-9", r#"{"code":"NOT_FOUND","detail":"No."}"#)];
    let server = Server::saying(answers).await;
    let ran = duplex(&server.url, "", &["keys", "revoke", "key_1"]).await;
    assert_eq!((ran.ending, ran.out.as_str()), (Ending::Refused, ""));
    assert_eq!(ran.err, "No.\n  code NOT_FOUND, status 404, request r-9\n");
}

#[tokio::test]
async fn where_nothing_answers_it_says_so_and_ends_with_three() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let ran = duplex(&url, "", &["whoami"]).await;
    assert_eq!(ran.ending, Ending::Unreachable);
    let said = format!("Nothing answers at {url}/: is `cargo run` up? Set --url or DUPLEX_URL.");
    assert!(ran.err.starts_with(&said), "{}", ran.err);
}

#[tokio::test]
async fn what_answers_in_another_language_is_not_the_api() {
    let server = Server::saying(&[("200 OK", "<html>hello</html>")]).await;
    let ran = duplex(&server.url, "", &["whoami"]).await;
    assert_eq!(ran.ending, Ending::Unreachable);
    assert!(ran.err.contains("is not the API (status 200)"), "{}", ran.err);
}

#[tokio::test]
async fn all_pages_are_shown_unless_there_is_a_limit() {
    const PAGES: &[(&str, &str)] = &[
        ("200 OK", r#"{"items":[{"id":"a"},{"id":"b"}],"next_cursor":"c&1"}"#),
        ("200 OK", r#"{"items":[],"next_cursor":"c2"}"#),
        ("200 OK", r#"{"items":[{"id":"c"}]}"#),
    ];
    let server = Server::saying(PAGES).await;
    let ran = duplex(&server.url, "", &["tenants", "list", "--json"]).await;
    assert_eq!(ran.out, "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n");
    let asked = server.asked();
    assert!(asked[0].starts_with("GET /v1/tenants?limit=100 HTTP"), "{}", asked[0]);
    assert!(asked[1].starts_with("GET /v1/tenants?limit=100&cursor=c%261 HTTP"), "{}", asked[1]);

    let server = Server::saying(PAGES).await;
    let ran = duplex(&server.url, "", &["tenants", "list", "--limit", "1"]).await;
    assert_eq!(ran.out, "ID\na\n");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn nothing_is_deleted_without_its_name() {
    const TENANT: &[(&str, &str)] = &[
        ("200 OK", r#"{"id":"acme","brand":"Acme Dental"}"#),
        ("200 OK", r#"{"id":"acme","erased_conversations":40,"complete":false}"#),
        ("200 OK", r#"{"id":"acme","erased_conversations":2,"complete":true}"#),
    ];
    let server = Server::saying(TENANT).await;
    let ran = duplex(&server.url, "yes\n", &["tenants", "delete", "acme"]).await;
    assert_eq!(ran.ending, Ending::Usage);
    assert!(ran.err.contains("Acme Dental") && ran.err.contains("Nothing was done"));
    assert_eq!(server.asked().len(), 1, "it was looked at");

    let server = Server::saying(TENANT).await;
    let ran = duplex(&server.url, "acme\n", &["tenants", "delete", "acme"]).await;
    assert_eq!(ran.ending, Ending::Done, "{}", ran.err);
    assert!(ran.out.contains("erased_conversations  42"), "{}", ran.out);
}

#[tokio::test]
async fn a_link_is_printed_alone() {
    const LINK: &[(&str, &str)] = &[(
        "201 Created",
        r#"{"url":"https://here/oauth/crm/start?link=a","expires_at":"2026-01-01T12:30:00Z"}"#,
    )];
    let server = Server::saying(LINK).await;
    let ran = duplex(&server.url, "", &["--tenant", "acme", "crm", "link"]).await;
    assert_eq!(ran.ending, Ending::Done, "{}", ran.err);
    assert_eq!(ran.out, "https://here/oauth/crm/start?link=a\n");
    assert!(ran.err.contains("2026-01-01T12:30:00Z"), "{}", ran.err);
    assert!(server.asked()[0].starts_with("POST /v1/crm/links HTTP"));
    let asked = server.asked();
    assert_eq!(header(&asked[0], "duplex-tenant"), "acme");
}

#[tokio::test]
async fn a_location_is_attached_to_the_tenant_that_is_named() {
    let server = Server::saying(&[("202 Accepted", r#"{"location":"loc"}"#)]).await;
    let ran = duplex(&server.url, "", &["crm", "attach", "loc", "--tenant", "acme"]).await;
    assert_eq!(ran.ending, Ending::Done, "{}", ran.err);
    let asked = server.asked();
    assert!(asked[0].starts_with("POST /v1/crm/installs/loc/attach HTTP"), "{}", asked[0]);
    assert!(asked[0].ends_with(r#"{"tenant":"acme"}"#), "{}", asked[0]);

    let ran = duplex(&server.url, "", &["crm", "attach", "loc"]).await;
    assert_eq!(ran.ending, Ending::Usage);
    assert!(ran.err.contains("--tenant"), "{}", ran.err);
}

#[tokio::test]
async fn a_fault_in_settings_is_told_without_what_is_in_them() {
    let line = ["integrations", "create", "--template", "twilio", "--settings", "-"];
    let ran = duplex("http://127.0.0.1:1", "{\"auth_token\": \"sesame\",}", &line).await;
    assert_eq!(ran.ending, Ending::Usage);
    assert_eq!(ran.err, "the input is not JSON: line 1, column 25.\n");
}

#[tokio::test]
async fn help_is_a_result_and_a_wrong_argument_is_not() {
    let ran = duplex("http://127.0.0.1:1", "", &["quarantine", "--help"]).await;
    assert_eq!((ran.ending, ran.err.as_str()), (Ending::Done, ""));
    assert!(ran.out.contains("quarantine replay --all"));
    let ran = duplex("http://127.0.0.1:1", "", &["quarantine", "explode"]).await;
    assert_eq!((ran.ending, ran.out.as_str()), (Ending::Usage, ""));
}
