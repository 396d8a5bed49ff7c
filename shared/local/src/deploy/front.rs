//! A world's address: passes what arrives to the API, whose own address nobody could know before
//! it exists, while the functions have to be told one.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, Method, Response, StatusCode, Uri},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tracing::warn;

use super::DeployError;
use crate::emulator::{
    Control,
    proxy::{Passing, Proxy, promptly},
};

/// As much as API Gateway takes.
const LARGEST: usize = 10 * 1024 * 1024;

/// An address that is taken, and does not answer yet.
#[derive(Debug)]
pub struct Front {
    origin: String,
    listener: TcpListener,
}

impl Front {
    /// Takes a port of the loopback interface. 0 stands for any that is free.
    pub async fn bind(port: u16) -> Result<Self, DeployError> {
        let failed = || DeployError::io(format!("listening on port {port}"));
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(failed())?;
        let address = listener.local_addr().map_err(failed())?;
        Ok(Self { origin: format!("http://{address}"), listener })
    }

    /// Scheme, host and port: what the functions take for their public origin.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// From now on answers with what the API answers.
    pub(super) fn serve(self, control: &Control, api: &str) -> Serving {
        let behind = format!("{}/_aws/execute-api/{api}", control.endpoint());
        let state = Arc::new((Proxy::new(), behind));
        let app =
            Router::new().fallback(answer).layer(DefaultBodyLimit::max(LARGEST)).with_state(state);
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(promptly(self.listener), app).await {
                warn!(%error, "the local API stopped");
            }
        });
        Serving { origin: self.origin, server }
    }
}

/// An address that answers until it is dropped.
#[derive(Debug)]
pub(super) struct Serving {
    origin: String,
    server: JoinHandle<()>,
}

impl Serving {
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    State(state): State<Arc<(Proxy, String)>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let (proxy, behind) = &*state;
    let asked = uri.path_and_query().map_or("/", |it| it.as_str());
    let passing = Passing { method, url: format!("{behind}{asked}"), headers, body };
    match proxy.pass(passing).await {
        Ok(answer) => answer.into(),
        Err(error) => {
            warn!(%error, "the local API did not answer");
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        }
    }
}
