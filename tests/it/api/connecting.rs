//! Integrations: connected, tried, rotated, and taken away.

use local::sims::carrier::Setting;
use local::sims::texting::{Options, TextingSim};
use serde_json::{Value, json};

use super::Key;
use crate::{
    letters::Sender,
    world::{ANNA, World, unavailable},
};

fn texting(id: &str) -> Value {
    json!({
        "id": id, "name": "Texts", "template": "texting",
        "settings": { "api_key": "texting-demo-key", "webhook_secret": "new-webhook-secret-1" },
    })
}

#[tokio::test]
async fn what_works_is_active_at_once_and_shows_no_secret() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let made = admin.post("/v1/integrations", &texting("second")).await.expect(201);

    assert_eq!(made["status"], "active", "{made}");
    assert_eq!(made["secrets"], json!({ "api_key": "set", "webhook_secret": "set" }));
    assert_eq!(made["tested"]["ok"], true);
    let url = format!("{}/webhooks/texting/second", world.origin);
    assert_eq!(made["webhook_url"], url);
    for text in [made.to_string(), admin.get("/v1/integrations/second").await.body.to_string()] {
        assert!(!text.contains("demo-key") && !text.contains("webhook-secret-1"), "{text}");
    }
    for (_, item) in crate::tables::Tables::of(&world).items().await {
        assert!(!item.to_string().contains("new-webhook-secret-1"), "{}", item["kind"]);
    }
    world.settle().await;
}

#[tokio::test]
async fn what_does_not_work_is_there_with_the_reason() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let mut wrong = texting("second");
    wrong["settings"]["api_key"] = json!("not-the-key");
    let made = admin.post("/v1/integrations", &wrong).await.expect(201);
    assert_eq!(made["status"], "error");
    assert_eq!(made["tested"]["code"], "INVALID_CREDENTIALS");
    let refused = admin.post("/v1/integrations/second/sync", &json!({})).await;
    refused.refused(409, "INTEGRATION_NOT_ACTIVE");

    world.texting.plan_fault(unavailable("list", 1));
    let made = admin.post("/v1/integrations", &texting("third")).await.expect(201);
    assert_eq!(made["tested"]["code"], "CONNECTION_FAILED");
    let tried = admin.post("/v1/integrations/third/test", &json!({})).await.expect(200);
    assert_eq!((&tried["ok"], &tried["status"]), (&json!(true), &json!("active")));
    world.settle().await;
}

#[tokio::test]
async fn every_provider_can_be_tried() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    for id in ["acme-twilio", "acme-telnyx", "acme-texting", "acme-aloware", "acme-ghl"] {
        let tried = admin.post(&format!("/v1/integrations/{id}/test"), &json!({})).await;
        let tried = tried.expect(200);
        assert_eq!(
            (&tried["ok"], &tried["status"]),
            (&json!(true), &json!("active")),
            "{id} {tried}"
        );
        let health = admin.get(&format!("/v1/integrations/{id}/health")).await.expect(200);
        assert_eq!((&health["verdict"], &health["last_test_ok"]), (&json!("ok"), &json!(true)));
    }
    world.settle().await;
}

/// A provider that is down for a minute must not stop the tenant's texts.
#[tokio::test]
async fn a_provider_that_is_out_of_reach_leaves_what_is_active_active() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    world.texting.plan_fault(unavailable("list", 1));
    let tried = admin.post("/v1/integrations/acme-texting/test", &json!({})).await.expect(200);
    assert_eq!((&tried["ok"], &tried["code"]), (&json!(false), &json!("CONNECTION_FAILED")));
    assert_eq!(tried["status"], "active");
    world.settle().await;
}

