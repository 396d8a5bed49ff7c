//! Storing an event with the tenant whose location it is about.

use std::collections::BTreeSet;

use aws::{Added, RouteTo};
use domain::{
    crm_event::{AppointmentNews, ContactNews, CrmEvent, DealNews, News, UserNews},
    event::{RawBody, Stage, WebhookEvent},
    heard::Heard,
    ids::{EventId, IntegrationId, LocationId, TenantId},
};
use ghl::webhook::event::{MarketplaceEvent, What};
use jiff::Timestamp;

use crate::{Deps, Refusal, news};

/// What came of an event that is authentic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    New,
    /// We have it already. Its work is done or under way.
    Duplicate,
    Dropped(&'static str),
}

/// A partial event tells what its sender chose to tell; the marketplace tells all there is.
pub(crate) async fn take(
    deps: &Deps,
    event: &MarketplaceEvent,
    routes: &[RouteTo],
    (body, is_partial): (&[u8], bool),
    now: Timestamp,
) -> Result<Taken, Refusal> {
    let news = match news::of(event, now) {
        Ok(news) => marked(news, is_partial),
        Err(why) => return Ok(Taken::Dropped(why)),
    };
    let heard =
        Heard::Crm(Box::new(CrmEvent { kind: event.kind.clone(), at: at(event, now), news }));
    let mut taken = Taken::Dropped("unknown location");
    for route in routes {
        match store(deps, route, &event.dedupe_key(body, now), &heard, body, now).await? {
            Added::New => taken = Taken::New,
            Added::AlreadyThere if taken != Taken::New => taken = Taken::Duplicate,
            Added::AlreadyThere => {}
        }
    }
    Ok(taken)
}

fn marked(news: News, is_partial: bool) -> News {
    match news {
        News::Contact(it) => News::Contact(Box::new(ContactNews { is_partial, ..*it })),
        News::Deal(it) => News::Deal(Box::new(DealNews { is_partial, ..*it })),
        News::Appointment(it) => News::Appointment(Box::new(AppointmentNews { is_partial, ..*it })),
        News::User(it) => News::User(UserNews { is_partial, ..it }),
        news => news,
    }
}

/// News from ahead of us would be the last word for as long.
fn at(event: &MarketplaceEvent, now: Timestamp) -> Timestamp {
    event.at.map_or(now, |it| it.min(now))
}

/// Whose event it is: a location's tenant's, or several if it is about somebody who works in several.
/// An installation that is nobody's yet is the operators'.
pub(crate) async fn routes(deps: &Deps, event: &MarketplaceEvent) -> Result<Vec<RouteTo>, Refusal> {
    let mut locations: BTreeSet<&LocationId> = event.location.iter().collect();
    if let What::User(user) = &event.what {
        locations.extend(&user.locations);
    }
    let mut routes = Vec::new();
    for location in locations {
        routes.extend(deps.store.route_of_location(location).await?);
    }
    if routes.is_empty() && matches!(event.what, What::Install(_) | What::Uninstall) {
        let integration = IntegrationId::derived(&["ghl", "marketplace"]);
        routes.push(RouteTo { tenant: TenantId::platform(), integration });
    }
    Ok(routes)
}

async fn store(
    deps: &Deps,
    route: &RouteTo,
    dedupe_key: &str,
    heard: &Heard,
    body: &[u8],
    now: Timestamp,
) -> Result<Added, Refusal> {
    let event = WebhookEvent {
        id: EventId::of(&route.tenant, &route.integration, dedupe_key),
        integration: route.integration.clone(),
        received_at: now,
        heard: heard.clone(),
        keyword: None,
        is_answered: false,
        raw: RawBody::new(body),
        stage: Stage::Open,
        claims: 0,
        deferrals: 0,
        parked: None,
        due: Some(now),
    };
    let added = deps.store.of(&route.tenant).add_event(&event).await?;
    // A duplicate may repeat what was stored and never queued. Its job is the same message to the
    // queue as the first one's.
    if let Some(job) = event.job(&route.tenant) {
        deps.crm.offer_first(&job).await;
    }
    Ok(added)
}
