//! Sending a person to GoHighLevel. Without a link of ours it is the way in for whoever comes by the
//! marketplace: what they connect waits until an operator says whose it is.

use app::{Link, LinkError, SCOPES};
use aws::logs::Chain;
use jiff::Timestamp;
use lambda_http::{
    Body, Request, Response,
    http::{HeaderValue, StatusCode, header::LOCATION},
};
use tracing::error;

use crate::{Deps, pages};

pub(crate) async fn answer(deps: &Deps, request: &Request, now: Timestamp) -> Response<Body> {
    let link = edge::query(request, "link").filter(|it| !it.is_empty());
    if let Some(link) = &link
        && let Err(error) = Link::open(&deps.seal, link, now).await
    {
        return match error {
            LinkError::Expired => pages::link_expired(),
            LinkError::Forged => pages::link_unknown(),
            LinkError::Secret(_) => {
                error!(error = %Chain(&error), "a link could not be read");
                pages::try_again()
            }
        };
    }
    match consent_page(deps, link.as_deref(), now).await {
        Some(url) => redirect(&url),
        None => pages::not_set_up(),
    }
}

/// The link itself is what comes back, as the `state`.
async fn consent_page(deps: &Deps, link: Option<&str>, now: Timestamp) -> Option<String> {
    let marketplace = deps.installing.renewal.marketplace.as_ref()?;
    let app = marketplace.app(now).await.ok()?;
    let url = ghl::oauth::consent_url(&deps.consent_url, &app, &SCOPES, link);
    url.ok().map(String::from)
}

fn redirect(url: &str) -> Response<Body> {
    let mut response = edge::empty(StatusCode::FOUND);
    match HeaderValue::from_str(url) {
        Ok(url) => {
            response.headers_mut().insert(LOCATION, url);
            response
        }
        Err(_) => pages::not_set_up(),
    }
}
