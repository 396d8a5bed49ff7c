//! Every request that the client can make is one that GoHighLevel's published documents allow: its
//! path, method, version, required fields and types. The simulator checks each call against them, and
//! a world that saw one which they do not allow fails.

use std::{collections::BTreeSet, fs, path::Path};

use app::CrmError;
use domain::{
    allowance::Lane,
    ids::{CompanyId, LocationId, MessageId},
    text::MessageText,
};
use ghl::{
    Dnd, InboundPost, Session, Sought,
    oauth::{Agency, App, AuthorizationCode, Level, Owner},
};
use local::{
    seed::{APP, APP_SECRET},
    sims::ghl::Consent,
};

use crate::world::{ANNA, NOON, World};

/// What the client can be asked, and what it asks for it.
const METHODS: [(&str, &[&str]); 14] = [
    ("add_inbound", &["add_inbound"]),
    ("add_tags", &["add_tags"]),
    ("contact_by_phone", &["search_duplicate"]),
    ("exchange_code", &["oauth_token"]),
    ("find_inbound", &["search_conversations", "list_messages"]),
    ("installed_locations", &["installed_locations"]),
    ("location_token", &["location_token"]),
    ("probe", &["search_conversations"]),
    ("reconnect", &["oauth_reconnect"]),
    ("refresh", &["oauth_token"]),
    ("remove_tags", &["remove_tags"]),
    ("set_sms_dnd", &["update_contact"]),
    ("set_status", &["update_status"]),
    ("upsert_contact", &["upsert_contact"]),
];

#[test]
fn every_method_of_the_client_is_in_the_table() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("shared/ghl/src");
    let mut found = BTreeSet::new();
    for folder in [source.clone(), source.join("oauth")] {
        for file in fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
            let text = fs::read_to_string(file).unwrap_or_default();
            let methods = text.split("    pub async fn ").skip(1);
            found.extend(methods.filter_map(|it| Some(it.split_once('(')?.0.to_owned())));
        }
    }
    assert_eq!(found, METHODS.into_iter().map(|(name, _)| name.to_owned()).collect());
}

/// Everything that is asked with a location's token.
async fn about_people(world: &World, session: &Session) -> Result<(), CrmError> {
    let client = &world.another_crm().await.client;
    let phone = ANNA.parse().unwrap();
    let contact = client.upsert_contact(session, &phone).await?.id;
    client.contact_by_phone(session, &phone).await?;
    client.add_tags(session, &contact, &["DNC-SMS"]).await?;
    client.remove_tags(session, &contact, &["DNC-SMS"]).await?;
    for dnd in [Dnd::On { message: "STOP".to_owned() }, Dnd::Off] {
        client.set_sms_dnd(session, &contact, dnd).await?;
    }
    let (text, alt_id) = (MessageText::new("hello"), MessageId::parse("msg_1").unwrap());
    let post =
        InboundPost { contact: &contact, text: &text, media: &[], alt_id: &alt_id, date: NOON };
    client.add_inbound(session, &post).await?;
    let sought = Sought { contact: &contact, text: &text, alt_id: &alt_id, date: NOON };
    client.find_inbound(session, &sought).await?;
    client.probe(session).await.unwrap();
    Ok(())
}

/// Everything that is asked with the app's secret, or with an agency's token.
async fn about_tokens(world: &World) {
    let client = &world.another_crm().await.client;
    let app = App {
        base_url: world.ghl.base_url(),
        client_id: APP.to_owned(),
        client_secret: APP_SECRET.into(),
        redirect_uri: format!("{}/oauth/crm/callback", world.origin),
    };
    let locations = vec![world.acme.location.to_string()];
    let code = world.ghl.consent(Consent::Agency { locations, future: false });
    let code = AuthorizationCode::new(&code);
    let agency = client.exchange_code(&app, &code, Some(Level::Company)).await.unwrap();
    let company: CompanyId = agency.company.unwrap();
    let refreshed = agency.refresh_token.unwrap();
    let agency = client.refresh(&app, &refreshed, Level::Company).await.unwrap();
    let agency = Agency { app: app.clone(), company, token: agency.access_token, gate: None };
    client.installed_locations(&agency, 0).await.unwrap();
    let location: &LocationId = &world.acme.location;
    client.location_token(&agency, location).await.unwrap();
    client.reconnect(&app, &Owner::Location(location.clone())).await.unwrap();
}

#[tokio::test]
async fn every_request_is_one_that_the_published_documents_allow() {
    let world = World::new().await;
    let (crm, tenant) = (world.another_crm().await, &world.acme.tenant);
    let connections = &world.functions.report_consumer.connections;
    let session = async |session: &Session| about_people(&world, session).await;
    crm.speaking(connections, (tenant, Lane::Reply), world.now(), session).await.unwrap();
    about_tokens(&world).await;
    // Only a message that was sent has a status.
    let sent = world.agent_sends(ANNA, "hi").await;
    world.advance(60);
    world.settle().await;
    world.texting.deliver_callbacks().await;
    world.twilio.deliver_callbacks().await;
    world.settle().await;
    assert_eq!(world.ghl.message(&sent.message_id).unwrap().status, "delivered");

    let calls: BTreeSet<_> = world.ghl.calls().into_iter().map(|it| it.operation).collect();
    let expected = METHODS.into_iter().flat_map(|(_, operations)| operations).copied().collect();
    assert_eq!(calls, expected);
    assert!(world.ghl.violations().is_empty(), "{:?}", world.ghl.violations());
}
