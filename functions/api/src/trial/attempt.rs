//! Trying a connection.

use std::time::Instant;

use app::{Connection, Unusable};
use domain::integration::{Fault, FaultCode, Provider, Tested};
use jiff::Timestamp;

use crate::Deps;

/// Whether the provider takes this connection, with calls that change nothing.
pub(crate) async fn attempt(deps: &Deps, connection: &Connection, now: Timestamp) -> Tested {
    let begun = Instant::now();
    let fault = called(deps, connection).await.err();
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Tested { at: now, took_ms, fault }
}

async fn called(deps: &Deps, connection: &Connection) -> Result<(), Fault> {
    if connection.integration.provider == Provider::Ghl {
        let session = connection.session(&deps.ghl_base_url).map_err(|e| unusable(&e))?;
        return deps.ghl.probe(&session).await;
    }
    for channel in connection.probes(&deps.base_urls).map_err(|e| unusable(&e))? {
        channel.probe(&deps.callers).await?;
    }
    Ok(())
}

/// What is wrong is said without the values that are wrong.
fn unusable(error: &Unusable) -> Fault {
    Fault { code: FaultCode::ConfigSchemaInvalid, why: error.to_string() }
}
