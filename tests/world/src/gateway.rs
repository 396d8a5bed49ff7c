//! The HTTP API: takes requests from outside and calls the function that the template routes them
//! to, in this process.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, Response, StatusCode, Uri},
};
use lambda_http::{Body, Request, RequestExt};
use local::sims::clock::Clock;
use tokio::{net::TcpListener, task::JoinHandle};

use super::Functions;

/// An address that nothing answers yet, so that it can be told to everybody first.
pub(crate) struct Listening {
    listener: TcpListener,
    origin: String,
}

pub(crate) struct Serving(JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[derive(Clone)]
struct Shared {
    functions: Arc<Functions>,
    clock: Clock,
    unsettled: Arc<AtomicU32>,
}

impl Listening {
    pub(crate) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        Ok(Self { listener, origin })
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn serve(
        self,
        functions: Arc<Functions>,
        clock: Clock,
        unsettled: Arc<AtomicU32>,
    ) -> Serving {
        let shared = Shared { functions, clock, unsettled };
        let app = Router::new()
            .fallback(answer)
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(shared);
        Serving(tokio::spawn(async move {
            axum::serve(self.listener, app).await.unwrap();
        }))
    }
}

async fn answer(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<axum::body::Body> {
    let answer = route(&shared, &method, &uri, headers, body).await;
    if answer.status().is_success() {
        shared.unsettled.fetch_add(1, Ordering::SeqCst);
    }
    let (parts, body) = answer.into_parts();
    Response::from_parts(parts, axum::body::Body::from(body.to_vec()))
}

async fn route(
    shared: &Shared,
    method: &Method,
    uri: &Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let (functions, now) = (&shared.functions, shared.clock.now());
    let path: Vec<_> = uri.path().split('/').skip(1).collect();
    match (method.as_str(), path.as_slice()) {
        ("POST", ["webhooks", "messages", "provider-delivery"]) => {
            let request = request(uri, headers, &body, None);
            ghl_delivery::handle(&functions.ghl_delivery, request, now).await
        }
        ("POST", ["webhooks", "texting", id]) => {
            let request = request(uri, headers, &body, Some(id));
            texting_webhook::handle(&functions.texting_webhook, request, now).await
        }
        ("POST", ["webhooks", "aloware", id]) => {
            let request = request(uri, headers, &body, Some(id));
            aloware_webhook::handle(&functions.aloware_webhook, request, now).await
        }
        ("POST", ["webhooks", "telnyx", id]) => {
            let request = request(uri, headers, &body, Some(id));
            telnyx_webhook::handle(&functions.telnyx_webhook, request, now).await
        }
        ("POST", ["webhooks", "twilio", id]) => {
            let request = request(uri, headers, &body, Some(id));
            twilio_webhook::handle(&functions.twilio_webhook, request, now).await
        }
        _ => {
            let mut nothing = Response::new(Body::Empty);
            *nothing.status_mut() = StatusCode::NOT_FOUND;
            nothing
        }
    }
}

/// The request as `lambda_http` makes it of API Gateway's event.
fn request(uri: &Uri, headers: HeaderMap, body: &Bytes, id: Option<&str>) -> Request {
    let mut request = Request::new(Body::Binary(body.to_vec()));
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers;
    let parameters = id.map(|id| ("integration_id".to_owned(), vec![id.to_owned()]));
    let pairs = url_pairs(uri.query().unwrap_or_default());
    request
        .with_path_parameters(parameters.into_iter().collect::<HashMap<_, _>>())
        .with_query_string_parameters(pairs)
        .with_raw_http_path(uri.path())
}

fn url_pairs(query: &str) -> HashMap<String, Vec<String>> {
    let mut pairs = HashMap::<_, Vec<_>>::new();
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        pairs.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    pairs
}
