//! Everything that a scope can be asked.

use aws::{Asked, ForeignId, Page, Scope, StoreError, Table};
use domain::integration::Provider;

use super::acme::Everything;
use crate::world::NOON;

/// What a scope can be asked, and whether it had an answer.
pub(super) type Answers = Vec<(&'static str, bool)>;

pub(super) async fn ask(scope: Scope<'_>, acme: &Everything) -> Answers {
    let Everything { event, message, provider_message, telling, .. } = acme;
    let Everything { crm, .. } = acme;
    let Everything { contact, copy, integration, api_key, opt_out, phone, .. } = acme;
    let by_provider = ForeignId::Provider(&integration.id, provider_message);
    let tenant = scope.tenant().await.unwrap();
    let integrations = scope.integrations().await.unwrap();
    let is_among = integrations.iter().any(|it| it.id == integration.id);
    let conversation = &message.body.conversation;
    let route = message.body.route.as_ref().unwrap();
    vec![
        ("tenant", tenant.brand == "acme"),
        ("integration", scope.integration(&integration.id).await.unwrap().is_some()),
        ("integrations", is_among),
        ("api_key", scope.api_key(api_key).await.unwrap().is_some()),
        ("api_keys", has(scope.api_keys(Asked::newest(10)).await)),
        ("credentials", !scope.credentials(&integration.id).await.unwrap().is_empty()),
        ("event", scope.event(&event.body.id).await.unwrap().is_some()),
        ("message", scope.message(&message.body.id).await.unwrap().is_some()),
        ("message_called", scope.message_called(by_provider).await.unwrap().is_some()),
        ("conversation", scope.conversation(conversation).await.unwrap().is_some()),
        ("contact_called", scope.contact_called(&contact.crm_contact).await.unwrap().is_some()),
        ("owner_of", scope.owner_of(phone).await.unwrap().is_some()),
        ("last_owner_of", scope.last_owner_of(phone).await.unwrap().is_some()),
        ("phone_of", scope.phone_of(&contact.crm_contact).await.unwrap().is_some()),
        ("lead", scope.lead(&contact.id).await.unwrap().is_some()),
        ("deal", scope.deal(&crm.deal).await.unwrap().is_some()),
        ("deals", has(scope.deals(Some(&contact.id), few()).await)),
        ("appointment", scope.appointment(&crm.appointment).await.unwrap().is_some()),
        ("appointments", has(scope.appointments(Some(&contact.id), few()).await)),
        ("user", scope.user(&crm.user).await.unwrap().is_some()),
        ("users", has(scope.users(few()).await)),
        ("leads", has(scope.leads(Some(phone), few()).await)),
        ("tokens", scope.tokens(&crm.connection).await.unwrap().is_some()),
        ("opt_out", scope.opt_out(&opt_out.body.phone).await.unwrap().is_some()),
        ("tenant_row", scope.tenant_row().await.unwrap().unwrap().body.brand == "acme"),
        ("integration_row", scope.integration_row(&integration.id).await.unwrap().is_some()),
        ("events", has(scope.events(&integration.id, few()).await)),
        ("messages", has(scope.messages(conversation, few()).await)),
        ("conversations", has(scope.conversations(few()).await)),
        ("number", scope.number(&route.number).await.unwrap().is_some()),
        ("numbers", has(scope.numbers(few()).await)),
        ("people", has(scope.people(few()).await)),
        ("opt_outs", has(scope.opt_outs(few()).await)),
        ("consents", has(scope.consents(few()).await)),
        ("consent_history", has(scope.consent_history(phone, few()).await)),
        ("log_of_conversation", has(scope.log_of_conversation(conversation, few()).await)),
        ("audit_log", has(scope.audit_log(few()).await)),
        ("waiting", has(scope.waiting(Table::State, few()).await)),
        ("allowance", scope.allowance(Provider::Ghl).await.unwrap().is_some()),
        ("breaker", scope.breaker(Provider::Ghl).await.unwrap().is_some()),
        ("resumption", scope.resumption().await.unwrap().is_some()),
        ("telling", scope.telling(&telling.body.crm_message).await.unwrap().is_some()),
        ("log_of_day", has(scope.log_of_day(NOON, few()).await)),
        ("contact_copies", has(scope.contact_copies(phone, few()).await)),
        ("contact_copy", scope.contact_copy(&copy.integration, phone).await.unwrap().is_some()),
    ]
}

fn few() -> Asked {
    Asked::oldest(10)
}

fn has<T>(page: Result<Page<T>, StoreError>) -> bool {
    !page.unwrap().items.is_empty()
}
