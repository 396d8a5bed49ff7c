//! People: who they are, whose phone it is, and whether they may be texted.

use aws::Asked;
use domain::{
    consent::{Act, Source},
    ids::{ContactId, CrmContactId, CrmOpportunityId, CrmUserId},
    lead::Lead,
    zone::ZoneSource,
};
use serde_json::{Value, json};

use super::{anna_texts, outcome, tell, told};
use crate::world::{ANNA, World};

async fn lead(world: &World, crm_contact: &str) -> Lead {
    let crm_contact = CrmContactId::parse(crm_contact).unwrap();
    let contact = ContactId::of(&world.acme.tenant, &crm_contact);
    world.scope().lead(&contact).await.unwrap().unwrap().body
}

fn switch(contact: &CrmContactId, sms: &str) -> Value {
    json!({ "id": contact, "phone": ANNA, "dndSettings": { "SMS": { "status": sms } } })
}

async fn standing(world: &World) -> Option<(bool, Source)> {
    let standing = world.scope().opt_out(&ANNA.parse().unwrap()).await.unwrap();
    standing.map(|it| (it.body.active, it.body.source))
}

#[tokio::test]
async fn a_new_contact_is_known_with_their_zone_and_how_we_know_it() {
    let world = World::new().await;
    let anna = json!({ "id": "c1", "firstName": "Anna", "lastName": "Lee", "phone": ANNA });
    tell(&world, "ContactCreate", anna.clone()).await;
    let known = lead(&world, "c1").await;
    assert_eq!(known.name.unwrap().as_str(), "Anna Lee");
    let zone = known.zone.unwrap();
    assert_eq!((zone.name.as_str(), zone.from), ("America/New_York", ZoneSource::AreaCode));

    let mut moved = anna;
    moved["state"] = json!("California");
    moved["tags"] = json!(["hot"]);
    tell(&world, "ContactTagUpdate", moved).await;
    let known = lead(&world, "c1").await;
    assert_eq!(known.tags.len(), 1);
    assert_eq!(known.zone.unwrap().from, ZoneSource::Address);

    // Her text goes to the contact without the CRM being asked whose phone it is.
    let phone = ANNA.parse().unwrap();
    let owner = world.scope().owner_of(&phone).await.unwrap().unwrap();
    assert_eq!(owner.crm_contact.as_str(), "c1");
}

#[tokio::test]
async fn a_deleted_contact_is_let_go_and_found_anew_by_the_next_text() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    tell(&world, "ContactDelete", json!({ "id": contact, "phone": ANNA })).await;
    assert!(lead(&world, contact.as_str()).await.gone_at.is_some());
    let phone = ANNA.parse().unwrap();
    assert!(world.scope().owner_of(&phone).await.unwrap().is_none());

    world.texting.receives_text(ANNA, world.acme.numbers.texting.as_str(), "again", &[]).await;
    world.settle().await;
    assert!(world.scope().owner_of(&phone).await.unwrap().is_some());
    assert_eq!(world.heard_in_ghl(ANNA), ["hello", "again"], "what was said is kept");
}

#[tokio::test]
async fn who_is_not_to_be_disturbed_in_ghl_is_not_texted_until_ghl_says_otherwise() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    tell(&world, "ContactDndUpdate", switch(&contact, "active")).await;
    assert_eq!(standing(&world).await, Some((true, Source::Ghl)));
    world.agent_sends(ANNA, "hi").await;
    world.settle().await;
    assert!(world.texting.sent().is_empty());
    assert_eq!(world.tags(ANNA), ["DNC-SMS", "SMS Opted Out"], "as after a STOP");

    tell(&world, "ContactDndUpdate", switch(&contact, "inactive")).await;
    assert_eq!(standing(&world).await, Some((false, Source::Ghl)));
    assert!(world.tags(ANNA).is_empty());
    let ledger = world.scope().consent_history(&ANNA.parse().unwrap(), Asked::oldest(9)).await;
    let acts: Vec<_> = ledger.unwrap().items.into_iter().map(|it| (it.act, it.source)).collect();
    assert_eq!(acts, [(Act::Revoked, Source::Ghl), (Act::Granted, Source::Ghl)]);
}

/// The events of an agent who changes their mind twice come late. What we do about the first does not
/// touch the switch, which has moved on.
#[tokio::test]
async fn a_switch_that_was_moved_again_before_we_heard_of_it_counts_as_it_was_moved() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    tell(&world, "ContactDndUpdate", switch(&contact, "active")).await;
    let at = |seconds: i64| (world.now() + jiff::SignedDuration::from_secs(seconds)).to_string();
    let (off, on) = (at(10), at(20));
    world.advance(60);
    for (sms, at) in [("inactive", off), ("active", on)] {
        let mut moved = switch(&contact, sms);
        moved["timestamp"] = json!(at);
        tell(&world, "ContactDndUpdate", moved).await;
        world.advance(10);
    }
    assert_eq!(standing(&world).await, Some((true, Source::Ghl)));
    world.agent_sends(ANNA, "hi").await;
    world.settle().await;
    assert!(world.texting.sent().is_empty());
}

