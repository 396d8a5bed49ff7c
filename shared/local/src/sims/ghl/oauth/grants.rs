//! What was allowed to whom: codes, and the pairs of tokens they became.

use std::{collections::BTreeSet, fmt};

use jiff::{SignedDuration, Timestamp};

use super::Consent;
use crate::sims::ghl::{app::App, state::State};

/// Until when a code can be exchanged. Documented is "minutes".
pub(super) const CODE_LIVES: SignedDuration = SignedDuration::from_mins(10);

/// For how long a refresh token that was used gives the same pair again.
const GRACE: SignedDuration = SignedDuration::from_secs(30);

#[derive(Default)]
pub(in crate::sims::ghl) struct Grants {
    pub(super) refreshes: usize,
    pub(super) calls: usize,
    codes: Vec<(String, Allowed, Timestamp)>,
    pairs: Vec<Pair>,
    paused: BTreeSet<String>,
}

/// Whom a token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sims::ghl) enum Whom {
    Agency { locations: Vec<String>, future: bool },
    Location(String),
}

/// What somebody allowed.
#[derive(Clone)]
pub(super) struct Allowed {
    pub(super) whom: Whom,
    pub(super) scopes: Vec<String>,
}

#[derive(Clone)]
pub(super) struct Pair {
    pub(super) access: String,
    pub(super) refresh: Option<String>,
    pub(super) whom: Whom,
    pub(super) scopes: Vec<String>,
    pub(super) until: Timestamp,
    /// When the refresh token was used, and the access token of the pair it gave.
    used: Option<(Timestamp, String)>,
}

/// What a refresh token is good for.
pub(super) enum Refresh {
    /// A new pair for the same.
    New(Allowed),
    /// The pair that it gave a moment ago.
    Again(Pair),
    Paused,
    Unknown,
}

impl Grants {
    pub(super) fn allow(&mut self, code: String, allowed: Allowed, now: Timestamp) {
        self.codes.push((code, allowed, now + CODE_LIVES));
    }

    /// What a code stands for, which is used up by it.
    pub(super) fn exchange(&mut self, code: &str, now: Timestamp) -> Option<Allowed> {
        let at = self.codes.iter().position(|(it, ..)| it == code)?;
        let (_, allowed, until) = self.codes.remove(at);
        (now < until).then_some(allowed)
    }

    pub(super) fn add(&mut self, pair: Pair) {
        self.pairs.push(pair);
    }

    pub(super) fn refresh(&self, token: &str, company: &str, now: Timestamp) -> Refresh {
        let found = self.pairs.iter().find(|it| it.refresh.as_deref() == Some(token));
        let Some(pair) = found else { return Refresh::Unknown };
        let resource = match &pair.whom {
            Whom::Agency { .. } => company,
            Whom::Location(location) => location,
        };
        match &pair.used {
            Some((at, _)) if now >= *at + GRACE => Refresh::Unknown,
            Some((_, gave)) => match self.pairs.iter().find(|it| it.access == *gave) {
                Some(pair) => Refresh::Again(pair.clone()),
                None => Refresh::Unknown,
            },
            None if self.is_paused(resource) => Refresh::Paused,
            None => {
                let (whom, scopes) = (pair.whom.clone(), pair.scopes.clone());
                Refresh::New(Allowed { whom, scopes })
            }
        }
    }

    pub(super) fn use_up(&mut self, token: &str, gave: &str, now: Timestamp) {
        let used = self.pairs.iter_mut().find(|it| it.refresh.as_deref() == Some(token));
        if let Some(pair) = used {
            pair.used = Some((now, gave.to_owned()));
        }
    }

    /// Whom an access token speaks for, if it is good.
    pub(in crate::sims::ghl) fn speaks_for(&self, access: &str, now: Timestamp) -> Option<&Whom> {
        let pair = self.pairs.iter().find(|it| it.access == access && now < it.until)?;
        Some(&pair.whom)
    }

    /// Whether this was an access token once.
    pub(in crate::sims::ghl) fn knew(&self, access: &str) -> bool {
        self.pairs.iter().any(|it| it.access == access)
    }

    pub(in crate::sims::ghl) fn lose(&mut self, location: &str) {
        self.pairs.retain(|it| it.whom != Whom::Location(location.to_owned()));
    }

    /// Nothing that was allowed in this location is any more, by itself or by its agency.
    pub(in crate::sims::ghl) fn revoke(&mut self, location: &str) {
        self.lose(location);
        self.codes.retain(|(_, it, _)| it.whom != Whom::Location(location.to_owned()));
        let allowed = self.codes.iter_mut().map(|(_, it, _)| &mut it.whom);
        for whom in allowed.chain(self.pairs.iter_mut().map(|it| &mut it.whom)) {
            if let Whom::Agency { locations, .. } = whom {
                locations.retain(|it| it != location);
            }
        }
    }

    pub(in crate::sims::ghl) fn revoke_all(&mut self) {
        self.codes.clear();
        self.pairs.clear();
    }

    pub(super) fn expire(&mut self, location: &str) {
        let of_it = |it: &&mut Pair| it.whom == Whom::Location(location.to_owned());
        self.pairs.iter_mut().filter(of_it).for_each(|it| it.until = Timestamp::MIN);
    }

    pub(in crate::sims::ghl) fn pause(&mut self, resource: &str, paused: bool) {
        if paused {
            self.paused.insert(resource.to_owned());
        } else {
            self.paused.remove(resource);
        }
    }

    pub(in crate::sims::ghl) fn is_paused(&self, resource: &str) -> bool {
        self.paused.contains(resource)
    }
}

impl Pair {
    pub(super) fn new(
        state: &mut State,
        app: &App,
        whom: Whom,
        scopes: Vec<String>,
        now: Timestamp,
    ) -> Self {
        let (access, refresh) = (state.ids.next(), state.ids.next());
        Self {
            access: format!("at.{access}"),
            refresh: Some(format!("rt.{refresh}")),
            whom,
            scopes,
            until: now + SignedDuration::try_from(app.token_life).unwrap_or_default(),
            used: None,
        }
    }
}

impl From<Consent> for Whom {
    fn from(consent: Consent) -> Self {
        match consent {
            Consent::Location(location) => Self::Location(location),
            Consent::Agency { locations, future } => Self::Agency { locations, future },
        }
    }
}

/// Shows no token.
impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grants")
            .field("pairs", &self.pairs.len())
            .field("refreshes", &self.refreshes)
            .field("paused", &self.paused)
            .finish_non_exhaustive()
    }
}
