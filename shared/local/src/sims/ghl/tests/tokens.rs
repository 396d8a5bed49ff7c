//! How tokens are had, used, and lost.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    super::*,
    support::{CLIENT_ID, COMPANY, Fixture, SECRET, of_agency, of_location, read},
};
use crate::sims::fault::{Fault, Planned};

#[tokio::test]
async fn a_code_is_good_once_and_for_minutes() {
    let fixture = Fixture::new().await;
    let code = fixture.ghl.consent(of_location());
    let form = [("grant_type", "authorization_code"), ("code", code.as_str())];

    let (status, granted) = fixture.token(&form).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&granted["expires_in"], &granted["userType"]),
        (&json!(86_399), &json!("Location"))
    );
    assert_eq!((&granted["locationId"], &granted["companyId"]), (&json!("loc1"), &json!(COMPANY)));
    let (status, refused) = fixture.token(&form).await;
    assert_eq!(status, 401);
    assert_eq!(refused["error"], "UnAuthorized!");
    assert_eq!(refused["error_description"], "Authorization code not found");

    let late = fixture.ghl.consent(of_location());
    fixture.clock.advance(SignedDuration::from_mins(10));
    let form = [("grant_type", "authorization_code"), ("code", late.as_str())];
    assert_eq!(fixture.token(&form).await.0, 401);
    assert_eq!(fixture.ghl.violations(), []);
}

#[tokio::test]
async fn a_refresh_token_is_used_up_but_for_thirty_seconds() {
    let fixture = Fixture::new().await;
    let first = fixture.exchange(of_location()).await;

    let (_, second) = fixture.refresh(&first["refresh_token"]).await;
    fixture.clock.advance(SignedDuration::from_secs(29));
    let (_, again) = fixture.refresh(&first["refresh_token"]).await;
    assert_ne!(first["access_token"], second["access_token"]);
    assert_eq!(second["refresh_token"], again["refresh_token"]);
    assert_eq!(second["access_token"], again["access_token"]);

    fixture.clock.advance(SignedDuration::from_secs(1));
    let (status, stale) = fixture.refresh(&first["refresh_token"]).await;
    assert_eq!((status, &stale["error"]), (400, &json!("invalid_grant")));
    assert_eq!(stale["error_description"], "This refresh token is invalid");
    assert_eq!(fixture.refresh(&second["refresh_token"]).await.0, 200);
    assert_eq!(fixture.ghl.refreshes(), 4);
}

#[tokio::test]
async fn a_stale_token_is_refused_in_the_words_of_the_specification_as_well() {
    let fixture = Fixture::new().await;
    fixture.ghl.set_app(|app| app.stale_words = StaleWords::Plain);

    let (status, refused) = fixture.refresh(&json!("made-up")).await;

    let message = "Invalid grant: refresh token is invalid";
    assert_eq!((status, &refused["message"]), (400, &json!(message)));
}

#[tokio::test]
async fn a_paused_location_keeps_its_refresh_token() {
    let fixture = Fixture::new().await;
    let granted = fixture.exchange(of_location()).await;
    fixture.ghl.set_paused("loc1", true);

    let (status, refused) = fixture.refresh(&granted["refresh_token"]).await;
    assert_eq!((status, &refused["message"]), (400, &json!("Location is not active")));
    assert_eq!(fixture.get("/locations/loc1", &granted["access_token"]).await.0, 400);

    fixture.ghl.set_paused("loc1", false);
    assert_eq!(fixture.refresh(&granted["refresh_token"]).await.0, 200);
}

#[tokio::test]
async fn the_token_endpoint_takes_a_form_with_everything_in_it() {
    let fixture = Fixture::new().await;
    let post = || fixture.request(Method::POST, "/oauth/token");
    let id = ("client_id", CLIENT_ID);
    let secret = ("client_secret", SECRET);
    let json = json!({ "client_id": CLIENT_ID, "client_secret": SECRET,
        "grant_type": "refresh_token", "refresh_token": "any" });

    for (request, status, message) in [
        (post().json(&json), 400, "Missing parameter: clientId"),
        (post().form(&[secret]), 400, "Missing parameter: clientId"),
        (post().form(&[id, secret]), 400, "Missing parameter: grantType"),
        (post().form(&[id, secret, ("grant_type", "guess")]), 400, "Invalid parameter: grantType"),
    ] {
        let (answered, body) = read(request).await;
        assert_eq!((answered, &body["message"]), (status, &json!(message)));
    }
    assert_eq!(fixture.ghl.violations().len(), 4);
    let (status, body) = fixture.token(&[("grant_type", "refresh_token")]).await;
    assert_eq!((status, &body["message"]), (400, &json!("Missing parameter: refreshToken")));
    let wrong = [id, ("client_secret", "another"), ("grant_type", "refresh_token")];
    assert_eq!(read(post().form(&wrong)).await.0, 401);
}

/// What makes a pair get lost: it was given, and nobody got it.
#[tokio::test]
async fn an_answer_can_be_lost_after_the_token_was_used() {
    let fixture = Fixture::new().await;
    let granted = fixture.exchange(of_location()).await;
    let fault = Fault::StatusAfter { status: 502 };
    fixture.ghl.faults().add(Planned { on: "oauth_token".into(), times: 1, fault });

    assert_eq!(fixture.refresh(&granted["refresh_token"]).await.0, 502);
    fixture.clock.advance(SignedDuration::from_secs(30));

    assert_eq!(fixture.refresh(&granted["refresh_token"]).await.0, 400);
    let statuses = fixture.ghl.statuses_of("oauth_token");
    assert_eq!(statuses, [Some(200), Some(502), Some(400)]);
}

