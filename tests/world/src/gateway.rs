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
use jiff::Timestamp;
use lambda_http::{Body, Request, RequestExt};
use local::sims::clock::Clock;
use tokio::{net::TcpListener, task::JoinHandle};

use super::{
    Functions,
    door::{self, Knock},
    routes::{Found, Routes},
};

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
    routes: Arc<Routes>,
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
        routes: Routes,
        clock: Clock,
        unsettled: Arc<AtomicU32>,
    ) -> Serving {
        let shared = Shared { functions, routes: Arc::new(routes), clock, unsettled };
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
    if answer.status().is_success() && method != Method::GET {
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
    let Some(Found { route, parameters }) = shared.routes.find(method.as_str(), uri.path()) else {
        let mut nothing = Response::new(Body::Empty);
        *nothing.status_mut() = StatusCode::NOT_FOUND;
        return nothing;
    };
    let knock = Knock {
        id: request_id(),
        route_key: route.key(),
        method: method.as_str(),
        path: uri.path(),
        headers: &headers,
    };
    let context = match door::ask(functions, route.authorizer.as_deref(), &knock, now).await {
        Ok(caller) => knock.context(caller),
        Err(refused) => return refused,
    };
    let mut request = request(method, uri, &body, parameters).with_request_context(context);
    *request.headers_mut() = headers;
    call(functions, &route.function, request, now).await
}

/// Calls the function that the template calls this.
async fn call(
    functions: &Functions,
    name: &str,
    request: Request,
    now: Timestamp,
) -> Response<Body> {
    match name {
        "ApiFunction" => functions.api.handle(request, now).await,
        "GhlDeliveryFunction" => ghl_delivery::handle(&functions.ghl_delivery, request, now).await,
        "GhlOauthFunction" => ghl_oauth::handle(&functions.ghl_oauth, request, now).await,
        "GhlWebhookFunction" => ghl_webhook::handle(&functions.ghl_webhook, request, now).await,
        "TextingWebhookFunction" => {
            texting_webhook::handle(&functions.texting_webhook, request, now).await
        }
        "AlowareWebhookFunction" => {
            aloware_webhook::handle(&functions.aloware_webhook, request, now).await
        }
        "TelnyxWebhookFunction" => {
            telnyx_webhook::handle(&functions.telnyx_webhook, request, now).await
        }
        "TwilioWebhookFunction" => {
            twilio_webhook::handle(&functions.twilio_webhook, request, now).await
        }
        _ => panic!("{name} has a route and is not wired"),
    }
}

/// The request as `lambda_http` makes it of API Gateway's event.
fn request(
    method: &Method,
    uri: &Uri,
    body: &Bytes,
    parameters: HashMap<String, Vec<String>>,
) -> Request {
    let mut request = Request::new(Body::Binary(body.to_vec()));
    *request.method_mut() = method.clone();
    *request.uri_mut() = uri.clone();
    let pairs = url_pairs(uri.query().unwrap_or_default());
    request
        .with_path_parameters(parameters)
        .with_query_string_parameters(pairs)
        .with_raw_http_path(uri.path())
}

fn request_id() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("request-{}", COUNT.fetch_add(1, Ordering::SeqCst))
}

fn url_pairs(query: &str) -> HashMap<String, Vec<String>> {
    let mut pairs = HashMap::<_, Vec<_>>::new();
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        pairs.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    pairs
}
