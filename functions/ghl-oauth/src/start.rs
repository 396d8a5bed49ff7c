//! Sending a person to GoHighLevel. Without a link of ours it is the way in for whoever comes by the
//! marketplace: what they connect waits until an operator says whose it is.

use app::{Link, SCOPES};
use aws::{StoreError, logs::Chain};
use domain::{ids::TenantId, tenant::TenantState};
use jiff::Timestamp;
use lambda_http::{
    Body, Request, Response,
    http::{HeaderValue, StatusCode, header::LOCATION},
};
use tracing::error;

use crate::{Deps, pages, visit};

pub(crate) async fn answer(deps: &Deps, request: &Request, now: Timestamp) -> Response<Body> {
    // An empty one was cut off on its way; whoever comes by the marketplace brings none.
    let link = edge::query(request, "link");
    let Some(url) = consent_page(deps, link.as_deref(), now).await else {
        return pages::not_set_up();
    };
    match &link {
        Some(link) => ask(deps, link, &url, now).await,
        None => redirect(&url),
    }
}

/// Says for whom it is before anybody consents.
async fn ask(deps: &Deps, sealed: &str, url: &str, now: Timestamp) -> Response<Body> {
    let link = match Link::open(&deps.seal, sealed, now).await {
        Ok(link) => link,
        Err(error) => return visit::refused(&error),
    };
    match brand(deps, &link.wanted.tenant).await {
        Ok(Some(brand)) => {
            let is_https = deps.origin.starts_with("https:");
            visit::mark(pages::ask(&brand, url), sealed, is_https)
        }
        Ok(None) => pages::tenant_gone(),
        Err(error) => {
            error!(error = %Chain(&error), "a tenant could not be read");
            pages::try_again()
        }
    }
}

/// What the tenant's customers call it; nothing if it is gone.
async fn brand(deps: &Deps, tenant: &TenantId) -> Result<Option<String>, StoreError> {
    let row = deps.installing.renewal.store.of(tenant).tenant_row().await?;
    let is_there = |state: &TenantState| !matches!(state, TenantState::Deleted { .. });
    Ok(row.map(|it| it.body).filter(|it| is_there(&it.state)).map(|it| it.brand))
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
