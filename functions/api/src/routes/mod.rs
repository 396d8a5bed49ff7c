//! The routes, one file for each noun.

pub(crate) mod audit;
pub(crate) mod consents;
pub(crate) mod conversations;
pub(crate) mod crm_installs;
pub(crate) mod crm_links;
pub(crate) mod dead_letters;
pub(crate) mod events;
pub(crate) mod export;
pub(crate) mod integrations;
pub(crate) mod keys;
pub(crate) mod me;
pub(crate) mod messages;
pub(crate) mod numbers;
pub(crate) mod opt_outs;
pub(crate) mod people;
pub(crate) mod quarantine;
pub(crate) mod sync_log;
pub(crate) mod templates;
pub(crate) mod tenants;
pub(crate) mod timeline;

use std::sync::Arc;

use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    Deps,
    openapi::Document,
    problem::{Code, Problem},
};

/// Every route with its description.
pub(crate) fn described() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(me::routes())
        .merge(tenants::routes())
        .merge(export::routes())
        .merge(keys::routes())
        .merge(templates::routes())
        .merge(integrations::routes())
        .merge(crm_links::routes())
        .merge(crm_installs::routes())
        .merge(events::routes())
        .merge(numbers::routes())
        .merge(messages::routes())
        .merge(conversations::routes())
        .merge(timeline::routes())
        .merge(opt_outs::routes())
        .merge(consents::routes())
        .merge(people::routes())
        .merge(quarantine::routes())
        .merge(dead_letters::routes())
        .merge(sync_log::routes())
        .merge(audit::routes())
}

pub(crate) fn all() -> axum::Router<Arc<Deps>> {
    let (router, _) = described().split_for_parts();
    router.fallback(async || Problem::not_found("resource")).method_not_allowed_fallback(
        async || Problem::new(Code::MethodNotAllowed, "This cannot be done here."),
    )
}
