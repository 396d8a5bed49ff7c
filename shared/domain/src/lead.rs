//! A person as the CRM describes them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    crm_event::{ContactChange, ContactNews},
    hidden::Hidden,
    ids::{ContactId, CrmContactId, CrmUserId, TenantId},
    phone::PhoneNumber,
    zone::{Traces, Zone, ZoneSource},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    pub contact: ContactId,
    pub crm_contact: CrmContactId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Hidden>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Hidden>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Hidden>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<CrmUserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// When the CRM last said something of them.
    pub told_at: Timestamp,
    /// When it said that they are deleted. What was said with them is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_at: Option<Timestamp>,
}

impl Lead {
    /// Somebody of whom nothing is known but that the CRM names them.
    pub fn named(tenant: &TenantId, crm_contact: &CrmContactId) -> Self {
        Self {
            contact: ContactId::of(tenant, crm_contact),
            crm_contact: crm_contact.clone(),
            phone: None,
            name: None,
            email: None,
            tags: Vec::new(),
            assigned_to: None,
            zone: None,
            told_at: Timestamp::UNIX_EPOCH,
            gone_at: None,
        }
    }

    /// Whether the CRM has said who they are.
    pub fn is_described(&self) -> bool {
        self.told_at > Timestamp::UNIX_EPOCH
    }

    /// The person after this news, of which the latest counts, in whatever order it comes. Nothing
    /// if it is older than what we know.
    #[must_use]
    pub fn told(
        before: Option<&Self>,
        tenant: &TenantId,
        news: &ContactNews,
        at: Timestamp,
    ) -> Option<Self> {
        if before.is_some_and(|it| it.told_at > at) {
            return None;
        }
        if news.change == ContactChange::Deleted {
            // What they are called goes with them.
            let phone = before.and_then(|it| it.phone.clone()).or_else(|| news.phone.clone());
            let named = Self::named(tenant, &news.id);
            return Some(Self { phone, told_at: at, gone_at: Some(at), ..named });
        }
        let told = Self {
            phone: news.phone.clone(),
            name: news.name.clone(),
            email: news.email.clone(),
            tags: news.tags.clone(),
            assigned_to: news.assigned_to.clone(),
            zone: zone(before, news),
            told_at: at,
            ..Self::named(tenant, &news.id)
        };
        Some(match before.filter(|_| news.is_partial) {
            Some(before) => told.beside(before),
            None => told,
        })
    }
}

impl Lead {
    /// With what was known before, where nothing else is told.
    fn beside(self, before: &Self) -> Self {
        let tags = if self.tags.is_empty() { before.tags.clone() } else { self.tags };
        Self {
            phone: self.phone.or_else(|| before.phone.clone()),
            name: self.name.or_else(|| before.name.clone()),
            email: self.email.or_else(|| before.email.clone()),
            tags,
            assigned_to: self.assigned_to.or_else(|| before.assigned_to.clone()),
            zone: self.zone.or_else(|| before.zone.clone()),
            ..self
        }
    }
}

/// Not every event tells the zone that is written on the contact. What was told once stands until it
/// is told anew.
fn zone(before: Option<&Lead>, news: &ContactNews) -> Option<Zone> {
    let found = Zone::of(Traces {
        timezone: news.timezone.as_deref(),
        state: news.state.as_ref().map(Hidden::as_str),
        country: news.country.as_deref(),
        phone: news.phone.as_ref(),
    });
    let is_written = |it: &Zone| it.from == ZoneSource::Contact;
    let written = before.and_then(|it| it.zone.clone()).filter(is_written);
    match found {
        Some(found) if is_written(&found) => Some(found),
        found => written.or(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm_event::SmsSwitch;

    const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

    fn news(change: ContactChange) -> ContactNews {
        ContactNews {
            change,
            is_partial: false,
            id: CrmContactId::parse("c1").unwrap(),
            phone: "+12125550123".parse().ok(),
            name: Some("Anna".to_owned().into()),
            email: None,
            state: None,
            country: None,
            timezone: None,
            tags: vec!["hot".to_owned().into()],
            assigned_to: None,
            sms_switch: SmsSwitch::Unknown,
        }
    }

    fn told(before: Option<&Lead>, news: &ContactNews, second: i64) -> Option<Lead> {
        let at = NOON + jiff::SignedDuration::from_secs(second);
        Lead::told(before, &TenantId::parse("acme").unwrap(), news, at)
    }

    #[test]
    fn the_latest_news_counts_in_whatever_order_it_comes() {
        let written = told(None, &news(ContactChange::Written), 2).unwrap();
        let older = ContactNews { tags: Vec::new(), ..news(ContactChange::Written) };
        assert_eq!(told(Some(&written), &older, 1), None);

        let gone = told(Some(&written), &news(ContactChange::Deleted), 3).unwrap();
        assert!(gone.gone_at.is_some() && gone.name.is_none());
        assert_eq!(told(Some(&gone), &news(ContactChange::Written), 2), None, "it stays deleted");
        let back = told(Some(&gone), &news(ContactChange::Written), 4).unwrap();
        assert!(back.gone_at.is_none(), "somebody took it back");
    }

    #[test]
    fn a_zone_that_was_written_on_the_contact_stands() {
        let zoned = ContactNews {
            timezone: Some("America/Denver".to_owned()),
            ..news(ContactChange::Written)
        };
        let first = told(None, &news(ContactChange::Written), 1).unwrap();
        assert_eq!(first.zone.as_ref().unwrap().from, ZoneSource::AreaCode);
        let second = told(Some(&first), &zoned, 2).unwrap();
        assert_eq!(second.zone.as_ref().unwrap().name, "America/Denver");
        let third = told(Some(&second), &news(ContactChange::Written), 3).unwrap();
        assert_eq!(third.zone, second.zone);
    }
}
