//! The API's description, made from the code.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::{
    IntoResponses, Modify, OpenApi, ToSchema,
    openapi::{
        ContentBuilder, Ref, RefOr, Response, ResponseBuilder,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

use crate::{problem::Problem, routes};

/// The description, in `OpenAPI` 3.1.
pub fn document() -> utoipa::openapi::OpenApi {
    let (_, document) = routes::described().split_for_parts();
    document
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Duplex",
        description = "Tenants, integrations, messages, opt-outs, and what waits for a person.\n\n\
            Every request carries `Authorization: Bearer <key>`. A key belongs to a tenant and has \
            a role (`read_only`, `agent`, `admin`), or it is an operator's. Operators name the \
            tenant that they act for in the header `Duplex-Tenant`.\n\n\
            Errors are problem details (RFC 9457) with a `code`. Lists come in pages: `next_cursor` \
            leads to the next. A POST with an `Idempotency-Key` is done once within 24 hours, \
            however often it is sent. What can be changed has an `ETag`, and a change with \
            `If-Match` is refused if somebody else was there first.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(Problem, GatewayMessage)),
    security(("key" = [])),
    modifiers(&Keys)
)]
pub(crate) struct Document;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_default().add_security_scheme("key", scheme);
    }
}

/// Makes a POST safe to repeat.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header that is read elsewhere")]
pub(crate) struct OnceHeader {
    /// 1 to 255 visible characters. The same key within 24 hours gets the first answer.
    #[param(rename = "Idempotency-Key", required = false, max_length = 255, pattern = "^[!-~]+$")]
    idempotency_key: Option<String>,
}

/// Makes a send safe to repeat, which it has to be.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header that is read elsewhere")]
pub(crate) struct NeededOnceHeader {
    /// 1 to 255 visible characters. The same key within 24 hours gets the first answer.
    #[param(rename = "Idempotency-Key", max_length = 255, pattern = "^[!-~]+$")]
    idempotency_key: String,
}

/// Refuses a change that was decided on an old version.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header that is read elsewhere")]
pub(crate) struct MatchHeader {
    /// The `ETag` that the change is meant for.
    #[param(rename = "If-Match", required = false, example = "\"v3\"")]
    if_match: Option<String>,
}

/// What API Gateway itself answers to who has no key, or none that is good.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GatewayMessage {
    message: String,
}

/// What any request can be answered with instead of what it asked for.
pub(crate) struct Refusals;

/// The same for a request that changes something.
pub(crate) struct ChangeRefusals;

const ANY: [(u16, &str); 7] = [
    (400, "The request is not understood; `faults` says where."),
    (401, "Nobody has proven who is asking."),
    (403, "The key is not good, or its role does not allow this."),
    (404, "There is no such thing, or it is another tenant's."),
    (405, "There is something here, and this is not what it does."),
    (429, "Too many requests with this key."),
    (503, "Something that this needs does not answer."),
];

const CHANGES: [(u16, &str); 5] = [
    (409, "The state of things does not allow this."),
    (412, "`If-Match` names another version."),
    (413, "The body is larger than 256 KiB."),
    (415, "The body is not JSON."),
    (422, "The `Idempotency-Key` came with another request before."),
];

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        ANY.into_iter().map(described).collect()
    }
}

impl IntoResponses for ChangeRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        ANY.into_iter().chain(CHANGES).map(described).collect()
    }
}

fn described((status, what): (u16, &str)) -> (String, RefOr<Response>) {
    let content =
        |name: &str| ContentBuilder::new().schema(Some(Ref::from_schema_name(name))).build();
    let response = ResponseBuilder::new()
        .description(what)
        .content("application/problem+json", content("Problem"));
    // API Gateway answers these before we are asked, in its own form.
    let response = match status {
        401 | 403 | 404 | 413 | 429 | 503 => {
            response.content("application/json", content("GatewayMessage"))
        }
        _ => response,
    };
    (status.to_string(), response.build().into())
}
