//! Twilio says that somebody texted, or what became of a text of ours.
//!
//! A webhook does four things and nothing else: check who is calling, read what they say, store
//! it, and answer.

use app::Intake;
use carriers::twilio::Webhook;
use domain::{ids::MessageId, integration::Provider};
use edge::Refusal;
use jiff::Timestamp;
use lambda_http::{Body, Request, Response, http::StatusCode};

#[derive(Debug)]
pub struct Deps {
    pub intake: Intake,
    /// Our address as Twilio knows it, without the path: part of what it signs.
    pub origin: String,
}

/// What Twilio is to do next. It runs an answer to an inbound text as a programme, so this one is
/// empty; to a report it wants no body at all.
const NOTHING_TO_DO: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;

enum Heard {
    Text,
    Report,
}

pub async fn handle(deps: &Deps, request: Request, now: Timestamp) -> Response<Body> {
    match accept(deps, &request, now).await {
        Ok(Heard::Text) => edge::answer(StatusCode::OK, "text/xml", NOTHING_TO_DO),
        Ok(Heard::Report) => edge::empty(StatusCode::NO_CONTENT),
        Err(refusal) => edge::refuse(&refusal),
    }
}

async fn accept(deps: &Deps, request: &Request, now: Timestamp) -> Result<Heard, Refusal> {
    let body = edge::body(request)?;
    let integration = edge::integration(request)?;
    let caller = deps.intake.named(&integration, Provider::Twilio, now).await?;

    let webhook = Webhook::authenticate(
        &caller.twilio()?,
        &edge::called_as(request, &deps.origin),
        edge::content_type(request),
        body,
        edge::header(request, "x-twilio-signature"),
        edge::header(request, "i-twilio-idempotency-token"),
    )?;

    edge::expect_content(request, "application/x-www-form-urlencoded")?;
    // We chose the address of a report when we sent the message, so it names the message.
    let message = edge::query(request, "message").and_then(|it| MessageId::parse(&it).ok());
    deps.intake.take(&caller, webhook.notice(message, now)?, body, now).await?;
    Ok(if webhook.is_inbound() { Heard::Text } else { Heard::Report })
}
