//! Which of the tenant's numbers a message goes out from, and through whom.

use std::sync::Arc;

use app::{Connection, ConnectionError};
use aws::{Again, Asked, logs::Chain};
use carriers::Channel;
use domain::{
    conversation::Route,
    failure::{Failure, Reason},
    ids::{IntegrationId, TenantId},
    install::Standing,
    integration::Status,
    message::{Message, Purpose},
    number::{self, UseFor},
    parked::Until,
    tenant::Tenant,
};
use jiff::Timestamp;
use tracing::error;

use crate::Deps;

/// More numbers than a tenant has.
const POOL: i32 = 1000;

/// A number and the carrier that carries it.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) route: Route,
    pub(crate) channel: Channel,
}

/// Why there is no way.
#[derive(Debug)]
pub(crate) enum NoWay {
    /// There will be one once this has happened.
    Now(Until),
    /// There is none, and waiting brings none.
    Ever(Failure),
}

/// The way a message goes: the one it was given, else the one its conversation took last, else one
/// of the numbers that new conversations may start on, else the tenant's usual one.
pub(crate) async fn find(
    deps: &Deps,
    tenant: &TenantId,
    message: &Message,
    now: Timestamp,
) -> Result<Result<Way, NoWay>, Again> {
    let served = deps.connections.tenant(tenant, now).await?;
    if !served.is_active() {
        return Ok(Err(NoWay::Now(Until::TenantActive)));
    }
    if let Some(until) = waits_for(message.purpose, &served)
        && is_taken_out(deps, &served, now).await?
    {
        return Ok(Err(NoWay::Now(until)));
    }
    let route = match &message.route {
        Some(route) => Some(route.clone()),
        None => usual(deps, &served, message, now).await?,
    };
    let Some(route) = route else { return Ok(Err(NoWay::Ever(misconfigured("no_number")))) };

    let loaded = deps.connections.of(tenant, &route.channel, now).await.map_err(again)?;
    Ok(channel(deps, &route, loaded).map(|channel| Way { route, channel }))
}

/// What a text waits for whose tenant has taken the app out. A program's goes on as well once the
/// tenant has no such integration any more.
fn waits_for(purpose: Purpose, served: &Tenant) -> Option<Until> {
    match purpose {
        Purpose::Reply => Some(Until::CrmConnected),
        Purpose::Api => {
            served.crm.clone().map(|integration| Until::IntegrationActive { integration })
        }
        Purpose::Inbound
        | Purpose::StopConfirmation
        | Purpose::StartConfirmation
        | Purpose::HelpReply
        | Purpose::Mirrored => None,
    }
}

/// Whether the app was taken out of the tenant's location. Nothing that somebody wants to say goes
/// out until it is back. A location whose token is lost is another matter: its agents mean what they write.
async fn is_taken_out(deps: &Deps, served: &Tenant, now: Timestamp) -> Result<bool, Again> {
    let Some(crm) = &served.crm else { return Ok(false) };
    let connection = deps.connections.of(&served.id, crm, now).await.map_err(again)?;
    let Some(connection) = connection.filter(|it| it.integration.status != Status::Active) else {
        return Ok(false);
    };
    let Some(location) = connection.location() else { return Ok(false) };
    let install = deps.store.install(&location).await?;
    Ok(install.is_some_and(|it| it.body.install.standing() == Standing::Uninstalled))
}

async fn usual(
    deps: &Deps,
    served: &Tenant,
    message: &Message,
    now: Timestamp,
) -> Result<Option<Route>, Again> {
    if let Some(route) = sticky(deps, &served.id, message, now).await? {
        return Ok(Some(route));
    }
    let pooled = pooled(deps, &served.id, message, now).await?;
    Ok(pooled.or_else(|| served.default_route.clone()))
}

/// A person is always texted from the same number, unless the tenant says that nothing leaves from it
/// any more, or has taken its channel away.
async fn sticky(
    deps: &Deps,
    tenant: &TenantId,
    message: &Message,
    now: Timestamp,
) -> Result<Option<Route>, Again> {
    let scope = deps.store.of(tenant);
    let Some(conversation) = scope.conversation(&message.conversation).await? else {
        return Ok(None);
    };
    let last = conversation.body.route;
    if !is_there(deps, tenant, &last.channel, now).await? {
        return Ok(None);
    }
    let number = scope.number(&last.number).await?;
    let is_closed = number.is_some_and(|row| row.body.use_for == UseFor::Nothing);
    Ok((!is_closed).then_some(last))
}

/// A number may be left in the pool whose channel was taken away. Nobody is given to that.
async fn pooled(
    deps: &Deps,
    tenant: &TenantId,
    message: &Message,
    now: Timestamp,
) -> Result<Option<Route>, Again> {
    let mut pool = deps.store.of(tenant).numbers(Asked::oldest(POOL)).await?.items;
    loop {
        let chosen = number::choose(&pool, &message.conversation).map(|it| it.route.clone());
        let Some(route) = chosen else { return Ok(None) };
        if is_there(deps, tenant, &route.channel, now).await? {
            return Ok(Some(route));
        }
        pool.retain(|it| it.route.channel != route.channel);
    }
}

async fn is_there(
    deps: &Deps,
    tenant: &TenantId,
    channel: &IntegrationId,
    now: Timestamp,
) -> Result<bool, Again> {
    Ok(deps.connections.of(tenant, channel, now).await.map_err(again)?.is_some())
}

fn channel(
    deps: &Deps,
    route: &Route,
    connection: Option<Arc<Connection>>,
) -> Result<Channel, NoWay> {
    let id = &route.channel;
    let parked = || NoWay::Now(Until::IntegrationActive { integration: id.clone() });
    let gone = || NoWay::Ever(misconfigured("integration_gone"));
    let connection = connection.ok_or_else(gone)?;
    match connection.integration.status {
        Status::Active => {}
        Status::Pending | Status::Error | Status::Disconnected => {
            return Err(parked());
        }
    }
    connection.channel(&deps.base_urls).map_err(|e| {
        error!(integration.id = %id, error = %Chain(&e), "integration {id} cannot be used");
        NoWay::Ever(misconfigured("integration_not_usable"))
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
