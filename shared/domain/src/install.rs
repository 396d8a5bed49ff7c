//! A marketplace app's installation in one location: announced by a webhook, granted by a consent,
//! attached to a tenant, and some day taken back.
//!
//! These come in any order and any number of times: the webhook may overtake the consent, an agency
//! may install for all its locations and for future ones, and a location may be installed again
//! after it was taken back. So nothing here depends on the order: each keeps its own latest time, and
//! where the installation stands is what follows from them all.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{CompanyId, IntegrationId, LocationId, TenantId};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Install {
    pub location: LocationId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
    /// When we were last told so: locations move from one agency to another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_at: Option<Timestamp>,
    /// What people call the location, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When we were last told that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_at: Option<Timestamp>,
    /// When the other side last said that it is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced_at: Option<Timestamp>,
    /// When somebody last consented, so that we got tokens for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_at: Option<Timestamp>,
    /// Whether the tokens of the last consent are the location's own, or come by way of its agency's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<Way>,
    /// When the other side last said that it is not installed any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uninstalled_at: Option<Timestamp>,
    /// When it was last connected for the first time after it had been taken back: GoHighLevel had
    /// forgotten then which SMS provider was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconnected_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attached: Option<Attached>,
    pub since: Timestamp,
}

/// Whose tokens open a location.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Way {
    /// The agency's, which give one for the location at any time.
    Company,
    /// The location's own.
    Location,
}

/// Whose location it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    pub tenant: TenantId,
    pub integration: IntegrationId,
}

/// Something that is told of an installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Announced {
        at: Timestamp,
        company: Option<CompanyId>,
    },
    Granted {
        at: Timestamp,
        company: Option<CompanyId>,
        way: Way,
    },
    Uninstalled {
        at: Timestamp,
    },
    Attached(Attached),
    /// Nobody's any more: its integration is gone.
    Detached,
}

/// Where an installation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Standing {
    /// It is installed, and we have no tokens for it.
    Announced,
    /// We have tokens, and an operator has to say whose it is.
    Unattached,
    /// A tenant works with it.
    Connected,
    /// It was taken back.
    Uninstalled,
}

impl Install {
    pub fn new(location: LocationId, now: Timestamp) -> Self {
        Self {
            location,
            company: None,
            company_at: None,
            name: None,
            named_at: None,
            announced_at: None,
            granted_at: None,
            way: None,
            uninstalled_at: None,
            reconnected_at: None,
            attached: None,
            since: now,
        }
    }

    /// The installation, told of one more thing. Told twice, or in another order, it is the same.
    #[must_use]
    pub fn step(mut self, told: Told) -> Self {
        match told {
            Told::Announced { at, company } => {
                self.announced_at = self.announced_at.max(Some(at));
                self.is_of(company, at);
            }
            Told::Granted { at, company, way } => {
                (self.granted_at, self.way) =
                    (self.granted_at, self.way).max((Some(at), Some(way)));
                self.is_of(company, at);
            }
            Told::Uninstalled { at } => self.uninstalled_at = self.uninstalled_at.max(Some(at)),
            Told::Attached(attached) => self.attached = Some(attached),
            Told::Detached => self.attached = None,
        }
        self
    }

    fn is_of(&mut self, company: Option<CompanyId>, at: Timestamp) {
        if company.is_some() && (Some(at), &company) > (self.company_at, &self.company) {
            (self.company_at, self.company) = (Some(at), company);
        }
    }

    /// The installation in a location that was called this at `at`.
    #[must_use]
    pub fn named(mut self, name: &str, at: Timestamp) -> Self {
        if self.named_at <= Some(at) {
            (self.name, self.named_at) = (Some(name.to_owned()), Some(at));
        }
        self
    }

    /// When it was last installed, by what we were told.
    pub fn installed_at(&self) -> Option<Timestamp> {
        self.announced_at.max(self.granted_at)
    }

    pub fn standing(&self) -> Standing {
        let is_gone = self.uninstalled_at.is_some() && self.uninstalled_at > self.installed_at();
        let is_granted = self.granted_at > self.uninstalled_at;
        match (&self.attached, self.granted_at) {
            _ if is_gone => Standing::Uninstalled,
            (_, None) => Standing::Announced,
            _ if !is_granted => Standing::Announced,
            (None, Some(_)) => Standing::Unattached,
            (Some(_), Some(_)) => Standing::Connected,
        }
    }

    /// Whether it is installed anew after it was taken back, and not connected since.
    pub fn is_reinstalled(&self) -> bool {
        self.uninstalled_at.is_some()
            && self.reconnected_at < self.uninstalled_at
            && self.standing() != Standing::Uninstalled
    }

    /// Since when the SMS provider has to have been chosen again, if ever.
    pub fn forgotten_since(&self) -> Option<Timestamp> {
        if self.is_reinstalled() { self.installed_at() } else { self.reconnected_at }
    }

