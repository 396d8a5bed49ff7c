//! Telnyx says that somebody texted, or what became of a text of ours.
//!
//! It waits two seconds for an answer and then tries again, so nothing is done here but to check
//! who is calling, read what they say, store it, and answer.

use app::Intake;
use carriers::telnyx::Webhook;
use domain::{ids::MessageId, integration::Provider};
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
    let caller = deps.intake.named(&integration, Provider::Telnyx, now).await?;

    let signature = edge::header(request, "telnyx-signature-ed25519");
    let timestamp = edge::header(request, "telnyx-timestamp");
    let webhook = Webhook::authenticate(&caller.telnyx()?, body, signature, timestamp, now)?;

    edge::expect_content(request, "application/json")?;
    // We chose the address of a report when we sent the message, so it may name the message.
    let message = edge::query(request, "message").and_then(|it| MessageId::parse(&it).ok());
    deps.intake.take(&caller, webhook.notice(message, now)?, body, now).await?;
    Ok(())
}
