//! What is asked of the OAuth endpoints, and what is made of their answers.

use crate::support::{Answer, Crm, answer};
use domain::ids::{CompanyId, LocationId};
use ghl::{
    Client, Error,
    oauth::{Agency, App, AuthorizationCode, Grant, InstalledPage, Level, Owner},
};
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

pub(crate) const SECRET: &str = "client-secret-that-nobody-may-see";
pub(crate) const CODE: &str = "code-that-nobody-may-see";
pub(crate) const REFRESH: &str = "refresh-that-nobody-may-see";
const COMPANY_TOKEN: &str = "company-token-that-nobody-may-see";

pub(crate) fn app(crm: &Crm) -> App {
    App {
        base_url: crm.session.base_url.clone(),
        client_id: "0123456789abcdef01234567-abcd1234".to_owned(),
        client_secret: SECRET.into(),
        redirect_uri: "https://duplex.example/oauth/crm/callback".to_owned(),
    }
}

pub(crate) async fn exchange(crm: &Crm) -> Result<Grant, Error> {
    crm.client.exchange_code(&app(crm), &AuthorizationCode::new(CODE), None).await
}

pub(crate) async fn refresh(crm: &Crm) -> Result<Grant, Error> {
    crm.client.refresh(&app(crm), &REFRESH.into(), Level::Location).await
}

pub(crate) async fn location_token(crm: &Crm) -> Result<Grant, Error> {
    crm.client.location_token(&agency(crm), &location()).await
}

pub(crate) async fn list(crm: &Crm, skip: u32) -> Result<InstalledPage, Error> {
    crm.client.installed_locations(&agency(crm), skip).await
}

fn agency(crm: &Crm) -> Agency {
    Agency { app: app(crm), company: company(), token: COMPANY_TOKEN.into(), gate: None }
}

fn company() -> CompanyId {
    CompanyId::parse("comp1").unwrap()
}

fn location() -> LocationId {
    LocationId::parse("loc1").unwrap()
}

fn shown(secret: &SecretString) -> &str {
    secret.expose_secret()
}

fn granted(body: impl Into<Value>) -> Answer {
    answer(200, body)
}

fn location_grant() -> Value {
    json!({
        "access_token": "at", "token_type": "Bearer", "expires_in": 86399, "refresh_token": "rt",
        "scope": "contacts.readonly contacts.write", "userType": "Location", "locationId": "loc1",
        "companyId": "comp1", "userId": "user1", "isBulkInstallation": "Bearer", "traceId": "t",
    })
}

