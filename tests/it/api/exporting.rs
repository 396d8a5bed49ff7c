//! Exports have all of it, however many pages that is, and whatever happens between two of them.

use std::collections::BTreeSet;

use aws::{Added, Commit, Transaction};
use domain::{
    consent::{Act, ConsentEntry, Source},
    conversation::{Contact, Conversation, Route},
    crm_event::{AppointmentNews, DealNews, UserNews},
    delivery::Delivery,
    ids::{
        ContactId, ConversationId, CrmAppointmentId, CrmContactId, CrmOpportunityId, CrmUserId,
        MessageId,
    },
    message::{Message, Purpose},
    mirror::Mirror,
    number::{Number, Registration, UseFor},
    text::MessageText,
};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Key;
use crate::{
    ghl_events::tell,
    tables::Tables,
    world::{ANNA, BEN, NOON, World},
};

/// More than there is on a page of any list.
const MANY: usize = 120;

/// So many are written at once.
const AT_ONCE: usize = 8;

const CLEO: &str = "+12125550125";

const TENANT: &str = "/v1/tenants/acme/export";
const OF_ANNA: &str = "/v1/people/export?phone=%2B12125550123";
const OF_BEN: &str = "/v1/people/export?phone=%2B12125550124";

fn later(seconds: i64) -> Timestamp {
    NOON + SignedDuration::from_secs(seconds)
}

async fn commit(transaction: Transaction<'_>) {
    assert_eq!(transaction.commit().await.unwrap(), Commit::Done);
}

/// Does this for so many numbers.
async fn many<F: Future<Output = ()>>(keep: impl Fn(i64) -> F) {
    stream::iter((0..).take(MANY)).for_each_concurrent(AT_ONCE, keep).await;
}

/// A contact's deal; without one, nobody's.
async fn keep_deal(world: &World, contact: Option<&str>, n: i64) {
    let news = DealNews {
        id: CrmOpportunityId::parse(&format!("o{n}")).unwrap(),
        is_deleted: false,
        is_partial: false,
        contact: contact.map(|it| CrmContactId::parse(it).unwrap()),
        name: Some("a new knee".to_owned().into()),
        pipeline: None,
        stage: None,
        status: None,
        value: None,
        assigned_to: None,
    };
    let deal = Mirror::told(None, &world.acme.tenant, &news, later(n)).unwrap();
    commit(world.scope().transaction().set_deal(None, &deal)).await;
}

/// The deal is called something else, since after all others were heard of.
async fn rename_deal(world: &World, n: i64) {
    let id = CrmOpportunityId::parse(&format!("o{n}")).unwrap();
    let row = world.scope().deal(&id).await.unwrap().unwrap();
    let news = DealNews { name: Some("an old hip".to_owned().into()), ..row.body.it.clone() };
    let deal = Mirror::told(Some(&row.body), &world.acme.tenant, &news, later(1000 + n)).unwrap();
    commit(world.scope().transaction().set_deal(Some(&row), &deal)).await;
}

async fn keep_appointment(world: &World, contact: &str, n: i64) {
    let news = AppointmentNews {
        id: CrmAppointmentId::parse(&format!("a{n}")).unwrap(),
        is_deleted: false,
        is_partial: false,
        contact: Some(CrmContactId::parse(contact).unwrap()),
        calendar: None,
        title: Some("a look at the knee".to_owned().into()),
        address: None,
        status: None,
        assigned_to: None,
        starts_at: None,
        ends_at: None,
    };
    let appointment = Mirror::told(None, &world.acme.tenant, &news, later(n)).unwrap();
    commit(world.scope().transaction().set_appointment(None, &appointment)).await;
}

async fn keep_user(world: &World, n: i64) {
    let id = CrmUserId::parse(&format!("u{n}")).unwrap();
    let news = UserNews { id, is_deleted: false, is_partial: false, name: None, role: None };
    let user = Mirror::told(None, &world.acme.tenant, &news, later(n)).unwrap();
    commit(world.scope().transaction().set_user(None, &user)).await;
}

async fn keep_number(world: &World, n: i64) {
    let number = format!("+1415556{n:04}").parse().unwrap();
    let number = Number {
        route: Route { channel: world.acme.texting.clone(), number },
        use_for: UseFor::Nothing,
        registration: Registration::Unknown,
        added_at: NOON,
    };
    commit(world.scope().transaction().add_number(&number)).await;
}

async fn keep_consent(world: &World, n: i64) {
    let phone = ANNA.parse().unwrap();
    let said = format!("yes, for the {n}th time");
    let entry = ConsentEntry::new(phone, Act::Granted, Source::Manual, said, later(n));
    commit(world.scope().transaction().add_consent(&entry, &format!("c{n}"))).await;
}

