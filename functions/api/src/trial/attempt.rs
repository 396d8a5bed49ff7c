//! Trying a connection.

use std::time::Instant;

use app::{Auth, Connection, TokenError, Unusable};
use domain::{
    allowance::Lane,
    integration::{Fault, FaultCode, Integration, Provider, Tested},
};
use jiff::Timestamp;

use crate::{Deps, asking::Member};

/// Whether the provider takes this connection, with calls that change nothing.
pub(crate) async fn attempt(deps: &Deps, connection: &Connection, now: Timestamp) -> Tested {
    let begun = Instant::now();
    let fault = called(deps, connection, now).await.err();
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Tested { at: now, took_ms, fault }
}

async fn called(deps: &Deps, connection: &Connection, now: Timestamp) -> Result<(), Fault> {
    if connection.integration.provider == Provider::Ghl {
        return crm(deps, connection, now).await;
    }
    for channel in connection.probes(&deps.base_urls).map_err(|e| unusable(&e))? {
        channel.probe(&deps.callers).await?;
    }
    Ok(())
}

/// A token that renews itself and is refused is renewed, as it is for any other call.
async fn crm(deps: &Deps, connection: &Connection, now: Timestamp) -> Result<(), Fault> {
    let (tenant, id) = (&connection.tenant, &connection.integration.id);
    let access = match connection.auth().map_err(|e| unusable(&e))? {
        Auth::Token => None,
        Auth::Oauth => {
            Some(deps.crm.tokens.access(tenant, id, now).await.map_err(|e| no_token(&e))?)
        }
    };
    let token = match &access {
        Some(access) => access.token.clone(),
        None => connection.pasted_token().map_err(|e| unusable(&e))?,
    };
    let mut session = connection.session(&deps.crm.base_url, token).map_err(|e| unusable(&e))?;
    session.gate = Some(deps.crm.pace.gate((tenant, Lane::Reply), now));
    match (deps.crm.client.probe(&session).await, &access) {
        (Err(fault), Some(access)) if fault.code == FaultCode::InvalidCredentials => {
            Err(no_token(&deps.crm.tokens.refused(tenant, id, access.issued_at, now).await))
        }
        (Ok(()), Some(access)) => app::not_allowed(&access.missing).map_or(Ok(()), Err),
        (tried, _) => tried,
    }
}

/// What is said of a location that is not active. Whoever tries it says that it should be.
const ASLEEP: &str = "GoHighLevel said that the location is not active. It is being asked again now; \
                      look in a minute.";

/// Has a location asked again that is not active. Not before what came of trying it is written down:
/// both are about the same integration.
pub(crate) async fn wake(member: &Member, integration: &Integration) {
    let fault = integration.tested.as_ref().and_then(|it| it.fault.as_ref());
    if fault.is_some_and(|it| it.why == ASLEEP) {
        member.deps.crm.tokens.wake(&member.tenant, &integration.id, member.now()).await;
    }
}

fn no_token(error: &TokenError) -> Fault {
    let (code, why) = match error {
        TokenError::Suspended { .. } => (FaultCode::InvalidCredentials, ASLEEP.to_owned()),
        TokenError::None | TokenError::Lost | TokenError::FreshRefused { .. } => {
            (FaultCode::InvalidCredentials, error.to_string())
        }
        TokenError::BeingRenewed { .. } | TokenError::Store(_) | TokenError::Vault(_) => {
            (FaultCode::ConnectionFailed, error.to_string())
        }
    };
    Fault { code, why }
}

/// What is wrong is said without the values that are wrong.
fn unusable(error: &Unusable) -> Fault {
    Fault { code: FaultCode::ConfigSchemaInvalid, why: error.to_string() }
}
