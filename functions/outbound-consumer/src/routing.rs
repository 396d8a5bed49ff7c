//! Which of the tenant's numbers a message goes out from, and through whom.

use std::sync::Arc;

use app::{Connection, ConnectionError};
use aws::{Again, logs::Chain};
use carriers::Channel;
use domain::{
    conversation::{Conversation, Route},
    failure::{Failure, Reason},
    ids::TenantId,
    integration::Status,
    message::Message,
};
use jiff::Timestamp;
use tracing::error;

use crate::Deps;

/// A number and the carrier that carries it.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) route: Route,
    pub(crate) channel: Channel,
    /// The conversation as it stood, so that a change of its route is noticed.
    pub(crate) conversation: Option<Conversation>,
}

/// The way a message goes: the one it was given, else the one its conversation took last, else the
/// tenant's usual one. `Err` if there is none, for good.
pub(crate) async fn find(
    deps: &Deps,
    tenant: &TenantId,
    message: &Message,
    now: Timestamp,
) -> Result<Result<Way, Failure>, Again> {
    let conversation = deps.store.of(tenant).conversation(&message.conversation).await?;
    let conversation = conversation.map(|row| row.body);
    let last = conversation.as_ref().map(|it| it.route.clone());
    let route = match message.route.clone().or(last) {
        Some(route) => Some(route),
        None => deps.connections.tenant(tenant, now).await?.default_route.clone(),
    };
    let Some(route) = route else { return Ok(Err(misconfigured("no_number"))) };

    let loaded = deps.connections.of(tenant, &route.channel, now).await.map_err(again)?;
    Ok(channel(deps, loaded).map(|channel| Way { route, channel, conversation }))
}

fn channel(deps: &Deps, connection: Option<Arc<Connection>>) -> Result<Channel, Failure> {
    let connection = connection.ok_or_else(|| misconfigured("no_channel"))?;
    match connection.integration.status {
        Status::Active => {}
        Status::Pending | Status::Error | Status::Disconnected => {
            return Err(misconfigured("integration_not_active"));
        }
    }
    connection.channel(&deps.base_urls).map_err(|e| {
        let id = &connection.integration.id;
        error!(integration.id = %id, error = %Chain(&e), "integration {id} cannot be used");
        misconfigured("integration_not_usable")
    })
}

fn misconfigured(code: &str) -> Failure {
    Failure::new(Reason::Misconfigured, code)
}

fn again(error: ConnectionError) -> Again {
    match error {
        ConnectionError::Store(error) => error.into(),
        ConnectionError::Vault(error) => error.into(),
    }
}
