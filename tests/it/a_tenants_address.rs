//! A tenant may say where its own provider answers, and cannot have anything inside called by it.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use domain::{
    delivery::Delivery,
    failure::{Failure, Reason},
    ids::{CrmMessageId, IntegrationId, MessageId},
    integration::{Integration, Provider, Status},
};
use serde_json::json;
use tokio::net::TcpListener;

use crate::world::{ANNA, NOON, World};

#[tokio::test]
async fn a_tenants_own_provider_sends_its_texts() {
    let world = World::new().await;
    let url = world.texting.base_url();

    let asked = reply_through(&world, "acme-own", &url).await;

    assert_eq!(world.texting.sent().len(), 1);
    assert!(matches!(delivery(&world, &asked).await, Delivery::Accepted { .. }));
}

#[tokio::test]
async fn a_tenants_address_that_leads_inside_sends_nothing_and_says_why() {
    let world = World::new().await;
    let (port, connections) = somebody_inside().await;
    for (id, url) in [
        ("acme-plain", format!("http://127.0.0.1:{port}")),
        ("acme-number", format!("https://127.0.0.1:{port}")),
        ("acme-name", format!("https://localhost:{port}")),
        ("acme-metadata", "https://169.254.169.254".to_owned()),
        ("acme-other-spelling", "https://0xA9FEA9FE/latest".to_owned()),
    ] {
        let asked = reply_through(&world, id, &url).await;

        let Delivery::Failed { failure, .. } = delivery(&world, &asked).await else {
            panic!("{url} was not refused");
        };
        assert_eq!(failure, Failure::new(Reason::Misconfigured, "address_not_allowed"), "{url}");
        let shown = world.ghl.message(&asked).unwrap();
        assert_eq!(shown.status, "failed", "{url}");
        assert_eq!(shown.error.unwrap()["code"], "address_not_allowed", "{url}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
    assert!(world.texting.sent().is_empty(), "the installation's provider was not asked instead");
}

/// Anna texts a provider of acme's own, and an agent replies: through the same one, so to `url`.
async fn reply_through(world: &World, id: &str, url: &str) -> String {
    connect(world, &IntegrationId::parse(id).unwrap(), url).await;
    world.texting.set_webhook_url(format!("{}/webhooks/texting/{id}", world.origin));
    world.texting.receives_text(ANNA, world.acme.numbers.texting.as_str(), "hi", &[]).await;
    world.settle().await;

    let asked = world.agent_sends(ANNA, "hello").await;
    world.settle().await;
    asked.message_id
}

async fn connect(world: &World, id: &IntegrationId, url: &str) {
    let scope = world.scope();
    for (name, secret) in
        [("api_key", "texting-demo-key"), ("webhook_secret", world.texting_secret())]
    {
        let vault = &world.functions.vault;
        let sealed = vault.seal(scope, id, name, &secret.into(), NOON).await.unwrap();
        scope.set_credential(id, name, sealed).await.unwrap();
    }
    let settings = json!({ "base_url": url });
    let new = Integration::new(id.clone(), "inside", Provider::Texting, settings, NOON);
    let integration = Integration { status: Status::Active, ..new };
    scope.add_integration(&integration).await.unwrap();
}

/// Counts the connections that come to a port of this machine.
async fn somebody_inside() -> (u16, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, connections)
}

async fn delivery(world: &World, crm_message: &str) -> Delivery {
    let theirs = CrmMessageId::parse(crm_message).unwrap();
    let id = MessageId::from_crm(&world.acme.tenant, &theirs);
    world.scope().message(&id).await.unwrap().unwrap().body.delivery
}