    /// The installation, connected at `now`.
    #[must_use]
    pub fn connected(self, attached: Attached, now: Timestamp) -> Self {
        let reconnected_at = if self.is_reinstalled() {
            self.uninstalled_at.max(Some(now))
        } else {
            self.reconnected_at
        };
        Self { reconnected_at, ..self.step(Told::Attached(attached)) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::subsequence};

    use super::*;

    const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

    fn at(seconds: i64) -> Timestamp {
        NOON + jiff::SignedDuration::from_secs(seconds)
    }

    fn install() -> Install {
        Install::new(LocationId::parse("loc").unwrap(), NOON)
    }

    fn attached() -> Told {
        Told::Attached(Attached {
            tenant: TenantId::parse("acme").unwrap(),
            integration: IntegrationId::parse("acme-ghl").unwrap(),
        })
    }

    /// What others say, of a location that moves from one agency to another. What we do ourselves
    /// comes in one order only.
    fn all() -> Vec<Told> {
        let [old, new] = ["old", "new"].map(|it| CompanyId::parse(it).ok());
        vec![
            Told::Uninstalled { at: at(0) },
            Told::Announced { at: at(1), company: old.clone() },
            Told::Granted { at: at(2), company: old.clone(), way: Way::Company },
            Told::Granted { at: at(3), company: None, way: Way::Location },
            Told::Uninstalled { at: at(4) },
            Told::Announced { at: at(5), company: new.clone() },
            Told::Announced { at: at(5), company: old },
            Told::Granted { at: at(6), company: new, way: Way::Company },
            attached(),
        ]
    }

    fn told(told: impl IntoIterator<Item = Told>) -> Install {
        told.into_iter().fold(install(), Install::step)
    }

    #[test]
    fn it_stands_where_what_was_told_puts_it() {
        let granted =
            |seconds| Told::Granted { at: at(seconds), company: None, way: Way::Location };
        let announced = |seconds| Told::Announced { at: at(seconds), company: None };
        let gone = |seconds| Told::Uninstalled { at: at(seconds) };
        for (events, standing) in [
            (vec![announced(1)], Standing::Announced),
            (vec![granted(1)], Standing::Unattached),
            (vec![granted(1), attached()], Standing::Connected),
            (vec![granted(1), attached(), gone(2)], Standing::Uninstalled),
            (vec![granted(1), attached(), gone(2), announced(3)], Standing::Announced),
            (vec![granted(1), attached(), gone(2), granted(3)], Standing::Connected),
            (vec![attached(), granted(1), Told::Detached], Standing::Unattached),
        ] {
            assert_eq!(told(events.clone()).standing(), standing, "{events:?}");
        }
        assert!(told([granted(1), attached(), gone(2), granted(3)]).is_reinstalled());
        assert!(!told([granted(1), attached()]).is_reinstalled());
    }

    /// Consenting once more changes nothing about the SMS provider.
    #[test]
    fn it_is_reinstalled_until_it_is_connected() {
        let granted =
            |seconds| Told::Granted { at: at(seconds), company: None, way: Way::Location };
        let Told::Attached(acme) = attached() else { unreachable!() };
        let install = told([granted(1)]).connected(acme.clone(), at(1));
        assert!(!install.is_reinstalled() && install.reconnected_at.is_none());
        let back = install.step(Told::Uninstalled { at: at(2) }).step(granted(3));
        assert!(back.is_reinstalled());
        let install = back.connected(acme.clone(), at(4)).step(granted(5));
        assert!(!install.is_reinstalled());
        let install = install.connected(acme, at(6));
        assert_eq!(install.reconnected_at, Some(at(4)));
        assert!(install.step(Told::Uninstalled { at: at(7) }).step(granted(8)).is_reinstalled());
    }

    #[test]
    fn its_tokens_come_by_the_way_of_the_last_consent() {
        let by = |seconds, way| Told::Granted { at: at(seconds), company: None, way };
        let ways = |events: [Told; 2]| told(events).way;
        assert_eq!(ways([by(1, Way::Location), by(2, Way::Company)]), Some(Way::Company));
        assert_eq!(ways([by(2, Way::Company), by(1, Way::Location)]), Some(Way::Company));
        assert_eq!(ways([by(1, Way::Company), by(2, Way::Location)]), Some(Way::Location));
    }

    proptest! {
        #[test]
        fn the_order_does_not_matter_nor_how_often_it_is_told(
            shuffled in Just(all()).prop_shuffle(),
            again in subsequence(all(), 0..=9),
        ) {
            let told_twice = told(shuffled.into_iter().chain(again));
            prop_assert_eq!(&told_twice, &told(all()));
            prop_assert_eq!(told_twice.company, CompanyId::parse("new").ok());
        }
    }
}
