//! Contract: every call we make is one that GoHighLevel's own specification knows.
//!
//! The specification is generated and partly wrong. Where practice differs, the difference is
//! listed in [`Exceptions`], so that a new one cannot slip in.

use crate::support::{Answer, Asked, Crm, LOCATION, TOKEN, answer, number};
use domain::{
    crm_status::CrmStatus,
    failure::{Failure, Reason},
    ids::{CrmContactId, CrmMessageId, MessageId},
    text::{MediaUrl, MessageText},
};
use ghl::{Dnd, InboundPost, Provider, Sought};
use serde_json::{Value, json};

const CONTACTS: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../local/contracts/ghl-openapi/v2/contacts.json"
));
const CONVERSATIONS: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../local/contracts/ghl-openapi/v2/conversations.json"
));

const PHONE: &str = "+12025550123";

/// What the specification says and the API does not do.
struct Exceptions {
    operation: &'static str,
    /// "Required", and left out in practice.
    not_required: &'static [&'static str],
    /// Given the wrong type.
    mistyped: &'static [&'static str],
}

/// `contactId` alone makes the conversation, the default provider has no id, and `direction` is a
/// string in every example but an object in the schema.
const EXCEPTIONS: &[Exceptions] = &[Exceptions {
    operation: "post /conversations/messages/inbound",
    not_required: &["conversationId", "conversationProviderId"],
    mistyped: &["direction"],
}];

#[tokio::test]
async fn finding_or_making_a_contact_names_the_number_and_nothing_else() {
    let crm = Crm::answering([contact()]).await;
    crm.client.upsert_contact(&crm.session, &number(PHONE)).await.unwrap();

    let asked = one(&crm, CONTACTS, "post /contacts/upsert");
    assert_eq!(asked.body.unwrap(), json!({ "locationId": LOCATION, "phone": PHONE }));
}

#[tokio::test]
async fn looking_for_a_contact_keeps_the_plus_of_its_number() {
    let crm = Crm::answering([contact()]).await;
    crm.client.contact_by_phone(&crm.session, &number(PHONE)).await.unwrap();

    let asked = one(&crm, CONTACTS, "get /contacts/search/duplicate");
    assert!(asked.query.contains(&("number".to_owned(), PHONE.to_owned())));
}

#[tokio::test]
async fn do_not_disturb_concerns_sms_only() {
    for (dnd, sms) in [
        (
            Dnd::On { message: "They texted STOP".to_owned() },
            json!({ "status": "active", "message": "They texted STOP" }),
        ),
        (Dnd::Off, json!({ "status": "inactive" })),
    ] {
        let crm = Crm::answering([answer(200, json!({ "succeded": true }))]).await;
        crm.client.set_sms_dnd(&crm.session, &contact_id(), dnd).await.unwrap();

        let asked = one(&crm, CONTACTS, "put /contacts/{contactId}");
        assert_eq!(asked.body.unwrap(), json!({ "dndSettings": { "SMS": sms } }));
    }
}

#[tokio::test]
async fn tags_are_added_and_removed_at_their_own_address() {
    let tags = json!({ "tags": ["texted"] });

    let crm = Crm::answering([answer(201, tags.clone())]).await;
    crm.client.add_tags(&crm.session, &contact_id(), &["texted"]).await.unwrap();
    let asked = one(&crm, CONTACTS, "post /contacts/{contactId}/tags");
    assert_eq!(asked.body.as_ref(), Some(&tags));

    let crm = Crm::answering([answer(200, tags.clone())]).await;
    crm.client.remove_tags(&crm.session, &contact_id(), &["texted"]).await.unwrap();
    let asked = one(&crm, CONTACTS, "delete /contacts/{contactId}/tags");
    assert_eq!(asked.body.as_ref(), Some(&tags));
}

#[tokio::test]
async fn a_text_is_added_as_received_by_the_default_provider() {
    let crm = Crm::answering([added()]).await;
    let message = add(&crm).await;

    assert_eq!((message.message.as_str(), message.conversation.as_str()), ("m1", "v1"));
    let asked = one(&crm, CONVERSATIONS, "post /conversations/messages/inbound");
    assert_eq!(
        asked.body.unwrap(),
        json!({
            "type": "SMS",
            "contactId": "c1",
            "message": "Hi, is 3pm ok?",
            "attachments": ["https://media.example/a.png"],
            "direction": "inbound",
            "altId": "msg_1",
            "date": "2026-10-07T09:12:33.000Z",
        })
    );
}

#[tokio::test]
async fn a_text_is_labelled_custom_for_an_additional_provider() {
    let mut crm = Crm::answering([added()]).await;
    crm.session.provider = Provider::Additional { conversation_provider_id: "61d6".to_owned() };
    add(&crm).await;

    let body = one(&crm, CONVERSATIONS, "post /conversations/messages/inbound").body.unwrap();
    assert_eq!(
        (&body["type"], &body["conversationProviderId"]),
        (&json!("Custom"), &json!("61d6"))
    );
}

