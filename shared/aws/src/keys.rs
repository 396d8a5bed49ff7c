//! Where every item lives. This file *is* the table design; nothing else builds a key.
//!
//! | item             | table   | pk                          | sk                        |
//! |------------------|---------|-----------------------------|---------------------------|
//! | tenant           | state   | `T#<tenant>`                | `TENANT`                  |
//! | integration      | state   | `T#<tenant>`                | `INT#<integration>`       |
//! | credential       | state   | `T#<tenant>`                | `CRED#<integration>#name` |
//! | data key         | state   | `T#<tenant>`                | `KEY#<version>`           |
//! | route            | state   | `ROUTE#<kind>#<foreign id>` | `ROUTE`                   |
//! | API key          | state   | `ROUTE#apikey#<id>`         | `ROUTE`                   |
//! | contact          | state   | `T#<tenant>#C#<contact>`    | `CONTACT`                 |
//! | lead             | state   | `T#<tenant>#C#<contact>`    | `LEAD`                    |
//! | deal             | state   | `T#<tenant>#OPP#<crm id>`   | `OPP`                     |
//! | appointment      | state   | `T#<tenant>#APPT#<crm id>`  | `APPT`                    |
//! | user             | state   | `T#<tenant>#USER#<crm id>`  | `USER`                    |
//! | mapping          | state   | `T#<tenant>#MAP#<kind>#<id>`| `MAP`                     |
//! | conversation     | state   | `T#<tenant>#V#<conv>`       | `CONV`                    |
//! | message          | state   | `T#<tenant>#M#<message>`    | `MSG`                     |
//! | telling          | state   | `T#<tenant>#TELL#<crm id>`  | `TELL`                    |
//! | opt-out          | state   | `T#<tenant>#P#<phone>`      | `OPTOUT`                  |
//! | consent entry    | state   | `T#<tenant>#P#<phone>`      | `CONSENT#<time>#<event>`  |
//! | number           | state   | `T#<tenant>`                | `NUM#<phone>`             |
//! | resumption       | state   | `T#<tenant>`                | `RESUME`                  |
//! | tokens           | state   | `T#<tenant>`                | `TOKENS#<integration>`    |
//! | install          | state   | `T#_platform#APP#<location>`| `INSTALL`                 |
//! | contact copy     | state   | `T#<tenant>#P#<phone>`      | `COPY#<integration>`      |
//! | person           | state   | `T#<tenant>#P#<phone>`      | `PERSON`                  |
//! | webhook event    | journal | `T#<tenant>#E#<event>`      | `EVENT`                   |
//! | sync log entry   | journal | `T#<tenant>#LOG#<day>`      | `<time>#<subject>#<op>`   |
//! | audit entry      | journal | `T#<tenant>#AUDIT`          | `<time>#<request>#<action>`|
//! | answer given once| journal | `T#<tenant>#ONCE#<who>`     | `<key>`                   |
//! | mark of a request| journal | `T#<tenant>#MARK#<seed>`     | `MARK`                    |
//! | calls in a minute| journal | `T#<tenant>#RATE#<who>`     | `<minute>`                |
//! | allowance        | journal | `T#<tenant>#LIMIT#<provider>`| `BUCKET`                 |
//! | breaker          | journal | `T#<tenant>#LIMIT#<provider>`| `BREAKER`                |
//!
//! Only a route has no tenant in its key: it is how an outside id, proven by a signature, becomes
//! a tenant. An API key is a route as well, from a secret; the list it is in has the tenant's name.
//! What belongs to operators belongs to the tenant `_platform`.
//!
//! Three sparse indexes: `due` (unfinished work, by time), `parked` (what waits for a person, by
//! tenant and time), `recent` (lists, by time): tenants, conversations, people, messages of a
//! conversation, opt-outs and consents in the one table; deliveries of an integration and what was done about a
//! conversation in the other.

use std::borrow::Cow;

use domain::{
    ids::{
        ApiKeyId, ContactId, ConversationId, CrmAppointmentId, CrmContactId, CrmMessageId,
        CrmOpportunityId, CrmUserId, EventId, IntegrationId, LocationId, MessageId,
        ProviderMessageId, TenantId,
    },
    integration::Provider,
    phone::PhoneNumber,
};
use jiff::{Timestamp, tz::TimeZone};

