//! What a tenant's workflows post, with the integration's own secret.

use aws_lc_rs::hmac;
use domain::ids::CrmOpportunityId;
use serde_json::{Value, json};

use super::{anna_texts, ghl, tell, told};
use crate::{
    letters::{Answer, Letter},
    world::{ANNA, NOON, World},
};

const SECRET: &str = "a workflow's secret";

async fn with_secret() -> World {
    let world = World::new().await;
    let (scope, ghl) = (world.scope(), &ghl());
    let vault = &world.functions.vault;
    let sealed = vault.seal(scope, ghl, "workflow_secret", &SECRET.into(), NOON).await.unwrap();
    scope.set_credential(ghl, "workflow_secret", sealed).await.unwrap();
    world
}

async fn post(world: &World, address: &str, body: &Value, secret: &str) -> Answer {
    let body = body.to_string().into_bytes();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, &body);
    let signature = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, tag);
    let headers = vec![("content-type", "application/json".to_owned())];
    let letter = Letter { address: address.to_owned(), headers, body };
    letter.with("x-webhook-signature", &signature).post(world).await
}

#[tokio::test]
async fn a_workflows_event_is_acted_on_like_the_marketplaces() {
    let world = with_secret().await;
    let named = format!("/webhooks/ghl/ContactCreate?integration_id={}", ghl());
    let by_location = json!({ "locationId": world.acme.location, "id": "c1", "phone": ANNA });
    for (address, body) in
        [(named.as_str(), json!({ "id": "c2" })), ("/webhooks/ghl/ContactCreate", by_location)]
    {
        assert_eq!(post(&world, address, &body, SECRET).await.status, 200, "{address}");
    }
    world.settle().await;
    assert_eq!(told(&world).await.len(), 2);
}

#[tokio::test]
async fn whoever_does_not_know_the_secret_is_refused_and_learns_nothing() {
    let world = with_secret().await;
    let body = json!({ "locationId": world.acme.location, "id": "c1" });
    let (ours, other) = ("/webhooks/ghl/ContactCreate", "/webhooks/ghl/ContactCreate");
    let nobodys = format!("{other}?integration_id=nobody");
    let carriers = format!("{other}?integration_id={}", world.acme.texting);
    let mut answers = Vec::new();
    for (address, secret) in
        [(ours, "wrong"), (ours, ""), (nobodys.as_str(), SECRET), (carriers.as_str(), SECRET)]
    {
        answers.push(post(&world, address, &body, secret).await);
    }
    assert!(answers.iter().all(|it| it.status == 401 && it.body == answers[0].body));
    assert!(told(&world).await.is_empty());
}

#[tokio::test]
async fn a_workflow_speaks_for_its_own_location_only_and_not_for_the_app() {
    let world = with_secret().await;
    let zenith = world.another_tenant().await;
    let named = |kind: &str| format!("/webhooks/ghl/{kind}?integration_id={}", ghl());
    let elsewhere = json!({ "locationId": zenith.location, "id": "c1" });
    for (kind, body) in [("ContactCreate", elsewhere), ("UNINSTALL", json!({}))] {
        let answer = post(&world, &named(kind), &body, SECRET).await;
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains(r#""received":false"#), "{answer:?}");
    }
    assert!(told(&world).await.is_empty());
    world.settle().await;
}

/// A body says whose locations somebody works in. A workflow has no say in another tenant's.
#[tokio::test]
async fn a_workflow_that_names_others_locations_tells_its_own_tenant_only() {
    let world = with_secret().await;
    let zenith = world.another_tenant().await;
    let address = format!("/webhooks/ghl/UserDelete?integration_id={}", ghl());
    let body = json!({ "id": "u1", "locations": [zenith.location, world.acme.location] });
    assert_eq!(post(&world, &address, &body, SECRET).await.status, 200);
    world.settle().await;
    let user = domain::ids::CrmUserId::parse("u1").unwrap();
    assert!(world.scope().user(&user).await.unwrap().is_some());
    assert!(world.store.of(&zenith.tenant).user(&user).await.unwrap().is_none());
}

/// It has neither an id nor a time, so the same words later are not a repetition.
#[tokio::test]
async fn a_switch_that_goes_on_off_and_on_is_heard_three_times() {
    let world = with_secret().await;
    let address = format!("/webhooks/ghl/ContactDndUpdate?integration_id={}", ghl());
    let switch = |status: &str| json!({ "id": "c1", "phone": ANNA, "dndSettings": { "SMS": { "status": status } } });
    for (status, is_out) in [("active", true), ("inactive", false), ("active", true)] {
        assert_eq!(post(&world, &address, &switch(status), SECRET).await.status, 200);
        world.settle().await;
        let standing = world.scope().opt_out(&ANNA.parse().unwrap()).await.unwrap().unwrap().body;
        assert_eq!(standing.active, is_out, "{status}");
        world.advance(900);
    }
}

#[tokio::test]
async fn what_a_workflow_leaves_out_stays_as_it_was() {
    let world = with_secret().await;
    let named = |kind: &str| format!("/webhooks/ghl/{kind}?integration_id={}", ghl());
    let whole = json!({ "id": "c1", "phone": ANNA, "name": "Anna Lee", "tags": ["hot"] });
    let part = json!({ "id": "c1", "email": "anna@example.com" });
    for (kind, body) in [("ContactCreate", whole), ("ContactUpdate", part)] {
        assert_eq!(post(&world, &named(kind), &body, SECRET).await.status, 200);
        world.settle().await;
        world.advance(1);
    }
    let crm_contact = domain::ids::CrmContactId::parse("c1").unwrap();
    let contact = domain::ids::ContactId::of(&world.acme.tenant, &crm_contact);
    let lead = world.scope().lead(&contact).await.unwrap().unwrap().body;
    assert_eq!(lead.name.unwrap().as_str(), "Anna Lee");
    assert_eq!((lead.tags.len(), lead.email.unwrap().as_str()), (1, "anna@example.com"));
}

#[tokio::test]
async fn what_a_workflow_leaves_out_of_a_deal_stays_as_it_was() {
    let world = with_secret().await;
    let deal = json!({ "id": "o1", "contactId": "c1", "name": "Crown", "monetaryValue": 900 });
    tell(&world, "OpportunityCreate", deal).await;
    let address = format!("/webhooks/ghl/OpportunityStatusUpdate?integration_id={}", ghl());
    let part = json!({ "id": "o1", "status": "won" });
    assert_eq!(post(&world, &address, &part, SECRET).await.status, 200);
    world.settle().await;
    let deal = world.scope().deal(&CrmOpportunityId::parse("o1").unwrap()).await.unwrap();
    let deal = deal.unwrap().body.it;
    assert_eq!((deal.status.as_deref(), deal.value.as_deref()), (Some("won"), Some("900")));
    assert_eq!(deal.name.unwrap().as_str(), "Crown");
}

/// A workflow that says nothing of a number takes none away.
#[tokio::test]
async fn a_number_stays_with_whom_a_workflow_tells_something_else_of() {
    let world = with_secret().await;
    let contact = anna_texts(&world).await;
    let address = format!("/webhooks/ghl/ContactUpdate?integration_id={}", ghl());
    let part = json!({ "id": contact, "tags": ["vip"] });
    assert_eq!(post(&world, &address, &part, SECRET).await.status, 200);
    world.settle().await;
    tell(&world, "ContactCreate", json!({ "id": "c2", "phone": ANNA })).await;
    let owner = world.scope().owner_of(&ANNA.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(owner.crm_contact, contact);
}
