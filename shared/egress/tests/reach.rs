//! Where a client for tenants' addresses does not go.

#![expect(clippy::unwrap_used, reason = "what a test sets up may fail it, in its helpers too")]

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use egress::{
    CallError, Client, Limits,
    reach::{Exceptions, NotAllowed},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Somebody inside, who counts the connections that come.
struct Inside {
    port: u16,
    connections: Arc<AtomicU32>,
}

impl Inside {
    async fn saying(said: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(said.as_bytes()).await;
            }
        });
        Self { port, connections }
    }

    fn connections(&self) -> u32 {
        self.connections.load(Ordering::SeqCst)
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

fn client(exceptions: &str) -> Client {
    let limits = Limits { connect: Duration::from_millis(500), ..Limits::default() };
    Client::for_tenants_addresses(limits, Exceptions::parse(exceptions).unwrap()).unwrap()
}

async fn refusal(client: &Client, url: &str) -> Option<NotAllowed> {
    match client.post(url).json(&"a text").send().await {
        Err(CallError::NotAllowed(why)) => Some(why),
        Ok(_) | Err(CallError::NotSent(_) | CallError::NoAnswer(_)) => None,
    }
}

#[tokio::test]
async fn a_number_that_is_not_public_is_not_called() {
    let inside = Inside::saying(OK).await;
    let client = client("none");
    for host in ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"] {
        let url = format!("https://{host}:{}/", inside.port);
        assert_eq!(refusal(&client, &url).await, Some(NotAllowed::NotPublic), "{url}");
    }
    let plain = format!("http://127.0.0.1:{}/", inside.port);
    assert_eq!(refusal(&client, &plain).await, Some(NotAllowed::NotHttps));
    assert_eq!(inside.connections(), 0);
}

/// The address itself shows nothing: only who resolves the name sees where it leads.
#[tokio::test]
async fn a_name_that_leads_inside_is_not_called() {
    let inside = Inside::saying(OK).await;
    let url = format!("https://localhost:{}/", inside.port);
    assert!(egress::reach::check(&url).is_ok());

    assert_eq!(refusal(&client("none"), &url).await, Some(NotAllowed::NotPublic));
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn a_name_that_nobody_knows_may_be_known_later() {
    let error = client("none").get("https://nobody.invalid/").send().await.unwrap_err();
    assert!(matches!(error, CallError::NotSent(_)), "{error:?}");
}

#[tokio::test]
async fn what_is_excepted_is_called_and_nothing_beside_it() {
    let (excepted, other) = (Inside::saying(OK).await, Inside::saying(OK).await);
    let client = client(&format!("localhost:{}", excepted.port));

    let answer = client.get(format!("http://localhost:{}/", excepted.port)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(excepted.connections(), 1);

    let beside = format!("https://localhost:{}/", other.port);
    assert_eq!(refusal(&client, &beside).await, Some(NotAllowed::NotPublic));
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_redirect_inside_is_an_answer_and_is_not_followed() {
    let redirecting = Inside::saying(
        "HTTP/1.1 307 Temporary Redirect\r\n\
         location: http://169.254.169.254/latest/meta-data/\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let client = client(&format!("127.0.0.1:{}", redirecting.port));

    let url = format!("http://127.0.0.1:{}/", redirecting.port);
    let answer = client.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 307);
}

/// A proxy would connect to wherever it resolves a name to. The environment belongs to a process,
/// so the tests above are run once more in one that has a proxy.
#[tokio::test]
async fn a_proxy_of_the_environment_is_not_asked() {
    let proxy = Inside::saying(OK).await;
    let url = format!("http://127.0.0.1:{}", proxy.port);
    for test in [
        "a_name_that_leads_inside_is_not_called",
        "what_is_excepted_is_called_and_nothing_beside_it",
    ] {
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", test]);
        for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"] {
            again.env(variable, &url);
        }
        again.env_remove("NO_PROXY").env_remove("no_proxy");
        let output = tokio::task::spawn_blocking(move || again.output()).await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }
    assert_eq!(proxy.connections(), 0);
}
