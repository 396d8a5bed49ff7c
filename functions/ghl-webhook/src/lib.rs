//! GoHighLevel tells what happened in a location: as events of its marketplace, which it signs, and
//! through workflows of a tenant's own, which sign with the tenant's secret.
//!
//! An event is stored, queued and answered; what it changes is changed later. GoHighLevel tries again
//! whatever is not a success, and pauses addresses that fail too often. So what is authentic and not
//! for us is answered with success, and counted.

mod news;
mod take;
mod workflow;

use app::{ConnectionError, Connections};
use aws::{Queue, Store, StoreError, logs::Chain, metrics};
use ghl::webhook::{Forged, Keys, LegacyKey, Signed, Unreadable, event::MarketplaceEvent};
use jiff::Timestamp;
use lambda_http::{
    Body, Request, RequestExt, Response,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
};
use tracing::{error, info, warn};

use take::Taken;

#[derive(Debug)]
pub struct Deps {
    pub keys: Keys,
    /// Checks the old signatures too, where that is wanted.
    pub legacy: Option<LegacyKey>,
    /// The client id of our app, of which the first part is its name.
    pub client: Option<String>,
    pub store: Store,
    pub connections: Connections,
    pub crm: Queue,
}

pub async fn handle(deps: &Deps, request: Request, now: Timestamp) -> Response<Body> {
    let workflow = request.path_parameters().first("event_type").map(str::to_owned);
    let taken = match workflow {
        Some(kind) => workflow::accept(deps, &request, &kind, now).await,
        None => accept(deps, &request, now).await,
    };
    match taken {
        Ok(taken) => answer(&taken),
        Err(refusal) => refuse(&refusal),
    }
}

async fn accept(deps: &Deps, request: &Request, now: Timestamp) -> Result<Taken, Refusal> {
    let body: &[u8] = request.body();
    let ghl_header = edge::header(request, "x-ghl-signature");
    let wh_header = edge::header(request, "x-wh-signature");
    let legacy = deps.legacy.as_ref();
    let signed = Signed::authenticate_event(&deps.keys, legacy, body, ghl_header, wh_header)?;
    if body.len() > edge::BODY_LIMIT {
        return Ok(Taken::Dropped("too large"));
    }
    let event = MarketplaceEvent::read(&signed)?;
    if !deps.is_ours(event.app.as_deref()) {
        return Ok(Taken::Dropped("another app's"));
    }
    let routes = take::routes(deps, &event).await?;
    take::take(deps, &event, &routes, (body, false), now).await
}

impl Deps {
    /// Whether an event is for our app. One that does not say for which is.
    fn is_ours(&self, app: Option<&str>) -> bool {
        let ours = self.client.as_deref().and_then(|it| it.split('-').next());
        ours.zip(app).is_none_or(|(ours, app)| ours == app)
    }
}

fn answer(taken: &Taken) -> Response<Body> {
    let body = match taken {
        Taken::New => {
            metrics::count("WebhookEvents");
            r#"{"received":true}"#.to_owned()
        }
        Taken::Duplicate => {
            metrics::count("WebhookDuplicates");
            r#"{"received":true}"#.to_owned()
        }
        Taken::Dropped(why) => {
            metrics::count("CrmEventsDropped");
            info!("an event was dropped: {why}");
            serde_json::json!({ "received": false, "reason": why }).to_string()
        }
    };
    edge::answer(StatusCode::OK, "application/json", body)
}

/// Why an event was not taken in.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the caller is not who may tell us this")]
    Forged(#[from] Forged),
    #[error("the body is signed and cannot be read")]
    Unreadable(#[from] Unreadable),
    #[error("the event could not be stored")]
    Store(#[from] StoreError),
    #[error("what verifies the caller could not be loaded")]
    Connection(#[from] ConnectionError),
}

/// GoHighLevel repeats whatever is not a success, which helps with nothing but a table that does
/// not answer; and that must be 429, for its older retries know no other word for "later".
fn refuse(refusal: &Refusal) -> Response<Body> {
    match refusal {
        Refusal::Forged(_) => {
            metrics::count("WebhookRefusals");
            info!("an event was refused: {}", Chain(refusal));
            edge::json(StatusCode::UNAUTHORIZED, r#"{"error":"signature missing or wrong"}"#)
        }
        Refusal::Unreadable(_) => {
            metrics::count("CrmEventsUnreadable");
            warn!("an event was dropped: {}", Chain(refusal));
            edge::json(StatusCode::OK, r#"{"received":false,"reason":"unreadable"}"#)
        }
        Refusal::Store(_) | Refusal::Connection(_) => {
            metrics::count("CrmEventsNotStored");
            error!(error = %Chain(refusal), "an event could not be stored");
            let mut response =
                edge::json(StatusCode::TOO_MANY_REQUESTS, r#"{"error":"try again later"}"#);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
            response
        }
    }
}
