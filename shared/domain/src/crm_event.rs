//! What the CRM tells us that happened on its side, in our terms.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    hidden::Hidden,
    ids::{
        CompanyId, CrmAppointmentId, CrmContactId, CrmMessageId, CrmOpportunityId, CrmUserId,
        LocationId,
    },
    phone::PhoneNumber,
    text::MessageText,
};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrmEvent {
    /// The CRM's own word for it.
    pub kind: String,
    /// When it happened, by the CRM's clock; when we heard of it, if the CRM does not say.
    pub at: Timestamp,
    pub news: News,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// Our app was put into a location.
    Installed {
        location: LocationId,
        company: Option<CompanyId>,
    },
    /// Our app was taken out of a location.
    Uninstalled {
        location: LocationId,
    },
    /// Our app was taken from an agency.
    AgencyLeft {
        company: CompanyId,
    },
    Contact(Box<ContactNews>),
    Message(Box<MessageNews>),
    /// How many messages of a conversation nobody has read.
    Unread {
        contact: CrmContactId,
        count: u64,
    },
    Deal(Box<DealNews>),
    Appointment(Box<AppointmentNews>),
    /// A location is called something else.
    Renamed {
        location: LocationId,
        name: Hidden,
    },
    User(UserNews),
}

/// A person as they are after a change. What is not told is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactNews {
    pub change: ContactChange,
    /// A tenant's own workflow tells it: what it leaves out is as it was.
    #[serde(default)]
    pub is_partial: bool,
    pub id: CrmContactId,
    pub phone: Option<PhoneNumber>,
    pub name: Option<Hidden>,
    pub email: Option<Hidden>,
    pub state: Option<Hidden>,
    pub country: Option<String>,
    pub timezone: Option<String>,
    pub tags: Vec<Hidden>,
    pub assigned_to: Option<CrmUserId>,
    pub sms_switch: SmsSwitch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactChange {
    /// Made, or changed in whichever way.
    Written,
    /// The do-not-disturb switches were.
    Switched,
    Deleted,
}

/// Where a contact's do-not-disturb switch for texts is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmsSwitch {
    /// Not to be texted.
    On {
        code: Option<String>,
        /// The person or the carrier said so, and only the person can take it back.
        permanent: bool,
    },
    Off,
    Unknown,
}

/// A message that is in the CRM, whoever put it there. It is not for us to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageNews {
    pub is_inbound: bool,
    pub medium: Medium,
    pub message: Option<CrmMessageId>,
    pub contact: CrmContactId,
    /// The person's number, where the message itself says it.
    pub phone: Option<PhoneNumber>,
    pub text: MessageText,
    pub sent_at: Timestamp,
    /// It did not reach the person.
    #[serde(default)]
    pub has_failed: bool,
}

/// By what way a message reaches somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Medium {
    #[default]
    Sms,
    Email,
    WhatsApp,
}

impl Medium {
    pub fn is_sms(&self) -> bool {
        *self == Self::Sms
    }
}

/// A deal as it is after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DealNews {
    pub id: CrmOpportunityId,
    pub is_deleted: bool,
    /// A tenant's own workflow tells it: what it leaves out is as it was.
    #[serde(default)]
    pub is_partial: bool,
    pub contact: Option<CrmContactId>,
    pub name: Option<Hidden>,
    pub pipeline: Option<String>,
    pub stage: Option<String>,
    pub status: Option<String>,
    /// As it is written, for money is not rounded.
    pub value: Option<String>,
    pub assigned_to: Option<CrmUserId>,
}

/// An appointment as it is after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppointmentNews {
    pub id: CrmAppointmentId,
    pub is_deleted: bool,
    /// A tenant's own workflow tells it: what it leaves out is as it was.
    #[serde(default)]
    pub is_partial: bool,
    pub contact: Option<CrmContactId>,
    pub calendar: Option<String>,
    pub title: Option<Hidden>,
    pub address: Option<Hidden>,
    pub status: Option<String>,
    pub assigned_to: Option<CrmUserId>,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
}

/// Somebody who works in the CRM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserNews {
    pub id: CrmUserId,
    pub is_deleted: bool,
    /// A tenant's own workflow tells it: what it leaves out is as it was.
    #[serde(default)]
    pub is_partial: bool,
    pub name: Option<Hidden>,
    pub role: Option<String>,
}

impl CrmEvent {
    /// What it is about, in the CRM's own words: what is about the same is done in order.
    pub fn about(&self) -> &str {
        match &self.news {
            News::Installed { location, .. }
            | News::Uninstalled { location }
            | News::Renamed { location, .. } => location.as_str(),
            News::AgencyLeft { company } => company.as_str(),
            News::Contact(it) => it.id.as_str(),
            News::Message(it) => it.contact.as_str(),
            News::Unread { contact, .. } => contact.as_str(),
            News::Deal(it) => it.contact.as_ref().map_or(it.id.as_str(), CrmContactId::as_str),
            News::Appointment(it) => {
                it.contact.as_ref().map_or(it.id.as_str(), CrmContactId::as_str)
            }
            News::User(it) => it.id.as_str(),
        }
    }

    /// The contact that it is about.
    pub fn contact(&self) -> Option<&CrmContactId> {
        match &self.news {
            News::Contact(it) => Some(&it.id),
            News::Message(it) => Some(&it.contact),
            News::Unread { contact, .. } => Some(contact),
            News::Deal(it) => it.contact.as_ref(),
            News::Appointment(it) => it.contact.as_ref(),
            News::Installed { .. }
            | News::Uninstalled { .. }
            | News::AgencyLeft { .. }
            | News::Renamed { .. }
            | News::User(_) => None,
        }
    }

    /// Whether it counts even while the tenant is suspended or its CRM is not connected: who must not
    /// be texted, and whether the CRM is connected at all.
    pub fn cannot_wait(&self) -> bool {
        match &self.news {
            News::Installed { .. } | News::Uninstalled { .. } | News::AgencyLeft { .. } => true,
            News::Contact(it) => {
                it.change == ContactChange::Switched
                    || matches!(it.sms_switch, SmsSwitch::On { .. })
            }
            News::Message(_)
            | News::Unread { .. }
            | News::Deal(_)
            | News::Appointment(_)
            | News::Renamed { .. }
            | News::User(_) => false,
        }
    }
}
