//! Says who is asking, before the API is asked.
//!
//! API Gateway hands over a request's `Authorization` header and is told who sent it, or that it
//! may not pass. There are three ways to prove it: an API key, a token of the configured OIDC
//! issuer, and the operator's own key, with which an installation begins.
//!
//! **Invariant:** what was shown is never logged, and a refusal looks the same whatever its reason.
//! Who cannot be told for want of a table or a service is not refused: that would be remembered.

mod oidc;
mod refusal;

use std::collections::BTreeMap;

use aws::{Secret, SecretError, Store, StoreError, api_keys, logs::Chain, metrics};
use aws_lambda_events::apigw::{
    ApiGatewayV2CustomAuthorizerSimpleResponse, ApiGatewayV2CustomAuthorizerV2Request,
};
use domain::access::{Caller, KeyState, PresentedKey, Standing};
use jiff::Timestamp;
use tracing::{error, info};

pub use oidc::{LIMITS, Misconfigured, Oidc, OidcError, Settings, Unsafe};
use refusal::Refusal;

/// What API Gateway asks.
pub type Event = ApiGatewayV2CustomAuthorizerV2Request;

/// What it is answered: a simple response, with the caller as its context.
pub type Answer = ApiGatewayV2CustomAuthorizerSimpleResponse<BTreeMap<String, String>>;

/// What those may ask in a minute who have no key that says so.
const PER_MINUTE: u32 = 600;

#[derive(Debug)]
pub struct Deps {
    pub store: Store,
    /// What opens everything, for setting an installation up and for when nothing else does.
    pub operator_key: Secret,
    /// Where people sign in, if anywhere.
    pub oidc: Option<Oidc>,
}

/// It cannot be told who is asking. API Gateway answers 500, and asks again next time.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    #[error("the key could not be looked up")]
    Store(#[from] StoreError),
    #[error("the operator's key could not be read")]
    Secrets(#[from] SecretError),
    #[error("the issuer's keys could not be read")]
    Oidc(#[from] OidcError),
}

pub async fn handle(deps: &Deps, event: Event, now: Timestamp) -> Result<Answer, Unavailable> {
    match authenticate(deps, &event, now).await {
        Ok(Ok(caller)) => Ok(allow(&caller)),
        Ok(Err(refusal)) => {
            metrics::count("AuthorizerRefusals");
            info!("a caller was refused: {}", Chain(&refusal));
            Ok(Answer::default())
        }
        Err(unavailable) => {
            metrics::count("AuthorizerFailures");
            error!(error = %Chain(&unavailable), "nobody can tell who is asking");
            Err(unavailable)
        }
    }
}

fn allow(caller: &Caller) -> Answer {
    let mut answer = Answer::default();
    answer.is_authorized = true;
    answer.context = caller.to_context();
    answer
}

/// An error means that asking again may help; a refusal is an answer.
async fn authenticate(
    deps: &Deps,
    event: &Event,
    now: Timestamp,
) -> Result<Result<Caller, Refusal>, Unavailable> {
    let Some(token) = bearer(event) else { return Ok(Err(Refusal::NoToken)) };
    if let Some(shown) = PresentedKey::parse(token) {
        return with_key(&deps.store, &shown, now).await;
    }
    if let Some(oidc) = deps.oidc.as_ref().filter(|_| is_jwt(token)) {
        return Ok(oidc.caller(token, now).await?.map_err(Refusal::Token));
    }
    if deps.operator_key.versions(now).await?.has(token) {
        return Ok(Ok(operator()));
    }
    Ok(Err(Refusal::Unknown))
}

/// A suspended tenant's keys are good. What it may still do, and whether there is such a tenant, is
/// for the API to say, which is asked every time.
async fn with_key(
    store: &Store,
    shown: &PresentedKey,
    now: Timestamp,
) -> Result<Result<Caller, Refusal>, Unavailable> {
    let found = store.api_key(&shown.id).await?.map(|row| row.body);
    let is_shown = api_keys::is_shown(found.as_ref(), shown);
    let refused = |why: fn(_) -> Refusal| Ok(Err(why(shown.id.clone())));
    let Some(key) = found else { return refused(Refusal::UnknownKey) };
    if !is_shown {
        return refused(Refusal::WrongSecret);
    }
    match key.state(now) {
        KeyState::Active => Ok(Ok(Caller {
            subject: key.subject(),
            standing: key.standing,
            expires_at: key.expires_at,
            per_minute: key.per_minute,
        })),
        KeyState::Expired => refused(Refusal::Expired),
        KeyState::Revoked => refused(Refusal::Revoked),
    }
}

fn operator() -> Caller {
    Caller {
        subject: "bootstrap".to_owned(),
        standing: Standing::Operator,
        expires_at: None,
        per_minute: PER_MINUTE,
    }
}

/// What is shown under the scheme `Bearer`, which may be written in any case.
fn bearer(event: &Event) -> Option<&str> {
    let header = event.headers.get("authorization")?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Three parts with dots between them. Neither a key nor the operator's key has any.
fn is_jwt(token: &str) -> bool {
    token.split('.').count() == 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(header: &'static str) -> Event {
        let mut event = Event::default();
        event.headers.insert("authorization", header.parse().unwrap());
        event
    }

    #[test]
    fn a_token_stands_behind_its_scheme() {
        for good in ["Bearer abc", "bearer abc", "BEARER  abc "] {
            assert_eq!(bearer(&with(good)), Some("abc"), "{good}");
        }
        for bad in ["abc", "Bearer", "Bearer ", "Basic abc", "Bearerabc", ""] {
            assert_eq!(bearer(&with(bad)), None, "{bad}");
        }
        assert_eq!(bearer(&Event::default()), None);
    }

    #[test]
    fn a_refusal_tells_nothing() {
        let answer = serde_json::to_value(Answer::default()).unwrap();
        assert_eq!(answer, serde_json::json!({ "isAuthorized": false, "context": {} }));
    }
}