#[tokio::test]
async fn looking_for_a_text_reads_the_contacts_conversation() {
    let crm = Crm::answering([
        answer(200, json!({ "conversations": [{ "id": "v1", "contactId": "c1" }], "total": 1 })),
        answer(200, json!({ "messages": [], "nextPage": true, "lastMessageId": "m9" })),
        answer(200, json!({ "messages": [], "nextPage": false, "lastMessageId": "m9" })),
    ])
    .await;
    let (contact, text, alt_id) = (contact_id(), MessageText::new("Hi"), alt_id());
    let sought = Sought { contact: &contact, text: &text, alt_id: &alt_id, date: date() };
    crm.client.find_inbound(&crm.session, &sought).await.unwrap();

    let asked = crm.asked();
    check(&asked[0], CONVERSATIONS, "get /conversations/search");
    check(&asked[1], CONVERSATIONS, "get /conversations/{conversationId}/messages");
    check(&asked[2], CONVERSATIONS, "get /conversations/{conversationId}/messages");
    assert!(asked[2].query.contains(&("lastMessageId".to_owned(), "m9".to_owned())));
}

#[tokio::test]
async fn every_status_can_be_told() {
    let failure = Failure::new(Reason::Unreachable, "30005");
    for status in
        [CrmStatus::Pending, CrmStatus::Delivered, CrmStatus::Read, CrmStatus::Failed { failure }]
    {
        let crm = Crm::answering([answer(200, json!({}))]).await;
        let message = CrmMessageId::parse("m1").unwrap();
        crm.client.set_status(&crm.session, &message, &status).await.unwrap();

        one(&crm, CONVERSATIONS, "put /conversations/messages/{messageId}/status");
    }
}

/// The one call made, checked against the specification.
fn one(crm: &Crm, specification: &str, operation: &str) -> Asked {
    let mut asked = crm.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    check(&asked[0], specification, operation);
    asked.remove(0)
}

fn check(asked: &Asked, specification: &str, operation: &str) {
    let specification: Value = serde_json::from_str(specification).unwrap();
    let (method, template) = operation.split_once(' ').unwrap();
    let specified = &specification["paths"][template][method];
    assert!(specified.is_object(), "{operation} is not specified");

    assert_eq!(asked.method.as_str().to_lowercase(), method);
    assert!(is_path_of(template, &asked.path), "{} is not at {template}", asked.path);
    assert_eq!(asked.headers["authorization"], format!("Bearer {TOKEN}"));
    check_parameters(asked, specified);
    check_body(asked, specified, &specification, operation);
}

fn is_path_of(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(path).all(|(part, it)| part.starts_with('{') || *part == it)
}

fn check_parameters(asked: &Asked, specified: &Value) {
    let parameters = specified["parameters"].as_array().unwrap();
    let parameter = |place: &str, name: &str| {
        parameters.iter().find(|it| it["in"] == place && it["name"] == name)
    };

    let version = asked.headers["version"].to_str().unwrap();
    assert_eq!(parameter("header", "Version").unwrap()["schema"]["enum"], json!([version]));
    for (name, _) in &asked.query {
        assert!(parameter("query", name).is_some(), "{name} is not specified");
    }
    for it in parameters.iter().filter(|it| it["in"] == "query" && it["required"] == true) {
        assert!(
            asked.query.iter().any(|(name, _)| it["name"] == *name),
            "{} is missing",
            it["name"]
        );
    }
}

fn check_body(asked: &Asked, specified: &Value, specification: &Value, operation: &str) {
    let Some(reference) =
        specified["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str()
    else {
        assert_eq!(asked.body, None);
        return;
    };
    let body = asked.body.as_ref().unwrap();
    assert_eq!(asked.headers["content-type"], "application/json");

    let mut schema = specification.pointer(reference.trim_start_matches('#')).unwrap().clone();
    let exceptions: Vec<_> = EXCEPTIONS.iter().filter(|it| it.operation == operation).collect();
    for exception in exceptions {
        except(&mut schema, exception);
    }
    for name in body.as_object().unwrap().keys() {
        assert!(schema["properties"].get(name).is_some(), "{name} is not specified");
    }
    schema["components"] = specification["components"].clone();
    let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<_> = schema.iter_errors(body).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

/// Takes an exception out of a schema, and fails once the specification has been mended.
fn except(schema: &mut Value, exception: &Exceptions) {
    let required = schema["required"].as_array_mut().unwrap();
    for name in exception.not_required {
        let found = required.iter().position(|it| it == name);
        required.remove(found.expect("an exception that is none any more"));
    }
    for name in exception.mistyped {
        assert_eq!(schema["properties"][name]["type"], "object");
        schema["properties"][name] = json!({ "enum": ["inbound", "outbound"] });
    }
}

async fn add(crm: &Crm) -> ghl::CrmMessage {
    let (contact, alt_id) = (contact_id(), alt_id());
    let post = InboundPost {
        contact: &contact,
        text: &MessageText::new("Hi, is 3pm ok?"),
        media: &[MediaUrl::parse("https://media.example/a.png").unwrap()],
        alt_id: &alt_id,
        date: date(),
    };
    crm.client.add_inbound(&crm.session, &post).await.unwrap()
}

fn contact() -> Answer {
    answer(200, json!({ "new": true, "contact": { "id": "c1", "phone": PHONE } }))
}

fn added() -> Answer {
    answer(
        201,
        json!({ "success": true, "conversationId": "v1", "messageId": "m1", "message": "" }),
    )
}

fn contact_id() -> CrmContactId {
    CrmContactId::parse("c1").unwrap()
}

fn alt_id() -> MessageId {
    MessageId::parse("msg_1").unwrap()
}

fn date() -> jiff::Timestamp {
    "2026-10-07T09:12:33Z".parse().unwrap()
}