#[tokio::test]
async fn every_fault_in_the_settings_is_named_by_its_place() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let new = json!({
        "template": "twilio",
        "settings": { "account_sid": "private-thing", "api_user": "SK00000000000000000000000000000000" },
    });
    let refused = admin.post("/v1/integrations", &new).await.refused(400, "CONFIG_SCHEMA_INVALID");
    let faults = refused["faults"].as_array().unwrap();
    let paths: Vec<_> = faults.iter().map(|it| it["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&"/settings/account_sid"), "{paths:?}");
    assert!(paths.iter().filter(|it| **it == "/settings").count() >= 1, "{paths:?}");
    assert!(!refused.to_string().contains("private-thing"));

    let unknown = json!({ "template": "fax", "settings": {} });
    admin.post("/v1/integrations", &unknown).await.refused(400, "INVALID_REQUEST");
    let later = json!({ "template": "facebook_ads", "settings": {} });
    admin.post("/v1/integrations", &later).await.refused(409, "TEMPLATE_NOT_AVAILABLE");
    world.settle().await;
}

/// Ids are unique in the whole installation, and a location is one tenant's.
#[tokio::test]
async fn what_is_anothers_cannot_be_connected() {
    let world = World::new().await;
    world.another_tenant().await;
    let zenith = Key::of(&world, "zenith", "admin").await;
    let taken = zenith.post("/v1/integrations", &texting("acme-texting")).await;
    let taken = taken.refused(409, "ALREADY_EXISTS");
    assert!(!taken.to_string().contains("acme\""));
    let location = json!({
        "id": "mine", "template": "ghl",
        "settings": {
            "location": world.acme.location, "provider": { "kind": "default" },
            "access_token": "token-acme",
        },
    });
    zenith.post("/v1/integrations", &location).await.refused(409, "ALREADY_EXISTS");
    zenith.get("/v1/integrations/mine").await.refused(404, "NOT_FOUND");
    world.settle().await;
}

/// Who names a location without a token for it gets nothing of what is said there.
#[tokio::test]
async fn a_location_is_nobodys_before_a_token_has_shown_whose_it_is() {
    let world = World::new().await;
    world.another_tenant().await;
    let (acme, zenith) =
        (Key::of(&world, "acme", "admin").await, Key::of(&world, "zenith", "admin").await);
    acme.delete("/v1/integrations/acme-ghl").await.expect(204);
    let connect = |id: &str, token: &str| {
        json!({
            "id": id, "template": "ghl",
            "settings": {
                "location": world.acme.location, "provider": { "kind": "default" },
                "access_token": token,
            },
        })
    };
    let made = zenith.post("/v1/integrations", &connect("mine", "token-zenith")).await.expect(201);
    assert_eq!(made["status"], "error", "{made}");
    world.agent_sends(ANNA, "only for acme's eyes").await;
    assert_eq!(zenith.get("/v1/conversations").await.expect(200)["items"], json!([]));

    let made = acme.post("/v1/integrations", &connect("ours", "token-acme")).await.expect(201);
    assert_eq!(made["status"], "active", "{made}");
    let late = zenith.post("/v1/integrations/mine/test", &json!({})).await.expect(200);
    assert_eq!(late["ok"], false);
    world.agent_sends(ANNA, "now it goes out").await;
    world.settle().await;
    assert_eq!(world.thread(ANNA).last().unwrap().body, "now it goes out");
    let route = world.store.route_of_location(&world.acme.location).await.unwrap().unwrap();
    assert_eq!(route.integration.as_str(), "ours");
}

/// What was tried in vain is the tenant's CRM as soon as it works.
#[tokio::test]
async fn a_connection_that_a_new_secret_mends_is_taken_up() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    admin.delete("/v1/integrations/acme-ghl").await.expect(204);
    let new = json!({
        "id": "ours", "template": "ghl",
        "settings": {
            "location": world.acme.location, "provider": { "kind": "default" },
            "access_token": "expired",
        },
    });
    let made = admin.post("/v1/integrations", &new).await.expect(201);
    assert_eq!(made["status"], "error");
    let token = json!({ "settings": { "access_token": "token-acme" } });
    let path = "/v1/integrations/ours/credentials/rotate";
    assert_eq!(admin.post(path, &token).await.expect(200)["status"], "active");
    let tenant = world.scope().tenant().await.unwrap();
    assert_eq!(tenant.crm.unwrap().as_str(), "ours");
    world.advance(61);
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    world.settle().await;
    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
}

