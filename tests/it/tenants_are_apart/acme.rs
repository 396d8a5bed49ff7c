//! A tenant that has one of everything.

use aws::{Commit, Row};
use domain::{
    audit::AuditEntry,
    consent::OptOut,
    contact_copy::ContactCopy,
    conversation::{Contact, Route},
    crm_status::Telling,
    event::WebhookEvent,
    ids::{ApiKeyId, ContactId, CrmMessageId, EventId, MessageId, ProviderMessageId},
    integration::Integration,
    message::Message,
    number::{Number, Registration, UseFor},
    phone::PhoneNumber,
};
use serde_json::Value;

use super::event_of;
use crate::{
    keys::key_of,
    world::{ANNA, NOON, World, answer_lost},
};

/// Everything acme has, by all names by which it can be asked for.
pub(super) struct Everything {
    pub(super) event: Row<WebhookEvent>,
    pub(super) message: Row<Message>,
    pub(super) provider_message: ProviderMessageId,
    pub(super) telling: Row<Telling>,
    pub(super) copy: ContactCopy,
    pub(super) contact: Contact,
    pub(super) integration: Integration,
    pub(super) api_key: ApiKeyId,
    pub(super) opt_out: Row<OptOut>,
    pub(super) phone: PhoneNumber,
}

/// A life of acme's that leaves one of everything: a text, a reply with its report, a STOP, and a
/// send in doubt.
pub(super) async fn live(world: &World) -> Everything {
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    world.settle().await;
    let asked = world.agent_sends(ANNA, "hi").await;
    world.settle().await;
    world.texting.deliver_callbacks().await;
    world.texting.plan_fault(answer_lost("send", 1));
    world.agent_sends(ANNA, "in doubt").await;
    world.drain().await;
    world.texting.lose_callbacks().await;
    world.texting.receives_text(ANNA, number.as_str(), "STOP", &[]).await;
    world.settle().await;

    let scope = world.scope();
    let phone: PhoneNumber = ANNA.parse().unwrap();
    let crm_message = CrmMessageId::parse(&asked.message_id).unwrap();
    let message = MessageId::from_crm(&world.acme.tenant, &crm_message);
    let message = scope.message(&message).await.unwrap().unwrap();
    let crm_contact = scope.owner_of(&phone).await.unwrap().unwrap().crm_contact;
    let copy = ContactCopy::wanted(world.acme.aloware.clone(), phone.clone(), NOON).copied(NOON);
    scope.transaction().set_contact_copy(None, &copy).commit().await.unwrap();
    scope.note_person(&"+12125550199".parse().unwrap(), NOON).await.unwrap();
    let event = event_of(world, "acme").await["id"]["S"].as_str().unwrap().to_owned();
    set_up(world, message.body.route.clone().unwrap()).await;
    Everything {
        event: scope.event(&EventId::parse(&event).unwrap()).await.unwrap().unwrap(),
        provider_message: message.body.provider_message.clone().unwrap(),
        message,
        telling: scope.telling(&crm_message).await.unwrap().unwrap(),
        copy,
        contact: Contact { id: ContactId::of(&world.acme.tenant, &crm_contact), crm_contact },
        integration: scope.integration(&world.acme.texting).await.unwrap().unwrap(),
        api_key: key_of(world, &world.acme.tenant, "agent").await.0.id,
        opt_out: scope.opt_out(&phone).await.unwrap().unwrap(),
        phone,
    }
}

/// What the API leaves: a number, a line of the audit log, and work that goes on.
async fn set_up(world: &World, route: Route) {
    let number = Number {
        route,
        use_for: UseFor::Replies,
        registration: Registration::Unknown,
        added_at: NOON,
    };
    let entry = AuditEntry {
        at: NOON,
        who: "bootstrap".to_owned(),
        action: "number.put".to_owned(),
        subject: "acme-texting".to_owned(),
        request: "r1".to_owned(),
        reason: None,
        before: Value::Null,
        after: Value::Null,
    };
    let transaction = world.scope().transaction().add_number(&number).audit(&entry);
    assert_eq!(transaction.resume(NOON).commit().await.unwrap(), Commit::Done);
    world.settle().await;
}