/// Something that an agent said in a conversation, `n` seconds after it began.
async fn keep_text(world: &World, phone: &str, begun: Timestamp, n: i64) {
    let at = begun + SignedDuration::from_secs(n);
    let tenant = &world.acme.tenant;
    let (words, to) = (format!("{phone} {n}"), phone.parse().unwrap());
    let id = MessageId::mirrored(tenant, &words);
    let text = MessageText::new(words);
    let message = Message::outgoing(id, tenant, Purpose::Mirrored, to, text, at);
    let message = Message { delivery: Delivery::Sent { at }, due: None, ..message };
    assert_eq!(world.scope().add_message(&message).await.unwrap(), Added::New);
}

/// A conversation of so many texts.
async fn keep_conversation(world: &World, phone: &str, begun: Timestamp) {
    many(|n| keep_text(world, phone, begun, n)).await;
    let (channel, number) = (world.acme.texting.clone(), world.acme.numbers.texting.clone());
    let phone = phone.parse().unwrap();
    let conversation = Conversation {
        id: ConversationId::with(&world.acme.tenant, &phone),
        phone,
        contact: None,
        route: Route { channel, number },
        crm_conversation: None,
        last_at: begun + SignedDuration::from_mins(2),
        last_inbound_at: None,
        read_until: None,
        unread: None,
        unread_at: None,
    };
    commit(world.scope().transaction().put_conversation(None, &conversation)).await;
}

/// A phone that is noted, and leads to a contact of whom the CRM may say something else, or nothing.
async fn own(world: &World, phone: &str, contact: &str) {
    let phone = phone.parse().unwrap();
    let crm_contact = CrmContactId::parse(contact).unwrap();
    let id = ContactId::of(&world.acme.tenant, &crm_contact);
    world.scope().note_person(&phone, NOON).await.unwrap();
    let contact = Contact { id, crm_contact };
    commit(world.scope().transaction().know_contact(&contact, &phone)).await;
}

async fn receives(world: &World, phone: &str, text: &str) {
    world.texting.receives_text(phone, world.acme.numbers.texting.as_str(), text, &[]).await;
    world.settle().await;
}

/// The export of a tenant, in which something happens after the first page with such a record.
async fn export_while(
    operator: &Key<'_>,
    is_awaited: impl Fn(&Value) -> bool,
    happens: impl AsyncFnOnce(),
) -> Vec<Value> {
    let (mut records, mut happens) = (Vec::new(), Some(happens));
    let mut path = TENANT.to_owned();
    loop {
        let page = operator.get(&path).await.expect(200);
        let told = page["items"].as_array().unwrap();
        records.extend(told.iter().cloned());
        if told.iter().any(&is_awaited)
            && let Some(happens) = happens.take()
        {
            happens().await;
        }
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{TENANT}?cursor={cursor}");
    }
    assert!(happens.is_none(), "it never came to that");
    records
}

/// What all records of a kind have at this place.
fn all<'a>(records: &'a [Value], kind: &str, place: &str) -> Vec<&'a str> {
    let found = records.iter().filter(|it| it["kind"] == kind);
    found.map(|it| it["record"].pointer(place).unwrap().as_str().unwrap()).collect()
}

/// How many records of a kind there are, with no thing twice.
fn count(records: &[Value], kind: &str, id: &str) -> usize {
    let ids = all(records, kind, id);
    let distinct: BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "a record of the kind {kind} is there twice");
    ids.len()
}

#[tokio::test]
async fn all_deals_of_a_person_are_exported_and_erased() {
    let world = World::new().await;
    let (admin, operator) = (Key::of(&world, "acme", "admin").await, Key::operator(&world).await);
    tell(&world, "ContactCreate", json!({ "id": "c1", "phone": ANNA })).await;
    many(|n| keep_deal(&world, Some("c1"), n)).await;

    let person = admin.get_all(OF_ANNA).await;
    assert_eq!(count(&person, "opportunity", "/it/id"), MANY);
    assert_eq!(all(&person, "contact", "/crm_contact"), ["c1"]);
    let tenant = operator.get_all(TENANT).await;
    assert_eq!(count(&tenant, "opportunity", "/it/id"), MANY);

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
    many(|n| keep_deal(&world, None, n)).await;
    many(|n| keep_user(&world, n)).await;

    let records = operator.get_all(TENANT).await;
    assert_eq!(count(&records, "opportunity", "/it/id"), MANY);
    assert_eq!(count(&records, "user", "/it/id"), MANY);
    world.settle().await;
}

#[tokio::test]
async fn all_numbers_and_all_that_somebody_said_of_being_texted_are_exported() {
    let world = World::new().await;
    let (admin, operator) = (Key::of(&world, "acme", "admin").await, Key::operator(&world).await);
    many(|n| keep_number(&world, n)).await;
    many(|n| keep_consent(&world, n)).await;

    assert_eq!(count(&admin.get_all(OF_ANNA).await, "consent", "/wording"), MANY);
    let tenant = operator.get_all(TENANT).await;
    assert_eq!(count(&tenant, "consent", "/wording"), MANY);
    assert!(count(&tenant, "number", "/number") >= MANY);
    world.settle().await;
}