/// Or whoever may change an address could have a secret sent to it that they never saw.
#[tokio::test]
async fn a_setting_that_a_secret_is_sent_to_changes_with_the_secret_only() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let elsewhere = json!({ "settings": { "base_url": "https://elsewhere.example" } });
    let path = "/v1/integrations/acme-texting";
    let refused = admin.patch(path, &elsewhere).await.refused(400, "INVALID_REQUEST");
    assert_eq!(refused["faults"][0]["path"], "/settings/base_url");
    let rotate = format!("{path}/credentials/rotate");
    let refused = admin.post(&rotate, &elsewhere).await.refused(400, "INVALID_REQUEST");
    assert_eq!(refused["faults"][0]["message"], "send api_key with it");

    // Together they are tried, and what does not work is not put in place.
    let both = json!({
        "settings": { "base_url": "https://localhost:1", "api_key": "texting-demo-key" },
    });
    admin.post(&rotate, &both).await.refused(400, "CONFIG_SCHEMA_INVALID");
    let shown = admin.get(path).await.expect(200);
    assert!(shown["settings"].get("base_url").is_none(), "{shown}");
    world.settle().await;
}

/// As Twilio's setup says: a key's name and its secret together, tried before they are put in place.
#[tokio::test]
async fn an_api_key_of_twilios_is_added_changed_and_taken_away_with_its_secret() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let path = "/v1/integrations/acme-twilio";
    let rotate = format!("{path}/credentials/rotate");
    let key = |secret: &str| json!({ "settings": { "api_user": "SK00000000000000000000000000000001", "api_secret": secret } });
    admin.post(&rotate, &key("wrong")).await.refused(409, "INVALID_CREDENTIALS");
    let shown = admin.get(path).await.expect(200);
    assert!(shown["settings"].get("api_user").is_none(), "{shown}");

    let added = admin.post(&rotate, &key("twilio-demo-api-secret")).await.expect(200);
    assert_eq!(added["settings"]["api_user"], "SK00000000000000000000000000000001");
    assert_eq!(added["secrets"]["api_secret"], "set");

    let gone = json!({ "settings": { "api_user": null, "api_secret": null } });
    let gone = admin.post(&rotate, &gone).await.expect(200);
    assert!(gone["settings"].get("api_user").is_none(), "{gone}");
    assert!(gone["secrets"].get("api_secret").is_none(), "{gone}");
    world.settle().await;
}

/// A secret that is wanted no more is good for nothing from then on.
#[tokio::test]
async fn a_secret_that_is_taken_away_is_gone_with_the_one_before() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let rotate = "/v1/integrations/acme-aloware/credentials/rotate";
    let new = json!({ "settings": { "webhook_secret": "another-webhook-secret" } });
    let rotated = admin.post(rotate, &new).await.expect(200);
    assert_eq!(rotated["secrets"]["webhook_secret_previous"], "set");
    let gone = json!({ "settings": { "webhook_secret": null } });
    let gone = admin.post(rotate, &gone).await.expect(200);
    assert_eq!(gone["secrets"], json!({ "api_token": "set" }));
    world.settle().await;
}

#[tokio::test]
async fn an_address_of_a_tenants_cannot_lead_inside() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    for url in ["http://texts.example", "https://169.254.169.254/", "https://127.0.0.1:1", "x"] {
        let mut new = texting("inside");
        new["settings"]["base_url"] = json!(url);
        let refused = admin.post("/v1/integrations", &new).await;
        let refused = refused.refused(400, "CONFIG_SCHEMA_INVALID");
        assert_eq!(refused["faults"][0]["path"], "/settings/base_url", "{url}");
    }
    // A name is only known to lead inside when it is called.
    let mut new = texting("inside");
    new["settings"]["base_url"] = json!("https://localhost:1");
    let made = admin.post("/v1/integrations", &new).await.expect(201);
    assert_eq!(made["status"], "error");
    assert_eq!(made["tested"]["code"], "CONFIG_SCHEMA_INVALID");
    world.settle().await;
}

#[tokio::test]
async fn a_secret_is_rotated_only_once_the_provider_takes_the_new_one() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let path = "/v1/integrations/acme-texting/credentials/rotate";
    let wrong = json!({ "settings": { "api_key": "not-the-key" } });
    admin.post(path, &wrong).await.refused(409, "INVALID_CREDENTIALS");
    let tried = admin.post("/v1/integrations/acme-texting/test", &json!({})).await.expect(200);
    assert_eq!(tried["ok"], true, "the old one is still there");

    let mut setting = Options::new(Setting::manual(world.clock.clone()));
    setting.api_key = "another-key".to_owned();
    let other = TextingSim::start(setting).await.unwrap();
    drop(other);
    let same = json!({ "settings": { "api_key": "texting-demo-key" } });
    admin.post(path, &same).await.expect(200);
    let log = admin.get("/v1/audit-log").await.expect(200);
    let rotated: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["action"] == "integration.rotate")
        .collect();
    assert_eq!(rotated.len(), 1, "only what was done is in the log");
    assert_eq!(rotated[0]["after"]["rotated"], json!(["api_key"]));
    assert_eq!(rotated[0]["after"]["settings"], rotated[0]["before"]["settings"]);
    world.settle().await;
}

