//! What a tenant's workflows post: the same events, as far as they have the same fields, signed with
//! the integration's own secret.

use std::sync::Arc;

use app::Connection;
use aws::RouteTo;
use domain::{
    ids::{IntegrationId, LocationId},
    integration::Provider,
};
use ghl::webhook::{Forged, event::MarketplaceEvent, workflow::Verified};
use jiff::Timestamp;
use lambda_http::Request;
use serde::Deserialize;

use crate::{Deps, Refusal, Taken, take};

pub(crate) async fn accept(
    deps: &Deps,
    request: &Request,
    kind: &str,
    now: Timestamp,
) -> Result<Taken, Refusal> {
    let body: &[u8] = request.body();
    if body.len() > edge::BODY_LIMIT {
        return Err(Forged::Unsigned.into()); // Nobody unknown makes us hash more.
    }
    let signature = edge::header(request, "x-webhook-signature");
    // Whom the caller names is found out only to know which secret to check. It is not told whether
    // there is such an integration.
    let named = named(deps, request, body, now).await?;
    let secrets = named.as_ref().map(|it| it.workflow_secrets()).unwrap_or_default();
    let verified = Verified::authenticate(&secrets, body, signature)?;
    let connection = named.ok_or(Forged::WrongSignature)?;
    let location = connection.location().ok_or(Forged::WrongSignature)?;

    let event = MarketplaceEvent::of_workflow(&verified, kind)?;
    if event.location.as_ref().is_some_and(|it| *it != location) {
        return Ok(Taken::Dropped("another location's"));
    }
    let event = MarketplaceEvent { location: Some(location), ..event };
    if event.is_about_the_app() {
        return Ok(Taken::Dropped("no workflow knows of that"));
    }
    // Whatever it says of others, it is told to whom it has signed for.
    let (tenant, integration) = (connection.tenant.clone(), connection.integration.id.clone());
    take::take(deps, &event, &[RouteTo { tenant, integration }], (body, true), now).await
}

/// The integration that the query names, else the one whose location the body names.
async fn named(
    deps: &Deps,
    request: &Request,
    body: &[u8],
    now: Timestamp,
) -> Result<Option<Arc<Connection>>, Refusal> {
    let connection = match edge::query(request, "integration_id") {
        Some(id) => match IntegrationId::parse(&id) {
            Ok(id) => deps.connections.named(&id, now).await?,
            Err(_) => None,
        },
        None => by_location(deps, body, now).await?,
    };
    Ok(connection.filter(|it| it.integration.provider == Provider::Ghl))
}

async fn by_location(
    deps: &Deps,
    body: &[u8],
    now: Timestamp,
) -> Result<Option<Arc<Connection>>, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        location_id: LocationId,
    }
    let Ok(Named { location_id }) = serde_json::from_slice(body) else { return Ok(None) };
    match deps.store.route_of_location(&location_id).await? {
        Some(route) => Ok(deps.connections.of(&route.tenant, &route.integration, now).await?),
        None => Ok(None),
    }
}