/// The pairs of a form, in the order of their names.
fn sorted(mut form: Vec<(String, String)>) -> Vec<(String, String)> {
    form.sort();
    form
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_code_is_exchanged_with_the_address_it_was_sent_to() {
    let crm = Crm::answering([granted(location_grant())]).await;
    let grant = exchange(&crm).await.unwrap();

    assert_eq!((shown(&grant.access_token), grant.level), ("at", Level::Location));
    assert_eq!(grant.refresh_token.as_ref().map(shown), Some("rt"));
    assert_eq!(grant.expires_in, SignedDuration::from_secs(86_399));
    assert_eq!(grant.scopes, ["contacts.readonly", "contacts.write"]);
    assert_eq!((grant.company, grant.location), (Some(company()), Some(location())));
    assert_eq!(grant.user.unwrap().as_str(), "user1");
    assert!(!grant.is_bulk && !grant.approves_all && !grant.includes_future_locations);

    let asked = crm.asked().remove(0);
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/oauth/token"));
    assert_eq!(asked.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(asked.headers["accept"], "application/json");
    assert!(!asked.headers.contains_key("version") && !asked.headers.contains_key("authorization"));
    let expected = [
        ("client_id", "0123456789abcdef01234567-abcd1234"),
        ("client_secret", SECRET),
        ("code", CODE),
        ("grant_type", "authorization_code"),
        ("redirect_uri", "https://duplex.example/oauth/crm/callback"),
    ];
    assert_eq!(sorted(asked.form), pairs(&expected));
}

#[tokio::test]
async fn who_knows_what_they_want_says_so() {
    let crm = Crm::answering([granted(location_grant())]).await;
    let code = AuthorizationCode::new(CODE);
    crm.client.exchange_code(&app(&crm), &code, Some(Level::Company)).await.unwrap();
    assert!(crm.asked()[0].form.contains(&("user_type".to_owned(), "Company".to_owned())));
}

#[tokio::test]
async fn a_refresh_asks_with_the_old_token() {
    let crm = Crm::answering([granted(location_grant())]).await;
    let grant = refresh(&crm).await.unwrap();

    assert_eq!(grant.refresh_token.as_ref().map(shown), Some("rt"));
    let asked = crm.asked().remove(0);
    assert_eq!(asked.path, "/oauth/token");
    let expected = [
        ("client_id", "0123456789abcdef01234567-abcd1234"),
        ("client_secret", SECRET),
        ("grant_type", "refresh_token"),
        ("refresh_token", REFRESH),
        ("user_type", "Location"),
    ];
    assert_eq!(sorted(asked.form), pairs(&expected));
    assert_eq!(Client::REFRESH_GRACE.as_secs(), 30);
}

#[tokio::test]
async fn an_agencys_grant_says_which_locations_it_is_for() {
    let crm = Crm::answering([granted(json!({
        "access_token": "at", "expires_in": "86399", "refresh_token": "rt", "scope": "oauth.write",
        "userType": "Company", "companyId": "comp1", "isBulkInstallation": true,
        "approveAllLocations": "true", "installToFutureLocations": true,
        "approvedLocations": ["loc1", "", 7, "loc2"], "planId": "plan1",
    }))])
    .await;
    let grant = exchange(&crm).await.unwrap();

    assert_eq!((grant.level, &grant.location), (Level::Company, &None));
    assert_eq!(grant.approved_locations.len(), 2);
    assert!(grant.is_bulk && grant.approves_all && grant.includes_future_locations);
    assert_eq!(grant.plan.as_deref(), Some("plan1"));
}

#[tokio::test]
async fn a_grant_needs_little_more_than_a_token() {
    for (body, level, seconds) in [
        (json!({ "access_token": "at" }), Level::Company, 86_399),
        (json!({ "access_token": "at", "locationId": "l" }), Level::Location, 86_399),
        (json!({ "access_token": "at", "expires_in": -5, "userType": 7 }), Level::Company, 86_399),
        (json!({ "access_token": "at", "expires_in": u64::MAX }), Level::Company, 31_622_400),
        (json!({ "access_token": "at", "expires_in": 60 }), Level::Company, 60),
    ] {
        let crm = Crm::answering([granted(body.clone())]).await;
        let grant = exchange(&crm).await.unwrap();
        assert_eq!((grant.level, grant.expires_in.as_secs()), (level, seconds), "{body}");
        assert!(grant.refresh_token.is_none(), "{body}");
    }
}

#[tokio::test]
async fn a_location_token_is_had_with_the_agencys() {
    let body = json!({ "access_token": "at", "expires_in": 86400, "locationId": "loc1" });
    let crm = Crm::answering([answer(201, body)]).await;
    let grant = location_token(&crm).await.unwrap();

    assert_eq!((grant.level, grant.refresh_token.is_none()), (Level::Location, true));
    assert_eq!((grant.company, grant.location), (Some(company()), Some(location())));
    let asked = crm.asked().remove(0);
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/oauth/locationToken"));
    assert_eq!(asked.headers["authorization"], format!("Bearer {COMPANY_TOKEN}"));
    assert_eq!(asked.headers["version"], "2021-07-28");
    assert_eq!(asked.form, pairs(&[("companyId", "comp1"), ("locationId", "loc1")]));
}

#[tokio::test]
async fn the_locations_of_an_agency_are_listed_page_by_page() {
    let shown = |id: &str, is_installed: bool| json!({ "_id": id, "name": id, "address": "", "isInstalled": is_installed });
    let crm = Crm::answering([
        answer(
            200,
            json!({
                "locations": [shown("l1", true), shown("l2", false), "strange"], "count": 4,
                "installToFutureLocations": true,
            }),
        ),
        answer(200, json!({ "locations": [shown("l4", true)], "count": 4 })),
        answer(200, json!({ "locations": [] })),
    ])
    .await;

    let first = list(&crm, 0).await.unwrap();
    let found: Vec<_> =
        first.locations.iter().map(|it| (it.id.as_str(), it.is_installed)).collect();
    assert_eq!(found, [("l1", true), ("l2", false)]);
    assert!(first.installs_future && first.count == Some(4));
    assert_eq!(first.next, Some(3));
    assert_eq!(list(&crm, 3).await.unwrap().next, None);
    assert_eq!(list(&crm, 4).await.unwrap().next, None);

    let asked = &crm.asked()[1];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/oauth/installedLocations"));
    assert_eq!(asked.headers["authorization"], format!("Bearer {COMPANY_TOKEN}"));
    assert_eq!(asked.headers["version"], "2021-07-28");
    let expected = [
        ("companyId", "comp1"),
        ("appId", "0123456789abcdef01234567"),
        ("skip", "3"),
        ("limit", "20"),
    ];
    assert_eq!(asked.query, pairs(&expected));
}

#[tokio::test]
async fn who_has_the_app_still_can_be_connected_again() {
    for (whom, name, id) in [
        (Owner::Company(company()), "companyId", "comp1"),
        (Owner::Location(location()), "locationId", "loc1"),
    ] {
        let body = json!({ "authorizationCode": CODE, "expiresAt": "soon", "traceId": "t" });
        let crm = Crm::answering([answer(200, body), granted(location_grant())]).await;
        let code = crm.client.reconnect(&app(&crm), &whom).await.unwrap();
        crm.client.exchange_code(&app(&crm), &code, None).await.unwrap();

        let asked = crm.asked();
        assert_eq!(
            (asked[0].method.as_str(), asked[0].path.as_str()),
            ("POST", "/oauth/reconnect")
        );
        let mut expected = json!({ "clientKey": app(&crm).client_id, "clientSecret": SECRET });
        expected[name] = json!(id);
        assert_eq!(asked[0].body.as_ref(), Some(&expected));
        assert!(asked[1].form.contains(&("code".to_owned(), CODE.to_owned())));
    }
}

#[tokio::test]
async fn debug_shows_no_token() {
    let crm = Crm::answering([granted(location_grant())]).await;
    let grant = exchange(&crm).await.unwrap();
    let shown = format!("{grant:?} {:?} {:?}", app(&crm), AuthorizationCode::new(CODE));
    for secret in ["\"at\"", "\"rt\"", SECRET, CODE] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn the_stored_form_is_stable() {
    assert_eq!(serde_json::to_value(Level::Company).unwrap(), json!("company"));
    assert_eq!(
        serde_json::to_value(Owner::Location(location())).unwrap(),
        json!({ "level": "location", "id": "loc1" })
    );
}