#[tokio::test]
async fn a_stop_outlives_the_switch_in_ghl_and_our_own_switch_is_no_news() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    world.texting.receives_text(ANNA, world.acme.numbers.texting.as_str(), "STOP", &[]).await;
    world.settle().await;
    world.advance(60);
    tell(&world, "ContactDndUpdate", switch(&contact, "active")).await;
    assert_eq!(standing(&world).await, Some((true, Source::Texting)), "it keeps its source");

    tell(&world, "ContactDndUpdate", switch(&contact, "inactive")).await;
    assert_eq!(standing(&world).await, Some((true, Source::Texting)));
    let standing = world.scope().opt_out(&ANNA.parse().unwrap()).await.unwrap().unwrap().body;
    assert_eq!(standing.crm_told, Some(true), "GoHighLevel was told again");
    assert!(!world.ghl_may_text(ANNA));
}

#[tokio::test]
async fn an_older_event_changes_nothing() {
    let world = World::new().await;
    let named = |name: &str, at: &str| json!({ "id": "c1", "name": name, "timestamp": at });
    tell(&world, "ContactUpdate", named("Anna Lee", "2026-01-01T11:59:00Z")).await;
    tell(&world, "ContactUpdate", named("Anna", "2026-01-01T11:58:00Z")).await;
    assert_eq!(lead(&world, "c1").await.name.unwrap().as_str(), "Anna Lee");
    assert_eq!(outcome(&told(&world).await[0]), "nothing_new");
}

#[tokio::test]
async fn deals_and_users_are_kept_as_ghl_last_told_of_them() {
    let world = World::new().await;
    let deal = |stage: &str| json!({ "id": "o1", "contactId": "c1", "pipelineStageId": stage });
    tell(&world, "OpportunityCreate", deal("new")).await;
    tell(&world, "OpportunityStageUpdate", deal("won")).await;
    let id = CrmOpportunityId::parse("o1").unwrap();
    let kept = world.scope().deal(&id).await.unwrap().unwrap().body;
    assert_eq!(kept.it.stage.as_deref(), Some("won"));
    tell(&world, "OpportunityDelete", deal("won")).await;
    tell(&world, "OpportunityUpdate", deal("won")).await;
    assert!(world.scope().deal(&id).await.unwrap().unwrap().body.it.is_deleted);

    tell(&world, "UserCreate", json!({ "id": "u1", "firstName": "Ben" })).await;
    let user = world.scope().user(&CrmUserId::parse("u1").unwrap()).await.unwrap().unwrap();
    assert_eq!(user.body.it.name.unwrap().as_str(), "Ben");
}

/// An agent flips the switch, the person says STOP themselves, and the agent flips it back.
#[tokio::test]
async fn a_stop_that_comes_after_the_switch_outlives_it() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    tell(&world, "ContactDndUpdate", switch(&contact, "active")).await;
    world.texting.receives_text(ANNA, world.acme.numbers.texting.as_str(), "STOP", &[]).await;
    world.settle().await;
    world.advance(60);
    tell(&world, "ContactDndUpdate", switch(&contact, "inactive")).await;
    assert_eq!(standing(&world).await, Some((true, Source::Texting)));
    assert!(!world.ghl_may_text(ANNA));
}

#[tokio::test]
async fn another_contact_with_the_same_phone_lifts_nothing() {
    let world = World::new().await;
    let contact = anna_texts(&world).await;
    tell(&world, "ContactDndUpdate", switch(&contact, "active")).await;
    let other = CrmContactId::parse("c2").unwrap();
    tell(&world, "ContactDndUpdate", switch(&other, "inactive")).await;
    assert_eq!(standing(&world).await, Some((true, Source::Ghl)));
}

#[tokio::test]
async fn somebody_new_whose_switch_is_on_already_is_not_texted() {
    let world = World::new().await;
    let anna = CrmContactId::parse("c1").unwrap();
    tell(&world, "ContactCreate", switch(&anna, "active")).await;
    assert_eq!(standing(&world).await, Some((true, Source::Ghl)));
}

#[tokio::test]
async fn a_number_that_passes_to_somebody_else_leads_to_them() {
    let world = World::new().await;
    let owner = async || {
        let owner = world.scope().owner_of(&ANNA.parse().unwrap()).await.unwrap().unwrap();
        owner.crm_contact.to_string()
    };
    tell(&world, "ContactCreate", json!({ "id": "c1", "phone": ANNA })).await;
    tell(&world, "ContactCreate", json!({ "id": "c2", "phone": ANNA })).await;
    assert_eq!(owner().await, "c1", "of two who have it, the first");
    tell(&world, "ContactUpdate", json!({ "id": "c1", "phone": "+12125550177" })).await;
    tell(&world, "ContactUpdate", json!({ "id": "c2", "phone": ANNA })).await;
    assert_eq!(owner().await, "c2");
    tell(&world, "ContactUpdate", json!({ "id": "c2" })).await;
    tell(&world, "ContactUpdate", json!({ "id": "c3", "phone": ANNA })).await;
    assert_eq!(owner().await, "c3", "a number that is taken away leads nowhere");
}
