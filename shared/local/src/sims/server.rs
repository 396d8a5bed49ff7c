//! What every simulator's HTTP server needs: an address on this machine, a count of its calls,
//! and a place where planned faults strike.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use axum::{
    Json, Router,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::oneshot};

use super::fault::{Fault, HANG, Plan};

/// A server on the loopback address, which stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    _until_dropped: oneshot::Sender<()>,
}

impl Server {
    /// Serves `router` on `port`, or on any free port if that is 0.
    pub async fn start(port: u16, router: Router) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .with_context(|| format!("port {port} is not free"))?;
        let address = listener.local_addr().context("a socket without an address")?;
        let (until_dropped, dropped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let stopping = async move {
                let _ = dropped.await;
            };
            axum::serve(listener, router).with_graceful_shutdown(stopping).await
        });
        Ok(Self { address, _until_dropped: until_dropped })
    }

    /// The address, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// A JSON answer, which can be kept and given again.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Value,
}

impl Answer {
    pub fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.body)).into_response();
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// Shows the status only: the body may hold a text or a number.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// How often each operation was called, refused calls included.
#[derive(Debug, Default)]
pub struct Calls {
    counts: Mutex<BTreeMap<String, u32>>,
}

impl Calls {
    pub fn count(&self, operation: &str) {
        *self.lock().entry(operation.to_owned()).or_default() += 1;
    }

    pub fn of(&self, operation: &str) -> u32 {
        self.lock().get(operation).copied().unwrap_or_default()
    }

    pub fn all(&self) -> BTreeMap<String, u32> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, u32>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers a call with its `effect`, or with the fault that was planned for it.
///
/// `usual` is the vendor's own error for a status.
pub async fn answer(
    plan: &Plan,
    operation: &str,
    usual: impl Fn(u16) -> Answer,
    effect: impl Future<Output = Answer>,
) -> Answer {
    match plan.next(operation) {
        None => effect.await,
        Some(Fault::HangBefore) => hang(usual(504)).await,
        Some(Fault::HangAfter) => {
            effect.await;
            hang(usual(504)).await
        }
        Some(Fault::StatusAfter { status }) => {
            effect.await;
            usual(status)
        }
        Some(Fault::Status { status, body, retry_after }) => {
            let mut answer = usual(status);
            answer.body = body.unwrap_or(answer.body);
            match retry_after {
                Some(seconds) => answer.with_header("retry-after", seconds.to_string()),
                None => answer,
            }
        }
    }
}

async fn hang(answer: Answer) -> Answer {
    tokio::time::sleep(HANG).await;
    answer
}

/// A client for a simulator that calls us, which follows no redirect and uses no proxy.
pub fn client(patience: Duration) -> anyhow::Result<reqwest::Client> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(patience.min(Duration::from_secs(5)))
        .timeout(patience)
        .build()
        .context("no HTTP client")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sims::fault::Planned;

    fn usual(status: u16) -> Answer {
        Answer::new(status, json!("usual"))
    }

    async fn answer_under(fault: Fault) -> (Answer, bool) {
        let plan = Plan::default();
        plan.add(Planned { on: "send".into(), times: 1, fault });
        let mut happened = false;
        let effect = async {
            happened = true;
            Answer::new(200, json!("done"))
        };
        let given = answer(&plan, "send", usual, effect).await;
        (given, happened)
    }

    #[tokio::test]
    async fn a_status_fault_leaves_the_call_without_effect() {
        let fault = Fault::Status { status: 503, body: None, retry_after: Some(7) };

        let (given, happened) = answer_under(fault).await;

        assert_eq!(given, usual(503).with_header("retry-after", "7"));
        assert!(!happened);
    }

    #[tokio::test]
    async fn a_status_after_fault_hides_an_effect() {
        let (given, happened) = answer_under(Fault::StatusAfter { status: 500 }).await;

        assert_eq!(given, usual(500));
        assert!(happened);
    }

    #[tokio::test]
    async fn a_dropped_server_is_gone() {
        let server = Server::start(0, Router::new()).await.unwrap();
        let (url, client) = (server.base_url(), client(Duration::from_secs(2)).unwrap());
        assert_eq!(client.get(&url).send().await.unwrap().status(), 404);

        drop(server);
        tokio::time::sleep(Duration::from_millis(50)).await;

        let again = super::client(Duration::from_secs(2)).unwrap();
        assert!(again.get(&url).send().await.is_err());
    }
}
