//! Which messages of a conversation can be the one we may have added.

use crate::support::{Answer, Crm, answer};
use domain::{
    ids::{CrmContactId, MessageId},
    text::MessageText,
};
use ghl::Sought;
use serde_json::{Value, json};

const DATE: &str = "2026-10-07T09:12:33.250Z";

async fn find(answers: impl IntoIterator<Item = Answer>) -> Vec<String> {
    let conversations = json!({ "conversations": [{ "id": "v1", "contactId": "c1" }] });
    search([answer(200, conversations)].into_iter().chain(answers)).await
}

async fn search(answers: impl IntoIterator<Item = Answer>) -> Vec<String> {
    let crm = Crm::answering(answers).await;
    let sought = Sought {
        contact: &CrmContactId::parse("c1").unwrap(),
        text: &MessageText::new("ok"),
        alt_id: &MessageId::parse("msg_1").unwrap(),
        date: DATE.parse().unwrap(),
    };
    let found = crm.client.find_inbound(&crm.session, &sought).await.unwrap();
    crm.paths(); // Every answer must have been needed.
    found.into_iter().map(|it| it.message.into()).collect()
}

fn page(messages: &[Value]) -> Answer {
    answer(200, json!({ "messages": { "messages": messages, "nextPage": false } }))
}

fn page_before(last: &str, messages: &[Value]) -> Answer {
    let page = json!({ "messages": messages, "nextPage": true, "lastMessageId": last });
    answer(200, json!({ "messages": page }))
}

fn message(id: &str, date: &str, body: &str) -> Value {
    json!({ "id": id, "direction": "inbound", "dateAdded": date, "body": body, "type": 2 })
}

#[tokio::test]
async fn a_text_with_the_same_words_at_the_same_time_can_be_it() {
    let messages = [
        message("same", DATE, "ok"),
        message("rounded", "2026-10-07T09:12:33Z", "ok "),
        message("other-words", DATE, "okay"),
        message("later", "2026-10-07T09:12:36Z", "ok"),
        message("earlier", "2026-10-07T09:12:31Z", "ok"),
        json!({ "id": "ours", "direction": "outbound", "dateAdded": DATE, "body": "ok" }),
        json!({ "id": "undated", "direction": "inbound", "body": "ok" }),
        json!("not a message"),
    ];
    assert_eq!(find([page(&messages)]).await, ["same", "rounded"]);
}

#[tokio::test]
async fn our_own_id_decides_where_it_is_shown() {
    let with_id = |id, alt_id, body| {
        let mut message = message(id, DATE, body);
        message["altId"] = json!(alt_id);
        message
    };
    let messages = [with_id("it", "msg_1", "changed"), with_id("another", "msg_2", "ok")];
    assert_eq!(find([page(&messages)]).await, ["it"]);
}

#[tokio::test]
async fn a_flat_page_is_read_like_a_nested_one() {
    let flat = json!({ "messages": [message("same", DATE, "ok")], "nextPage": false });
    assert_eq!(find([answer(200, flat)]).await, ["same"]);
}

#[tokio::test]
async fn pages_are_turned_until_the_time_has_passed() {
    let found = find([
        page_before(
            "m2",
            &[
                message("m1", "2026-10-07T11:00:00Z", "ok"),
                message("m2", "2026-10-07T10:00:00Z", "ok"),
            ],
        ),
        page_before(
            "m4",
            &[message("m3", DATE, "ok"), message("m4", "2026-10-07T08:00:00Z", "ok")],
        ),
    ])
    .await;
    assert_eq!(found, ["m3"]);
}

#[tokio::test]
async fn pages_in_another_order_are_all_turned() {
    let found = find([
        page_before(
            "m2",
            &[
                message("m1", "2026-10-07T07:00:00Z", "ok"),
                message("m2", "2026-10-07T08:00:00Z", "ok"),
            ],
        ),
        page(&[message("m3", DATE, "ok")]),
    ])
    .await;
    assert_eq!(found, ["m3"]);
}

#[tokio::test]
async fn a_conversation_that_never_ends_is_left_after_ten_pages() {
    let endless = page_before("m1", &[message("m1", "2026-10-07T11:00:00Z", "ok")]);
    assert!(find(vec![endless; 10]).await.is_empty());
}

#[tokio::test]
async fn a_contact_that_nobody_wrote_with_has_no_messages() {
    let theirs = json!({ "conversations": [{ "id": "v1", "contactId": "somebody-else" }] });
    for none in [json!({ "conversations": [] }), theirs] {
        assert!(search([answer(200, none)]).await.is_empty());
    }
}