/// What others sign with is good for two values at once, so that nothing is lost in between.
#[tokio::test]
async fn a_webhook_secret_that_is_rotated_stays_good_beside_the_new_one() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let path = "/v1/integrations/acme-texting/credentials/rotate";
    let new = json!({ "settings": { "webhook_secret": "the-new-webhook-secret" } });
    let rotated = admin.post(path, &new).await.expect(200);
    assert_eq!(rotated["secrets"]["webhook_secret_previous"], "set");
    world.advance(61);

    let number = world.acme.numbers.texting.clone();
    let old = world.texting.receives_text(ANNA, number.as_str(), "signed with the old", &[]).await;
    assert_eq!(old.answer.status, Some(200));
    let address = "/webhooks/texting/acme-texting".to_owned();
    let body = Sender::Texting.text(&world, ANNA, "tpm_new", "signed with the new");
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http
        .post(format!("{}{address}", world.origin))
        .header("content-type", "application/json")
        .header("x-texting-secret", "the-new-webhook-secret")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    world.settle().await;
    assert_eq!(world.heard_in_ghl(ANNA).len(), 2);
}

#[tokio::test]
async fn settings_change_and_secrets_do_not_by_the_same_way() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let path = "/v1/integrations/acme-twilio";
    let changed = admin.patch(path, &json!({ "settings": { "smart_encoded": true } })).await;
    assert_eq!(changed.expect(200)["settings"]["smart_encoded"], true);
    let gone = admin.patch(path, &json!({ "settings": { "smart_encoded": null } })).await;
    assert!(gone.expect(200)["settings"].get("smart_encoded").is_none());
    let secret = admin.patch(path, &json!({ "settings": { "auth_token": "x" } })).await;
    let secret = secret.refused(400, "INVALID_REQUEST");
    assert_eq!(secret["faults"][0]["path"], "/settings/auth_token");
    let wrong = admin.patch(path, &json!({ "settings": { "smart_encoded": "yes" } })).await;
    wrong.refused(400, "CONFIG_SCHEMA_INVALID");
    world.settle().await;
}

#[tokio::test]
async fn what_is_taken_away_has_no_address_any_more() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    admin.delete("/v1/integrations/acme-texting").await.expect(204);
    admin.get("/v1/integrations/acme-texting").await.refused(404, "NOT_FOUND");
    world.advance(61);
    let number = world.acme.numbers.texting.clone();
    let answer = world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    assert_eq!(answer.answer.status, Some(404));
    for (_, item) in crate::tables::Tables::of(&world).items().await {
        let sk = item["sk"]["S"].as_str().unwrap_or_default().to_owned();
        assert!(!sk.starts_with("CRED#acme-texting"), "{sk}");
    }
    world.settle().await;
}

#[tokio::test]
async fn each_template_says_what_it_needs_and_what_to_do() {
    let world = World::new().await;
    let reader = Key::of(&world, "acme", "read_only").await;
    let list = reader.get("/v1/integrations/templates").await.expect(200);
    let items = list["items"].as_array().unwrap();
    let available =
        |name: &str| items.iter().find(|it| it["name"] == name).map(|it| it["available"].clone());
    for name in ["ghl", "twilio", "telnyx", "texting", "aloware"] {
        assert_eq!(available(name), Some(json!(true)), "{name}");
    }
    for name in ["facebook_ads", "google_analytics"] {
        assert_eq!(available(name), Some(json!(false)), "{name}");
    }
    let twilio = reader.get("/v1/integrations/templates/twilio").await.expect(200);
    assert_eq!(twilio["schema"]["properties"]["auth_token"]["encrypted"], true);
    let url = format!("{}/webhooks/twilio/{{{{integration_id}}}}#rp=all&rc=3", world.origin);
    assert!(twilio["setup"].as_str().unwrap().contains(&url), "{}", twilio["setup"]);
    world.settle().await;
}
