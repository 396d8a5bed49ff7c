//! The REST API, for tenants and operators.
//!
//! ```text
//! API Gateway and the authorizer -> who is asking -> how often -> asked before? -> route -> answer
//! ```
//!
//! One file for each noun under `routes/`. What a tenant's data may be reached by is in
//! `asking.rs`, and nowhere else.

#![expect(unused_qualifications, reason = "utoipa's macros write paths out")]

mod asking;
mod door;
mod erase;
mod limit;
mod list;
mod once;
mod openapi;
mod problem;
mod read;
mod routes;
mod trial;
mod version;

use std::sync::Arc;

use app::{BaseUrls, Crm};
use aws::{DeadLetters, Queues, Seal, Store, Vault};
use axum::Router;
use carriers::Callers;
use egress::reach::Exceptions;
use jiff::Timestamp;
use lambda_http::{Body, Request, Response};

pub use openapi::document;

#[derive(Debug)]
pub struct Deps {
    pub store: Store,
    pub vault: Vault,
    pub queues: Queues,
    pub dead_letters: DeadLetters,
    /// Seals what callers hold for us: cursors, and answers that are given once.
    pub seal: Seal,
    pub callers: Callers,
    pub crm: Crm,
    /// Whether this installation has an app in the marketplace, by which locations are connected.
    pub has_marketplace_app: bool,
    /// What a tenant's address may lead to although it is not public.
    pub exceptions: Exceptions,
    pub base_urls: BaseUrls,
    /// Our address as others know it, without the path.
    pub origin: String,
}

impl Deps {
    /// Whether an address that a tenant wrote may be called at all.
    pub(crate) fn guard(&self) -> impl Fn(&str) -> Result<(), String> + '_ {
        |url| self.exceptions.check(url).map(drop).map_err(|e| e.to_string())
    }
}

/// The API, ready to answer.
#[derive(Debug)]
pub struct Api {
    deps: Arc<Deps>,
    router: Router,
}

impl Api {
    pub fn new(deps: Deps) -> Self {
        let deps = Arc::new(deps);
        let router = routes::all().with_state(Arc::clone(&deps));
        Self { deps, router }
    }

    pub async fn handle(&self, request: Request, now: Timestamp) -> Response<Body> {
        door::answer(self, request, now).await
    }
}
