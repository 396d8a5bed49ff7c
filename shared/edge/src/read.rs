//! Reading a request.

use domain::ids::IntegrationId;
use lambda_http::{Request, RequestExt, http::header::CONTENT_TYPE, request::RequestContext};

use crate::Refusal;

/// Bytes. Every webhook we know is far smaller, and nobody unknown makes us hash more.
pub const BODY_LIMIT: usize = 256 * 1024;

/// The body, byte for byte as it was signed.
pub fn body(request: &Request) -> Result<&[u8], Refusal> {
    let body: &[u8] = request.body();
    if body.len() > BODY_LIMIT {
        return Err(Refusal::TooLarge);
    }
    Ok(body)
}

pub fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

pub fn content_type(request: &Request) -> Option<&str> {
    header(request, CONTENT_TYPE.as_str())
}

/// Refuses a body of another kind than `wanted`, whatever its parameters. Ask this after the
/// signature: who did not sign learns nothing.
pub fn expect_content(request: &Request, wanted: &str) -> Result<(), Refusal> {
    let given = content_type(request).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(wanted) { Ok(()) } else { Err(Refusal::WrongContent) }
}

/// The integration that the path names.
pub fn integration(request: &Request) -> Result<IntegrationId, Refusal> {
    let parameters = request.path_parameters();
    let named = parameters.first("integration_id").unwrap_or_default();
    IntegrationId::parse(named).map_err(|_| Refusal::NotOurs)
}

/// The first value that the query gives for this name, decoded.
pub fn query(request: &Request, name: &str) -> Option<String> {
    request.query_string_parameters().first(name).map(str::to_owned)
}

/// The address that the caller used, of which `origin` is what the outside knows us by: path and
/// query exactly as they came, for they may be signed.
pub fn called_as(request: &Request, origin: &str) -> String {
    let path = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(_)) => request.raw_http_path(),
        _ => request.uri().path(),
    };
    match request.uri().query() {
        Some(query) => format!("{origin}{path}?{query}"),
        None => format!("{origin}{path}"),
    }
}
