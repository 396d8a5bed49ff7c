//! What others are still to be told.

use domain::{
    contact_copy::ContactCopy,
    crm_status::{CrmStatus, Telling},
    failure::{Failure, Reason},
    ids::{CrmMessageId, IntegrationId},
    parked::{Parked, Until},
    work::GivenUp,
};
use serde_json::json;

use super::{NOON, NOON_MILLIS, NOON_TEXT, acme, stored};
use crate::keys::Key;

#[test]
fn a_telling_is_due_until_it_is_told_and_parked_when_given_up() {
    let failure = Failure::new(Reason::OptedOut, "21610");
    let wanted = CrmStatus::Failed { failure };
    let telling = Telling::new(CrmMessageId::parse("crm#1").unwrap(), wanted.clone(), NOON);
    let key = Key::telling(&acme(), &telling.crm_message);

    assert_eq!(
        stored(&key, &telling),
        json!({
            "pk": "T#acme#TELL#crm%231",
            "sk": "TELL",
            "kind": "telling",
            "version": 1,
            "due_pk": "due#0",
            "due_at": NOON_MILLIS,
            "wake": r#"{"queue":"reports","job":{"do":"tell","tenant":"acme","crm_message":"crm#1"}}"#,
            "crm_message": "crm#1",
            "wanted": {
                "status": "failed",
                "failure": { "reason": "opted_out", "code": "21610" },
            },
            "not_before": NOON_TEXT,
            "tries": 0,
            "due": NOON_TEXT,
        })
    );

    let told = stored(&key, &telling.clone().was_told(wanted, NOON));
    assert_eq!((told.get("due_pk"), told.get("wake"), told.get("due")), (None, None, None));

    let given_up = Some(GivenUp { at: NOON, why: "gone".to_owned() });
    let given_up = stored(&key, &Telling { given_up, due: None, ..telling });
    assert_eq!(given_up["parked_pk"], "T#acme#PARKED");
    assert_eq!(given_up.get("wake"), None);
    assert_eq!(given_up["given_up"], json!({ "at": NOON_TEXT, "why": "gone" }));
}

#[test]
fn a_contact_copy_is_due_until_it_is_made_or_given_up() {
    let integration = IntegrationId::parse("acme-aloware").unwrap();
    let copy = ContactCopy::wanted(integration, "+12125550123".parse().unwrap(), NOON);
    let key = Key::contact_copy(&acme(), &copy.phone, &copy.integration);

    assert_eq!(
        stored(&key, &copy),
        json!({
            "pk": "T#acme#P#+12125550123",
            "sk": "COPY#acme-aloware",
            "kind": "contact copy",
            "version": 1,
            "due_pk": "due#3",
            "due_at": NOON_MILLIS,
            "wake": r#"{"queue":"reports","job":{"do":"copy_contact","tenant":"acme","integration":"acme-aloware","phone":"+12125550123"}}"#,
            "integration": "acme-aloware",
            "phone": "+12125550123",
            "tries": 0,
            "due": NOON_TEXT,
        })
    );

    let copied = stored(&key, &copy.clone().copied(NOON));
    assert_eq!((copied.get("due_pk"), copied.get("wake"), copied.get("due")), (None, None, None));
    assert_eq!(copied["copied_at"], NOON_TEXT);

    let parked = stored(&key, &copy.clone().parked(Parked::new(Until::TenantActive, NOON)));
    assert_eq!((parked.get("due_pk"), &parked["parked_pk"]), (None, &json!("T#acme#PARKED")));

    let given_up = stored(&key, &copy.given_up("refused".to_owned(), NOON));
    assert_eq!(given_up.get("parked_pk"), None, "nobody has to look at it");
    assert_eq!(given_up.get("due_pk"), None);
    assert_eq!(given_up.get("wake"), None);
    assert_eq!(given_up["given_up"], json!({ "at": NOON_TEXT, "why": "refused" }));
}