/// The CRM told of their appointments, and never of them.
#[tokio::test]
async fn what_belongs_to_somebody_of_whom_nothing_else_is_known_is_exported() {
    let world = World::new().await;
    let (admin, operator) = (Key::of(&world, "acme", "admin").await, Key::operator(&world).await);
    own(&world, BEN, "c2").await;
    many(|n| keep_appointment(&world, "c2", n)).await;

    let person = admin.get_all(OF_BEN).await;
    assert_eq!(count(&person, "appointment", "/it/id"), MANY);
    let tenant = operator.get_all(TENANT).await;
    assert_eq!(count(&tenant, "appointment", "/it/id"), MANY);
    world.settle().await;
}

/// One has another phone, and of the other the CRM knows none.
#[tokio::test]
async fn a_contact_is_exported_once_of_a_tenant_and_with_each_phone_of_a_person() {
    let world = World::new().await;
    let (admin, operator) = (Key::of(&world, "acme", "admin").await, Key::operator(&world).await);
    tell(&world, "ContactCreate", json!({ "id": "c1", "phone": ANNA })).await;
    tell(&world, "ContactCreate", json!({ "id": "c3", "firstName": "Cleo" })).await;
    own(&world, BEN, "c1").await;
    own(&world, CLEO, "c3").await;
    keep_deal(&world, Some("c1"), 1).await;
    keep_deal(&world, Some("c3"), 3).await;

    let tenant = operator.get_all(TENANT).await;
    assert_eq!(all(&tenant, "contact", "/crm_contact"), ["c1", "c3"]);
    assert_eq!(all(&tenant, "opportunity", "/it/id"), ["o1", "o3"]);
    for of in [OF_ANNA, OF_BEN] {
        let person = admin.get_all(of).await;
        assert_eq!(all(&person, "contact", "/crm_contact"), ["c1"]);
        assert_eq!(all(&person, "opportunity", "/it/id"), ["o1"]);
    }
    world.settle().await;
}

#[tokio::test]
async fn a_text_that_comes_between_two_pages_hides_no_other() {
    let world = World::new().await;
    let operator = Key::operator(&world).await;
    keep_conversation(&world, ANNA, later(-7200)).await;
    keep_conversation(&world, BEN, later(-3600)).await;

    let is_annas = |it: &Value| it["kind"] == "message" && it["record"]["phone"] == ANNA;
    let records = export_while(&operator, is_annas, async || {
        receives(&world, BEN, "from ben").await;
        receives(&world, ANNA, "from anna").await;
    })
    .await;

    let told: BTreeSet<_> = all(&records, "message", "/text").into_iter().collect();
    assert!(told.contains("from ben") && told.contains("from anna"));
    assert_eq!(told.len(), 2 * MANY + 2);
    let phones: BTreeSet<_> = all(&records, "conversation", "/phone").into_iter().collect();
    assert_eq!(phones, [ANNA, BEN].into());
}

/// One was told of already, and the other was not yet.
#[tokio::test]
async fn deals_that_change_between_two_pages_are_not_passed_over() {
    let world = World::new().await;
    let operator = Key::operator(&world).await;
    many(|n| keep_deal(&world, None, n)).await;

    let is_deal = |it: &Value| it["kind"] == "opportunity";
    let records = export_while(&operator, is_deal, async || {
        rename_deal(&world, 10).await;
        rename_deal(&world, 110).await;
    })
    .await;

    let ids: BTreeSet<_> = all(&records, "opportunity", "/it/id").into_iter().collect();
    assert_eq!(ids.len(), MANY);
    let names = all(&records, "opportunity", "/it/name");
    assert_eq!(names[names.len() - 2..], ["an old hip"; 2]);
    world.settle().await;
}

/// Ben has a conversation from the beginning, Cleo has none, and Anna's begins when all were told.
#[tokio::test]
async fn who_first_texts_after_all_conversations_were_told_is_exported_with_theirs() {
    let world = World::new().await;
    let operator = Key::operator(&world).await;
    for (n, phone) in (0..).zip([BEN, CLEO, ANNA]) {
        world.scope().note_person(&phone.parse().unwrap(), later(n)).await.unwrap();
    }
    receives(&world, BEN, "hello").await;
    world.advance(1);

    let is_person = |it: &Value| it["kind"] == "person";
    let happens = async || receives(&world, ANNA, "my knee hurts").await;
    let records = export_while(&operator, is_person, happens).await;

    assert_eq!(all(&records, "conversation", "/phone"), [BEN, ANNA]);
    assert_eq!(all(&records, "person", "/phone"), [CLEO]);
    assert_eq!(all(&records, "message", "/text"), ["hello", "my knee hurts"]);
}
