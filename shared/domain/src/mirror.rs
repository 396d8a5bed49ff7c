//! What the CRM keeps and we know of: deals, appointments, and who works there.
//!
//! The latest news counts, in whatever order it comes. What was deleted stays deleted: a deletion is
//! told together with a change, and the change may come later.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    crm_event::{AppointmentNews, DealNews, UserNews},
    ids::{ContactId, TenantId},
};

/// Something as the CRM last told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mirror<T> {
    pub it: T,
    /// Whose it is, if it is anybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    pub told_at: Timestamp,
}

pub type Deal = Mirror<DealNews>;
pub type Appointment = Mirror<AppointmentNews>;
pub type User = Mirror<UserNews>;

/// What can be mirrored.
pub trait Mirrored: Clone {
    fn is_deleted(&self) -> bool;

    /// With what was known before, where a workflow leaves something out.
    #[must_use]
    fn beside(&self, before: Option<&Self>) -> Self;

    /// What must remain so that it stays deleted.
    #[must_use]
    fn emptied(&self) -> Self;

    fn contact(&self, tenant: &TenantId) -> Option<ContactId>;
}

impl<T: Mirrored> Mirror<T> {
    /// The mirror after this news; nothing if it changes nothing.
    #[must_use]
    pub fn told(before: Option<&Self>, tenant: &TenantId, news: &T, at: Timestamp) -> Option<Self> {
        if before.is_some_and(|it| it.it.is_deleted() || it.told_at > at && !news.is_deleted()) {
            return None;
        }
        let it =
            if news.is_deleted() { news.emptied() } else { news.beside(before.map(|it| &it.it)) };
        let contact = news.contact(tenant).or_else(|| before.and_then(|it| it.contact.clone()));
        Some(Self { it, contact, told_at: at })
    }
}

impl Mirrored for DealNews {
    fn is_deleted(&self) -> bool {
        self.is_deleted
    }

    fn beside(&self, before: Option<&Self>) -> Self {
        let Some(before) = before.filter(|_| self.is_partial) else { return self.clone() };
        Self {
            contact: self.contact.clone().or_else(|| before.contact.clone()),
            name: self.name.clone().or_else(|| before.name.clone()),
            pipeline: self.pipeline.clone().or_else(|| before.pipeline.clone()),
            stage: self.stage.clone().or_else(|| before.stage.clone()),
            status: self.status.clone().or_else(|| before.status.clone()),
            value: self.value.clone().or_else(|| before.value.clone()),
            assigned_to: self.assigned_to.clone().or_else(|| before.assigned_to.clone()),
            ..self.clone()
        }
    }

    fn emptied(&self) -> Self {
        Self { name: None, value: None, assigned_to: None, ..self.clone() }
    }

    fn contact(&self, tenant: &TenantId) -> Option<ContactId> {
        self.contact.as_ref().map(|it| ContactId::of(tenant, it))
    }
}

impl Mirrored for AppointmentNews {
    fn is_deleted(&self) -> bool {
        self.is_deleted
    }

    fn beside(&self, before: Option<&Self>) -> Self {
        let Some(before) = before.filter(|_| self.is_partial) else { return self.clone() };
        Self {
            contact: self.contact.clone().or_else(|| before.contact.clone()),
            calendar: self.calendar.clone().or_else(|| before.calendar.clone()),
            title: self.title.clone().or_else(|| before.title.clone()),
            address: self.address.clone().or_else(|| before.address.clone()),
            status: self.status.clone().or_else(|| before.status.clone()),
            assigned_to: self.assigned_to.clone().or_else(|| before.assigned_to.clone()),
            starts_at: self.starts_at.or(before.starts_at),
            ends_at: self.ends_at.or(before.ends_at),
            ..self.clone()
        }
    }

    fn emptied(&self) -> Self {
        Self { title: None, address: None, assigned_to: None, ..self.clone() }
    }

    fn contact(&self, tenant: &TenantId) -> Option<ContactId> {
        self.contact.as_ref().map(|it| ContactId::of(tenant, it))
    }
}

impl Mirrored for UserNews {
    fn is_deleted(&self) -> bool {
        self.is_deleted
    }

    fn beside(&self, before: Option<&Self>) -> Self {
        let Some(before) = before.filter(|_| self.is_partial) else { return self.clone() };
        Self {
            name: self.name.clone().or_else(|| before.name.clone()),
            role: self.role.clone().or_else(|| before.role.clone()),
            ..self.clone()
        }
    }

    fn emptied(&self) -> Self {
        Self { name: None, role: None, ..self.clone() }
    }

    fn contact(&self, _tenant: &TenantId) -> Option<ContactId> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CrmUserId;

    const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

    fn told(before: Option<&User>, name: &str, is_deleted: bool, second: i64) -> Option<User> {
        let id = CrmUserId::parse("u1").unwrap();
        let name = Some(name.to_owned().into());
        let user = UserNews { id, is_deleted, is_partial: false, name, role: None };
        let at = NOON + jiff::SignedDuration::from_secs(second);
        Mirror::told(before, &TenantId::parse("acme").unwrap(), &user, at)
    }

    #[test]
    fn the_latest_news_counts() {
        let ben = told(None, "Ben", false, 2).unwrap();
        assert_eq!(told(Some(&ben), "Benjamin", false, 1), None);
        assert_eq!(told(Some(&ben), "Benno", false, 3).unwrap().it.name.unwrap().as_str(), "Benno");
    }

    #[test]
    fn what_a_workflow_leaves_out_is_as_it_was() {
        let ben = told(None, "Ben", false, 2).unwrap();
        let role = Some("admin".to_owned());
        let news = UserNews { is_partial: true, name: None, role, ..ben.it.clone() };
        let tenant = TenantId::parse("acme").unwrap();
        let later = NOON + jiff::SignedDuration::from_secs(3);
        let promoted = Mirror::told(Some(&ben), &tenant, &news, later).unwrap().it;
        assert_eq!((promoted.name, promoted.role.as_deref()), (ben.it.name, Some("admin")));
    }

    #[test]
    fn what_was_deleted_stays_deleted() {
        let ben = told(None, "Ben", false, 2).unwrap();
        let gone = told(Some(&ben), "Ben", true, 1).unwrap();
        assert!(gone.it.is_deleted && gone.it.name.is_none());
        assert_eq!(told(Some(&gone), "Ben", false, 3), None);
    }
}
