//! A tenant that has one of everything.

use std::collections::HashMap;

use app::pace::{GHL, Pace, Report};
use aws::{Commit, Row};
use domain::{
    allowance::Lane,
    audit::AuditEntry,
    breaker::Outcome,
    consent::OptOut,
    contact_copy::ContactCopy,
    conversation::{Contact, Route},
    crm_status::Telling,
    event::WebhookEvent,
    ids::{
        ApiKeyId, ContactId, CrmAppointmentId, CrmMessageId, CrmOpportunityId, CrmUserId, EventId,
        IntegrationId, MessageId, ProviderMessageId,
    },
    integration::{Integration, Provider},
    message::Message,
    number::{Number, Registration, UseFor},
    phone::PhoneNumber,
};
use serde_json::{Value, json};

use super::event_of;
use crate::{
    consent::connect,
    keys::key_of,
    letters::Sender,
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
    pub(super) crm: Told,
    pub(super) integration: Integration,
    pub(super) api_key: ApiKeyId,
    pub(super) opt_out: Row<OptOut>,
    pub(super) phone: PhoneNumber,
}

/// What GoHighLevel told of.
pub(super) struct Told {
    pub(super) deal: CrmOpportunityId,
    pub(super) appointment: CrmAppointmentId,
    pub(super) user: CrmUserId,
    pub(super) connection: IntegrationId,
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
    let crm = told(world, crm_contact.as_str()).await;
    set_up(world, message.body.route.clone().unwrap()).await;
    call_in_vain(world).await;
    connect(world).await.says("Connected");
    world.settle().await;
    Everything {
        event: scope.event(&EventId::parse(&event).unwrap()).await.unwrap().unwrap(),
        provider_message: message.body.provider_message.clone().unwrap(),
        message,
        telling: scope.telling(&crm_message).await.unwrap().unwrap(),
        copy,
        crm,
        contact: Contact { id: ContactId::of(&world.acme.tenant, &crm_contact), crm_contact },
        integration: scope.integration(&world.acme.texting).await.unwrap().unwrap(),
        api_key: key_of(world, &world.acme.tenant, "agent").await.0.id,
        opt_out: scope.opt_out(&phone).await.unwrap().unwrap(),
        phone,
    }
}

/// What GoHighLevel's marketplace tells of a contact and of somebody who works there.
async fn told(world: &World, contact: &str) -> Told {
    let location = world.acme.location.as_str();
    for event in [
        json!({ "type": "ContactUpdate", "id": contact, "phone": ANNA }),
        json!({ "type": "OpportunityCreate", "id": "opp1", "contactId": contact }),
        json!({ "type": "AppointmentCreate",
            "appointment": { "id": "appt1", "contactId": contact } }),
        json!({ "type": "UserCreate", "id": "user1", "firstName": "Ben" }),
    ] {
        let mut event = event;
        event["locationId"] = location.into();
        let letter = Sender::Ghl.letter_to(world, "/webhooks/ghl".to_owned(), event.to_string());
        assert_eq!(letter.post(world).await.status, 200);
    }
    world.settle().await;
    Told {
        deal: CrmOpportunityId::parse("opp1").unwrap(),
        appointment: CrmAppointmentId::parse("appt1").unwrap(),
        user: CrmUserId::parse("user1").unwrap(),
        connection: world.acme.ghl.clone(),
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

/// What a call leaves that is not answered: what is left of the allowance, and that it failed.
async fn call_in_vain(world: &World) {
    let limits = HashMap::from([(Provider::Ghl, GHL)]);
    let pace = Pace::new(world.store.clone(), limits);
    let (tenant, now) = (&world.acme.tenant, world.now());
    let admitted = pace.admit(tenant, Provider::Ghl, Lane::Reply, now).await.unwrap();
    let report = Report { outcome: Outcome::Failure, ..Report::not_made() };
    pace.report(admitted, report, now).await;
}
