//! Where the app is installed, and what installing and uninstalling bring about.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    GhlSim,
    delivery::Delivered,
    location::Location,
    oauth::{Consent, Whom},
    state::State,
    webhooks::Event,
};

/// When the event of an installation arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstallEvent {
    BeforeCallback,
    AfterCallback,
}

#[derive(Debug, Default)]
pub(super) struct Installs {
    /// Since when a location has the app.
    locations: BTreeMap<String, Timestamp>,
    /// Where it was, and is no more.
    removed: BTreeSet<String>,
    has_agency: bool,
    covers_future: bool,
}

impl Installs {
    pub(super) fn is_in(&self, location: &str) -> bool {
        self.locations.contains_key(location)
    }

    pub(super) fn since(&self, location: &str) -> Option<Timestamp> {
        self.locations.get(location).copied()
    }

    pub(super) fn covers_future(&self) -> bool {
        self.covers_future
    }

    /// The agency with all locations that have the app, if it has installed it itself.
    pub(super) fn agency(&self) -> Option<Whom> {
        let locations = self.locations.keys().cloned().collect();
        self.has_agency.then_some(Whom::Agency { locations, future: self.covers_future })
    }

    /// Whether events of this location's are still the app's to know.
    pub(super) fn may_hear_of(&self, location: &str) -> bool {
        !self.removed.contains(location)
    }

    fn add(&mut self, location: &str, now: Timestamp) {
        self.locations.insert(location.to_owned(), now);
        self.removed.remove(location);
    }

    fn remove(&mut self, location: &str) {
        self.locations.remove(location);
        self.removed.insert(location.to_owned());
    }
}

/// The app is told of an agency as such, and of each of its locations.
pub(super) fn install(state: &mut State, consent: &Consent, now: Timestamp) {
    let locations = match consent {
        Consent::Location(location) => std::slice::from_ref(location),
        Consent::Agency { locations, future } => {
            state.installs.has_agency = true;
            state.installs.covers_future |= *future;
            state.tell(Event::installed(state, None), now);
            locations
        }
    };
    for location in locations {
        state.installs.add(location, now);
        state.tell(Event::installed(state, Some(location)), now);
    }
}

/// An agency that has the app in all its future locations has it in this one.
pub(super) fn add_location(state: &mut State, location: Location, now: Timestamp) {
    let id = location.id.clone();
    state.locations.push(location);
    if state.installs.covers_future {
        state.installs.add(&id, now);
        state.tell(Event::installed_by_itself(&id), now);
    }
}

/// Takes the app out of a location, or out of the agency and all of its locations.
pub(super) fn uninstall(state: &mut State, resource: &str, now: Timestamp) {
    if resource == state.company {
        state.tell(Event::uninstalled_by_agency(&state.company), now);
        state.installs.has_agency = false;
        state.installs.covers_future = false;
        let all: Vec<_> = state.locations.iter().map(|it| it.id.clone()).collect();
        for location in &all {
            take_out(state, location);
        }
        state.grants.revoke_all();
    } else {
        state.tell(Event::uninstalled(resource), now);
        take_out(state, resource);
    }
}

/// Its tokens are gone, and its messages go by another provider until somebody chooses ours again.
fn take_out(state: &mut State, location: &str) {
    state.installs.remove(location);
    state.grants.revoke(location);
    let unknown = state.ids.next();
    if let Some(location) = state.locations.iter_mut().find(|it| it.id == location) {
        location.token = unknown;
        location.is_provider_selected = false;
    }
}

impl GhlSim {
    /// Somebody installs the app: consents, and is sent back to us by their browser. This is what
    /// they got to see. `link` is what our own link brought along.
    pub async fn install(
        &self,
        consent: Consent,
        link: Option<&str>,
        event: InstallEvent,
    ) -> Delivered {
        let Some(url) = self.consent_url(consent, link) else { return Delivered::Nowhere };
        if event == InstallEvent::BeforeCallback {
            self.deliver_events().await;
        }
        let seen = Delivered::from(self.shared.client.get(url).send().await);
        if event == InstallEvent::AfterCallback {
            self.deliver_events().await;
        }
        seen
    }

    /// Somebody uninstalls the app from a location, or from the agency, by its id.
    pub fn uninstall(&self, location: &str) {
        let now = self.shared.options.clock.now();
        uninstall(&mut self.shared.state(), location, now);
    }

    /// Somebody chooses whether the location's texts go by our provider.
    pub fn select_provider(&self, location: &str, is_ours: bool) {
        let mut state = self.shared.state();
        if let Some(location) = state.locations.iter_mut().find(|it| it.id == location) {
            location.is_provider_selected = is_ours;
        }
    }
}
