//! The texting provider says that somebody texted, or what became of a text of ours.
//!
//! A webhook does four things and nothing else: check who is calling, read what they say, store
//! it, and answer.

use app::Intake;
use carriers::texting::Webhook;
use domain::{heard::Heard, ids::MessageId, integration::Provider};
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
    let caller = deps.intake.named(&integration, Provider::Texting, now).await?;

    let secret = edge::header(request, "x-texting-secret");
    let signature = edge::header(request, "x-texting-signature");
    let webhook = Webhook::authenticate(&caller.texting()?, body, secret, signature, now)?;

    edge::expect_content(request, "application/json")?;
    let mut notice = webhook.notice(now)?;
    if let Heard::Report(report) = &mut notice.heard
        && report.message.is_none()
    {
        // We chose the address of a report when we sent the message, so it names the message.
        report.message = edge::query(request, "message").and_then(|it| MessageId::parse(&it).ok());
    }
    deps.intake.take(&caller, notice, body, now).await?;
    Ok(())
}
