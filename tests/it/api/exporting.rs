//! Exports have all of it, however many pages that is.

use std::collections::BTreeSet;

use aws::Commit;
use domain::{
    crm_event::{DealNews, UserNews},
    ids::{CrmContactId, CrmOpportunityId, CrmUserId},
    mirror::Mirror,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Key;
use crate::{
    ghl_events::tell,
    tables::Tables,
    world::{ANNA, NOON, World},
};

/// More than there is on a page of any list.
const MANY: usize = 120;

fn later(seconds: i64) -> Timestamp {
    NOON + SignedDuration::from_secs(seconds)
}

/// So many deals of a contact's; without one, of nobody's.
async fn keep_deals(world: &World, contact: Option<&str>) {
    for n in (0..).take(MANY) {
        let news = DealNews {
            id: CrmOpportunityId::parse(&format!("o{n}")).unwrap(),
            is_deleted: false,
            contact: contact.map(|it| CrmContactId::parse(it).unwrap()),
            name: Some("a new knee".to_owned().into()),
            pipeline: None,
            stage: None,
            status: None,
            value: None,
            assigned_to: None,
        };
        let deal = Mirror::told(None, &world.acme.tenant, &news, later(n)).unwrap();
        let kept = world.scope().transaction().set_deal(None, &deal).commit().await;
        assert_eq!(kept.unwrap(), Commit::Done);
    }
}

async fn keep_users(world: &World) {
    for n in (0..).take(MANY) {
        let id = CrmUserId::parse(&format!("u{n}")).unwrap();
        let news = UserNews { id, is_deleted: false, name: None, role: None };
        let user = Mirror::told(None, &world.acme.tenant, &news, later(n)).unwrap();
        let kept = world.scope().transaction().set_user(None, &user).commit().await;
        assert_eq!(kept.unwrap(), Commit::Done);
    }
}

/// How many records of a kind there are, with no thing twice.
fn count(records: &[Value], kind: &str) -> usize {
    let found: Vec<_> = records.iter().filter(|it| it["kind"] == kind).collect();
    let ids: BTreeSet<_> = found.iter().map(|it| it["record"]["it"]["id"].as_str()).collect();
    assert_eq!(ids.len(), found.len(), "a record of the kind {kind} is there twice");
    ids.len()
}

#[tokio::test]
async fn all_deals_of_a_person_are_exported_and_erased() {
    let world = World::new().await;
    let (admin, operator) = (Key::of(&world, "acme", "admin").await, Key::operator(&world).await);
    tell(&world, "ContactCreate", json!({ "id": "c1", "phone": ANNA })).await;
    keep_deals(&world, Some("c1")).await;

    let person = admin.get_all("/v1/people/export?phone=%2B12125550123").await;
    assert_eq!(count(&person, "opportunity"), MANY);
    assert_eq!(person.iter().filter(|it| it["kind"] == "contact").count(), 1);
    let tenant = operator.get_all("/v1/tenants/acme/export").await;
    assert_eq!(count(&tenant, "opportunity"), MANY);

    let why = json!({ "phone": ANNA, "reason": "asked" });
    // A slow machine needs more than the time of one request for so many.
    for _ in 0..9 {
        if admin.post("/v1/people/erase", &why).await.expect(200)["complete"] == true {
            break;
        }
    }
    for (_, item) in Tables::of(&world).items().await {
        assert!(!item.to_string().contains("knee"), "{item}");
    }
    world.settle().await;
}

#[tokio::test]
async fn all_that_is_nobodys_and_all_who_work_there_are_exported() {
    let world = World::new().await;
    let operator = Key::operator(&world).await;
    keep_deals(&world, None).await;
    keep_users(&world).await;

    let records = operator.get_all("/v1/tenants/acme/export").await;
    assert_eq!(count(&records, "opportunity"), MANY);
    assert_eq!(count(&records, "user"), MANY);
    world.settle().await;
}
