//! Aloware says that something happened there.
//!
//! A webhook does four things and nothing else: check who is calling, read what they say, store
//! it, and answer. What Aloware's events mean is not documented, so they are stored and not acted on.

use app::Intake;
use carriers::aloware::Webhook;
use domain::integration::Provider;
use edge::Refusal;
use jiff::Timestamp;
use lambda_http::{Body, Request, Response, http::StatusCode};

#[derive(Debug)]
pub struct Deps {
    pub intake: Intake,
}

pub async fn handle(deps: &Deps, request: Request, now: Timestamp) -> Response<Body> {
    match accept(deps, &request, now).await {
        Ok(()) => edge::json(StatusCode::OK, r#"{"received":true}"#),
        Err(refusal) => edge::refuse(&refusal),
    }
}

async fn accept(deps: &Deps, request: &Request, now: Timestamp) -> Result<(), Refusal> {
    let body = edge::body(request)?;
    let integration = edge::integration(request)?;
    let caller = deps.intake.named(&integration, Provider::Aloware, now).await?;

    let authorization = edge::header(request, "authorization");
    let webhook = Webhook::authenticate(&caller.aloware()?, body, authorization)?;

    // What type Aloware gives its bodies is not documented either, so none is asked for.
    let notice = webhook.notice()?;
    deps.intake.take(&caller, notice, body, now).await?;
    Ok(())
}