/// Where an item is. It has no `Debug`, for it may hold a telephone number.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// An id from outside by which one of ours can be found.
#[derive(Clone, Copy, Debug)]
pub enum ForeignId<'a> {
    Phone(&'a PhoneNumber),
    CrmContact(&'a CrmContactId),
    CrmMessage(&'a CrmMessageId),
    /// Carriers' ids are only unique within a channel.
    Provider(&'a IntegrationId, &'a ProviderMessageId),
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    pub(crate) fn tenant(tenant: &TenantId) -> Self {
        Self::new(of(tenant), "TENANT")
    }

    pub(crate) fn integration(tenant: &TenantId, integration: &IntegrationId) -> Self {
        Self::new(of(tenant), format!("INT#{integration}"))
    }

    pub(crate) fn credential(tenant: &TenantId, integration: &IntegrationId, name: &str) -> Self {
        Self::new(of(tenant), format!("CRED#{integration}#{}", escaped(name)))
    }

    pub(crate) fn data_key(tenant: &TenantId, version: u32) -> Self {
        Self::new(of(tenant), format!("KEY#{version:06}"))
    }

    pub(crate) fn route_of_integration(integration: &IntegrationId) -> Self {
        Self::new(format!("ROUTE#integration#{integration}"), "ROUTE")
    }

    pub(crate) fn route_of_location(location: &LocationId) -> Self {
        Self::new(format!("ROUTE#location#{}", escaped(location.as_str())), "ROUTE")
    }

    pub(crate) fn api_key(key: &ApiKeyId) -> Self {
        Self::new(format!("ROUTE#apikey#{key}"), "ROUTE")
    }

    pub(crate) fn contact(tenant: &TenantId, contact: &ContactId) -> Self {
        Self::new(format!("{}#C#{contact}", of(tenant)), "CONTACT")
    }

    pub(crate) fn lead(tenant: &TenantId, contact: &ContactId) -> Self {
        Self::new(format!("{}#C#{contact}", of(tenant)), "LEAD")
    }

    pub(crate) fn deal(tenant: &TenantId, deal: &CrmOpportunityId) -> Self {
        Self::new(format!("{}#OPP#{}", of(tenant), escaped(deal.as_str())), "OPP")
    }

    pub(crate) fn appointment(tenant: &TenantId, appointment: &CrmAppointmentId) -> Self {
        Self::new(format!("{}#APPT#{}", of(tenant), escaped(appointment.as_str())), "APPT")
    }

    pub(crate) fn user(tenant: &TenantId, user: &CrmUserId) -> Self {
        Self::new(format!("{}#USER#{}", of(tenant), escaped(user.as_str())), "USER")
    }

    pub(crate) fn mapping(tenant: &TenantId, id: ForeignId<'_>) -> Self {
        let tenant = of(tenant);
        let pk = match id {
            ForeignId::Phone(phone) => format!("{tenant}#MAP#phone#{phone}"),
            ForeignId::CrmContact(id) => {
                format!("{tenant}#MAP#crm-contact#{}", escaped(id.as_str()))
            }
            ForeignId::CrmMessage(id) => {
                format!("{tenant}#MAP#crm-message#{}", escaped(id.as_str()))
            }
            ForeignId::Provider(channel, id) => {
                format!("{tenant}#MAP#provider#{channel}#{}", escaped(id.as_str()))
            }
        };
        Self::new(pk, "MAP")
    }

    pub(crate) fn conversation(tenant: &TenantId, conversation: &ConversationId) -> Self {
        Self::new(format!("{}#V#{conversation}", of(tenant)), "CONV")
    }

    pub(crate) fn message(tenant: &TenantId, message: &MessageId) -> Self {
        Self::new(format!("{}#M#{message}", of(tenant)), "MSG")
    }

    pub(crate) fn telling(tenant: &TenantId, crm_message: &CrmMessageId) -> Self {
        Self::new(format!("{}#TELL#{}", of(tenant), escaped(crm_message.as_str())), "TELL")
    }

    pub(crate) fn opt_out(tenant: &TenantId, phone: &PhoneNumber) -> Self {
        Self::new(self::phone(tenant, phone), "OPTOUT")
    }

    /// One delivery gives one entry, however often it is worked on.
    pub(crate) fn consent(
        tenant: &TenantId,
        phone: &PhoneNumber,
        at: Timestamp,
        cause: &str,
    ) -> Self {
        Self::new(
            self::phone(tenant, phone),
            format!("CONSENT#{}#{}", sortable(at), escaped(cause)),
        )
    }

    pub(crate) fn number(tenant: &TenantId, number: &PhoneNumber) -> Self {
        Self::new(of(tenant), format!("NUM#{number}"))
    }

    pub(crate) fn tokens(tenant: &TenantId, holder: &IntegrationId) -> Self {
        Self::new(of(tenant), format!("TOKENS#{holder}"))
    }

    /// Nobody's yet, so it is kept with the operators' things until it is somebody's.
    pub(crate) fn install(location: &LocationId) -> Self {
        let platform = of(&TenantId::platform());
        Self::new(format!("{platform}#APP#{}", escaped(location.as_str())), "INSTALL")
    }

    pub(crate) fn resumption(tenant: &TenantId) -> Self {
        Self::new(of(tenant), "RESUME")
    }

    pub(crate) fn audit(tenant: &TenantId, at: Timestamp, request: &str, action: &str) -> Self {
        let sk = format!("{}#{}#{}", sortable(at), escaped(request), escaped(action));
        Self::new(audit_log(tenant), sk)
    }

    /// Both are what a caller wrote, so neither is shown or kept as it is.
    pub(crate) fn once(tenant: &TenantId, who: &str, key: &str) -> Self {
        let who = EventId::derived(&[who]);
        Self::new(format!("{}#ONCE#{who}", of(tenant)), EventId::derived(&[key]).to_string())
    }

    /// `seed` is what the tries of one request have in common.
    pub(crate) fn mark(tenant: &TenantId, seed: &str) -> Self {
        Self::new(format!("{}#MARK#{}", of(tenant), escaped(seed)), "MARK")
    }

    pub(crate) fn rate(tenant: &TenantId, who: &str, minute: Timestamp) -> Self {
        let who = EventId::derived(&[who]);
        Self::new(format!("{}#RATE#{who}", of(tenant)), sortable(minute))
    }

    pub(crate) fn allowance(tenant: &TenantId, provider: Provider) -> Self {
        Self::new(limit(tenant, provider), "BUCKET")
    }

    pub(crate) fn breaker(tenant: &TenantId, provider: Provider) -> Self {
        Self::new(limit(tenant, provider), "BREAKER")
    }

    pub(crate) fn contact_copy(
        tenant: &TenantId,
        phone: &PhoneNumber,
        integration: &IntegrationId,
    ) -> Self {
        Self::new(self::phone(tenant, phone), format!("COPY#{integration}"))
    }

    pub(crate) fn person(tenant: &TenantId, phone: &PhoneNumber) -> Self {
        Self::new(self::phone(tenant, phone), "PERSON")
    }

    pub(crate) fn event(tenant: &TenantId, event: &EventId) -> Self {
        Self::new(format!("{}#E#{event}", of(tenant)), "EVENT")
    }

    pub(crate) fn log(tenant: &TenantId, at: Timestamp, subject: &str, operation: &str) -> Self {
        Self::new(log_day(tenant, at), format!("{}#{}#{operation}", sortable(at), escaped(subject)))
    }
}

/// What a tenant may ask of a provider just now.
fn limit(tenant: &TenantId, provider: Provider) -> String {
    format!("{}#LIMIT#{provider}", of(tenant))
}

/// The partition of one tenant's log of one day (UTC).
pub(crate) fn log_day(tenant: &TenantId, at: Timestamp) -> String {
    format!("{}#LOG#{}", of(tenant), at.to_zoned(TimeZone::UTC).date())
}

/// What is known of a person by their number.
pub(crate) fn phone(tenant: &TenantId, phone: &PhoneNumber) -> String {
    format!("{}#P#{phone}", of(tenant))
}

pub(crate) fn audit_log(tenant: &TenantId) -> String {
    format!("{}#AUDIT", of(tenant))
}

/// The `parked` index lists under this what of a tenant's waits for a person.
pub(crate) fn parked(tenant: &TenantId) -> String {
    format!("{}#PARKED", of(tenant))
}

/// The `recent` index lists all tenants under this.
pub(crate) fn tenants() -> String {
    format!("{}#TENANTS", of(&TenantId::platform()))
}

/// The `recent` index lists under this all tokens that somebody has to look after, by when.
pub(crate) fn due_tokens() -> String {
    format!("{}#TOKENS", of(&TenantId::platform()))
}

/// The `recent` index lists all installs of the app under this.
pub(crate) fn installs() -> String {
    format!("{}#INSTALLS", of(&TenantId::platform()))
}

pub(crate) fn conversations(tenant: &TenantId) -> String {
    format!("{}#CONV", of(tenant))
}

/// People that something is stored about.
pub(crate) fn people(tenant: &TenantId) -> String {
    format!("{}#PEOPLE", of(tenant))
}

pub(crate) fn opt_outs(tenant: &TenantId) -> String {
    format!("{}#OPTOUT", of(tenant))
}

pub(crate) fn consents(tenant: &TenantId) -> String {
    format!("{}#CONSENT", of(tenant))
}

/// What came in through an integration.
pub(crate) fn deliveries(tenant: &TenantId, integration: &IntegrationId) -> String {
    format!("{}#INT#{integration}#EVENT", of(tenant))
}

/// What was done about a conversation.
pub(crate) fn trace(tenant: &TenantId, conversation: &ConversationId) -> String {
    format!("{}#V#{conversation}#LOG", of(tenant))
}

/// The `recent` index lists the messages of a conversation under this.
pub(crate) fn thread(tenant: &TenantId, conversation: &ConversationId) -> String {
    format!("{}#V#{conversation}#MSG", of(tenant))
}

/// The `recent` index lists those who have a phone under this, or those without one.
pub(crate) fn leads(tenant: &TenantId, phone: Option<&PhoneNumber>) -> String {
    match phone {
        Some(phone) => format!("{}#PHONE#{}#LEAD", of(tenant), phone.as_str()),
        None => format!("{}#LEAD", of(tenant)),
    }
}

/// The `recent` index lists a contact's deals under this, or those that are nobody's.
pub(crate) fn deals(tenant: &TenantId, contact: Option<&ContactId>) -> String {
    whose(tenant, contact, "OPP")
}

pub(crate) fn appointments(tenant: &TenantId, contact: Option<&ContactId>) -> String {
    whose(tenant, contact, "APPT")
}

fn whose(tenant: &TenantId, contact: Option<&ContactId>, what: &str) -> String {
    match contact {
        Some(contact) => format!("{}#C#{contact}#{what}", of(tenant)),
        None => format!("{}#{what}", of(tenant)),
    }
}

/// The `recent` index lists those who work in the CRM under this.
pub(crate) fn users(tenant: &TenantId) -> String {
    format!("{}#USER", of(tenant))
}

/// The `recent` index lists a tenant's API keys under this.
pub(crate) fn api_keys(tenant: &TenantId) -> String {
    format!("{}#KEYS", of(tenant))
}

fn of(tenant: &TenantId) -> String {
    format!("T#{tenant}")
}

/// A time of fixed width, so that the order of the text is the order of time.
fn sortable(at: Timestamp) -> String {
    format!("{at:.9}")
}

/// Without `#`, which would let a foreign id reach into another key.
fn escaped(foreign: &str) -> Cow<'_, str> {
    if foreign.contains(['#', '%']) {
        return foreign.replace('%', "%25").replace('#', "%23").into();
    }
    foreign.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acme() -> TenantId {
        TenantId::parse("acme").unwrap()
    }

    #[test]
    fn keys_are_what_the_table_above_says() {
        let message = MessageId::parse("msg_1").unwrap();
        let key = Key::message(&acme(), &message);
        assert_eq!((key.pk.as_str(), key.sk.as_str()), ("T#acme#M#msg_1", "MSG"));

        let key = Key::breaker(&acme(), Provider::Ghl);
        assert_eq!((key.pk.as_str(), key.sk.as_str()), ("T#acme#LIMIT#ghl", "BREAKER"));

        let phone = "+15005550006".parse().unwrap();
        let at = Timestamp::constant(1_767_268_800, 0);
        let key = Key::consent(&acme(), &phone, at, "evt_1");
        assert_eq!(key.pk, "T#acme#P#+15005550006");
        assert_eq!(key.sk, "CONSENT#2026-01-01T12:00:00.000000000Z#evt_1");
    }

    #[test]
    fn a_foreign_id_cannot_name_another_item() {
        let channel = IntegrationId::parse("c").unwrap();
        let forged = ProviderMessageId::parse("x#MAP#phone#1%23").unwrap();
        let key = Key::mapping(&acme(), ForeignId::Provider(&channel, &forged));
        assert_eq!(key.pk, "T#acme#MAP#provider#c#x%23MAP%23phone%231%2523");
    }
}
