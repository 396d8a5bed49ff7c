//! Somebody connects a location of GoHighLevel's.
//!
//! ```text
//! /oauth/crm/start -> GoHighLevel asks whether it may -> /oauth/crm/callback -> tokens
//! ```
//!
//! What a person sees here says what happened, and what to do if it did not.

mod callback;
mod page;
mod pages;
mod start;
mod visit;

use app::Installing;
use aws::Seal;
use jiff::Timestamp;
use lambda_http::{Body, Request, RequestExt, Response};

#[derive(Debug)]
pub struct Deps {
    pub installing: Installing,
    /// Opens our own links.
    pub seal: Seal,
    /// Where GoHighLevel asks people.
    pub consent_url: String,
    /// Where the world finds us. Browsers keep to HTTPS what they were told under it.
    pub origin: String,
}

pub async fn handle(deps: &Deps, request: Request, now: Timestamp) -> Response<Body> {
    if request.raw_http_path().ends_with("/callback") {
        callback::answer(deps, &request, now).await
    } else {
        start::answer(deps, &request, now).await
    }
}