#[tokio::test]
async fn an_access_token_ends() {
    let fixture = Fixture::with(|options| {
        let life = std::time::Duration::from_mins(1);
        options.app.as_mut().unwrap().token_life = life;
    });
    let fixture = fixture.await;
    let granted = fixture.exchange(of_location()).await;
    assert_eq!(granted["expires_in"], 60);
    assert_eq!(fixture.get("/locations/loc1", &granted["access_token"]).await.0, 200);

    fixture.clock.advance(SignedDuration::from_secs(60));
    let (status, expired) = fixture.get("/locations/loc1", &granted["access_token"]).await;
    let message = "Invalid token: access token is invalid";
    assert_eq!((status, &expired["message"]), (401, &json!(message)));
    let (status, unknown) = fixture.get("/locations/loc1", &json!("made-up")).await;
    assert_eq!((status, &unknown["message"]), (401, &json!("Invalid JWT")));
}

#[tokio::test]
async fn an_agency_has_tokens_for_the_locations_that_have_the_app() {
    let fixture = Fixture::new().await;
    let agency = fixture.exchange(of_agency(false)).await;
    assert_eq!((&agency["userType"], &agency["locationId"]), (&json!("Company"), &Value::Null));
    assert_eq!(agency["approvedLocations"], json!(["loc1"]));
    assert_eq!(agency["approveAllLocations"], false);
    let access = agency["access_token"].as_str().unwrap();
    let derive = |location: &str| {
        let request = fixture.request(Method::POST, "/oauth/locationToken").bearer_auth(access);
        let form = [("companyId", COMPANY.to_owned()), ("locationId", location.to_owned())];
        read(request.header("version", "2021-07-28").form(&form))
    };

    let (status, derived) = derive("loc1").await;
    assert_eq!((status, &derived["locationId"]), (201, &json!("loc1")));
    assert_eq!(derived.get("refresh_token"), None);
    assert_eq!(derive("loc2").await.0, 400);
    let (status, body) = fixture.get("/contacts/any", &agency["access_token"]).await;
    assert_eq!((status, &body["message"]), (401, &json!("Token's user type mismatch!")));
    let (_, location) = fixture.get("/locations/loc2", &agency["access_token"]).await;
    assert_eq!(location["location"]["timezone"], "Europe/Berlin");
    assert_eq!(fixture.get("/locations/loc2", &derived["access_token"]).await.0, 403);
    assert_eq!(fixture.ghl.violations(), []);
}

#[tokio::test]
async fn an_agency_lists_where_the_app_is() {
    let fixture = Fixture::new().await;
    let agency = fixture.exchange(of_agency(true)).await;
    let list = |query: &str| {
        let path = format!("/oauth/installedLocations?companyId={COMPANY}&{query}");
        let (fixture, token) = (&fixture, &agency["access_token"]);
        async move { fixture.get(&path, token).await }
    };

    let app = "appId=5f00000000000000000000aa";
    let (_, all) = list(&format!("{app}&skip=0&limit=1")).await;
    assert_eq!((&all["count"], &all["installToFutureLocations"]), (&json!(2), &json!(true)));
    assert_eq!(all["locations"].as_array().unwrap().len(), 1);
    assert_eq!(all["locations"][0]["installedAt"], "2026-01-01T12:00:00.000Z");
    let (_, without) = list(&format!("{app}&isInstalled=false")).await;
    assert_eq!(without["locations"][0]["_id"], "loc2");
    assert_eq!(fixture.ghl.violations(), []);
    assert_eq!(list("skip=0").await.0, 422);
}

#[tokio::test]
async fn a_code_is_had_without_a_person_while_the_app_is_installed() {
    let fixture = Fixture::new().await;
    let body = json!({ "clientKey": CLIENT_ID, "clientSecret": SECRET, "locationId": "loc1" });
    let reconnect = || read(fixture.request(Method::POST, "/oauth/reconnect").json(&body));
    assert_eq!(reconnect().await.0, 400);
    fixture.exchange(of_location()).await;
    fixture.ghl.lose_tokens("loc1");

    let (status, given) = reconnect().await;
    assert_eq!((status, &given["expiresAt"]), (200, &json!("2026-01-01T12:10:00.000Z")));
    let code = given["authorizationCode"].as_str().unwrap();
    let form = [("grant_type", "authorization_code"), ("code", code)];
    assert_eq!(fixture.token(&form).await.0, 200);

    fixture.ghl.set_app(|app| app.reconnects = false);
    assert_eq!(reconnect().await.0, 404);
}

#[tokio::test]
async fn no_secret_is_kept_of_a_call() {
    let fixture = Fixture::new().await;
    let granted = fixture.exchange(of_location()).await;
    fixture.refresh(&granted["refresh_token"]).await;

    let kept = serde_json::to_string(&fixture.ghl.calls()).unwrap();

    assert!(kept.contains("refresh_token") && !kept.contains(SECRET));
    assert!(!kept.contains(granted["refresh_token"].as_str().unwrap()));
    assert!(!format!("{:?}", fixture.ghl).contains(granted["access_token"].as_str().unwrap()));
}
