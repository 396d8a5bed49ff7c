//! Which contact a number leads to, whatever GoHighLevel answers.

use crate::support::{Answer, Crm, answer, number};
use ghl::{CrmContact, Error, Kind};
use serde_json::json;

const PHONE: &str = "+12025550123";

async fn upsert(answers: impl IntoIterator<Item = Answer>) -> Result<(CrmContact, usize), Error> {
    let crm = Crm::answering(answers).await;
    let contact = crm.client.upsert_contact(&crm.session, &number(PHONE)).await?;
    Ok((contact, crm.asked().len()))
}

async fn find(found: Answer) -> Option<String> {
    let crm = Crm::answering([found]).await;
    let contact = crm.client.contact_by_phone(&crm.session, &number(PHONE)).await.unwrap();
    contact.map(String::from)
}

fn found(id: &str) -> Answer {
    answer(200, json!({ "contact": { "id": id, "phone": PHONE } }))
}

#[tokio::test]
async fn a_contact_with_the_number_is_taken_at_its_word() {
    for (is_new, contact) in [
        (true, json!({ "id": "c1", "phone": PHONE })),
        (false, json!({ "id": "c1", "phone": "+1 202-555-0123" })),
        (false, json!({ "id": "c1", "phone": "+15005550006", "additionalPhones": [PHONE] })),
        (false, json!({ "id": "c1", "additionalPhones": [{ "phone": PHONE, "label": null }] })),
    ] {
        let body = json!({ "new": is_new, "contact": contact });
        let (contact, calls) = upsert([answer(200, body)]).await.unwrap();
        assert_eq!((contact.id.as_str(), contact.is_new, calls), ("c1", is_new, 1));
    }
}

#[tokio::test]
async fn a_contact_without_the_number_is_looked_up_again() {
    for other in
        [json!({ "id": "c1", "phone": "+15005550006" }), json!({ "id": "c1", "phone": null })]
    {
        let body = json!({ "new": false, "contact": other });
        let (contact, _) = upsert([answer(200, body), found("c2")]).await.unwrap();
        assert_eq!(contact.id.as_str(), "c2");
    }
}

#[tokio::test]
async fn a_number_that_nobody_has_after_all_is_an_error() {
    let other = json!({ "new": true, "contact": { "id": "c1", "phone": null } });
    let error =
        upsert([answer(200, other), answer(200, json!({ "contact": null }))]).await.unwrap_err();

    assert_eq!((error.kind(), error.code()), (Kind::Refused, Some("NUMBER_NOT_KEPT")));
}

#[tokio::test]
async fn a_duplicate_is_the_contact_that_was_meant() {
    let duplicate = json!({
        "statusCode": 400,
        "message": "This location does not allow duplicated contacts.",
        "meta": { "contactId": "c7", "matchingField": "phone" },
    });
    let (contact, calls) = upsert([answer(400, duplicate)]).await.unwrap();

    assert_eq!((contact.id.as_str(), contact.is_new, calls), ("c7", false, 1));
}

#[tokio::test]
async fn a_422_that_made_the_contact_nevertheless_is_seen_through() {
    let strange = answer(422, json!({ "statusCode": 422, "message": ["something"] }));
    let (contact, _) = upsert([strange.clone(), found("c3")]).await.unwrap();
    assert_eq!(contact.id.as_str(), "c3");

    let error = upsert([strange, answer(200, json!({ "contact": null }))]).await.unwrap_err();
    assert_eq!((error.status(), error.may_have_happened()), (Some(422), true));
}

#[tokio::test]
async fn other_refusals_are_not_looked_into() {
    let error = upsert([answer(403, json!({ "message": "no" }))]).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Forbidden);
}

#[tokio::test]
async fn a_contact_with_another_number_is_not_found_by_this_one() {
    for (body, id) in [
        (json!({ "contact": { "id": "c1", "phone": PHONE } }), Some("c1")),
        (json!({ "contact": { "id": "c1" } }), Some("c1")),
        (json!({ "contact": { "id": "c1", "phone": "+15005550006" } }), None),
        (json!({ "contact": null }), None),
        (json!({}), None),
    ] {
        assert_eq!(find(answer(200, body.clone())).await.as_deref(), id, "{body}");
    }
}
