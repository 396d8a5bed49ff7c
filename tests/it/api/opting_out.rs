//! The registry and the ledger, through the API.

use serde_json::json;

use super::Key;
use crate::world::{ANNA, World};

#[tokio::test]
async fn an_opt_out_reaches_everybody_and_a_lift_says_why() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    world.settle().await;

    let why = json!({ "phone": "(212) 555-0123", "reason": "asked by telephone" });
    let out = admin.post("/v1/opt-outs", &why).await.expect(201);
    assert_eq!((&out["opted_out"], &out["source"]), (&json!(true), &json!("api")));
    world.settle().await;
    assert!(!world.ghl_may_text(ANNA));
    assert_eq!(world.tags(ANNA), ["DNC-SMS", "SMS Opted Out"]);

    let list = admin.get("/v1/opt-outs").await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["crm_told"], true);
    let wish = json!({ "phone": ANNA, "reason": "wrote to us on 3 January that she wants texts" });
    let lifted = admin.post("/v1/opt-outs/lift", &wish).await.expect(200);
    assert_eq!(lifted["opted_out"], false);
    world.settle().await;
    assert!(world.ghl_may_text(ANNA));
    assert_eq!(admin.get("/v1/opt-outs").await.expect(200)["items"], json!([]));

    let ledger = admin.get("/v1/consents?phone=%2B12125550123").await.expect(200);
    let acts: Vec<_> = ledger["items"].as_array().unwrap().iter().map(|it| &it["act"]).collect();
    assert_eq!(acts, [&json!("granted"), &json!("revoked")]);
    assert_eq!(ledger["items"][0]["reason"], wish["reason"]);
    let log = admin.get("/v1/audit-log").await.expect(200);
    assert_eq!(log["items"][0]["action"], "opt_out.lift");
    assert_eq!(log["items"][0]["reason"], wish["reason"]);
    assert!(!log.to_string().contains(ANNA), "the audit log names no number");
}

/// What staff entered, the person's START does not lift; a person of theirs does, and says why.
#[tokio::test]
async fn start_does_not_lift_what_the_api_entered() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    admin.post("/v1/opt-outs", &json!({ "phone": ANNA, "reason": "lawyer" })).await.expect(201);
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "START", &[]).await;
    world.settle().await;
    let found = admin.get("/v1/opt-outs?phone=%2B12125550123").await.expect(200);
    assert_eq!(found["items"][0]["opted_out"], true);
}

/// Whoever texts a person who said STOP, on nothing but somebody's word, is sued.
#[tokio::test]
async fn what_a_person_said_is_not_lifted_without_their_new_consent() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let number = world.acme.numbers.texting.clone();
    let why = json!({ "phone": ANNA, "reason": "she called" });
    // The second time somebody here had opted her out before she did, and it keeps their name.
    for source in ["texting", "api"] {
        if source == "api" {
            admin.post("/v1/opt-outs", &why).await.expect(201);
            let mut lifted = why.clone();
            admin.post("/v1/opt-outs/lift", &lifted).await.expect(200);
            lifted["reason"] = json!("lawyer");
            admin.post("/v1/opt-outs", &lifted).await.expect(201);
        }
        world.advance(60);
        world.texting.receives_text(ANNA, number.as_str(), "STOP", &[]).await;
        world.settle().await;
        let found = admin.get("/v1/opt-outs?phone=%2B12125550123").await.expect(200);
        assert_eq!(
            (&found["items"][0]["source"], &found["items"][0]["opted_out"]),
            (&json!(source), &json!(true))
        );

        let consent = json!({ "phone": ANNA, "channel": "paper", "wording": "I agree." });
        admin.post("/v1/consents", &consent).await.expect(201);
        let refused = admin.post("/v1/opt-outs/lift", &why).await.refused(409, "OPTED_OUT");
        assert!(refused["detail"].as_str().unwrap().contains("themselves"), "{refused}");
        let mut wish = why.clone();
        wish["consent"] = json!({ "channel": "paper", "wording": "I agree again." });
        wish["consent"]["at"] = json!("2025-12-24T18:00:00Z");
        let refused = admin.post("/v1/opt-outs/lift", &wish).await.refused(400, "INVALID_REQUEST");
        assert_eq!(refused["faults"][0]["path"], "/consent/at");

        world.advance(60);
        wish["consent"].as_object_mut().unwrap().remove("at");
        let lifted = admin.post("/v1/opt-outs/lift", &wish).await.expect(200);
        assert_eq!(lifted["opted_out"], false);
        wish["consent"]["wording"] = json!(" \u{c}");
        let refused = admin.post("/v1/opt-outs/lift", &wish).await.refused(400, "INVALID_REQUEST");
        assert_eq!(refused["faults"][0]["path"], "/consent/wording", "with nothing left to lift");
        let ledger = admin.get("/v1/consents?phone=%2B12125550123&limit=2").await.expect(200);
        assert!(ledger.to_string().contains("I agree again."), "{ledger}");
        world.settle().await;
    }
}

/// What to do about it differs, so it says who opted them out.
#[tokio::test]
async fn a_refusal_says_how_the_opt_out_can_end() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let text = json!({ "to": ANNA, "text": "hello" });
    let refused = async || {
        let answer = admin.post_once("/v1/messages", "k1", &text).await;
        answer.refused(409, "OPTED_OUT")["detail"].as_str().unwrap().to_owned()
    };
    let why = json!({ "phone": ANNA, "reason": "lawyer" });
    admin.post("/v1/opt-outs", &why).await.expect(201);
    assert!(refused().await.contains("START does not lift that"));
    admin.post("/v1/opt-outs/lift", &why).await.expect(200);
    let number = world.acme.numbers.texting.clone();
    world.advance(60);
    world.texting.receives_text(ANNA, number.as_str(), "STOP", &[]).await;
    world.settle().await;
    assert!(refused().await.contains("START, from them, lifts it"));
}

#[tokio::test]
async fn a_consent_has_who_when_how_and_which_words() {
    let world = World::new().await;
    let agent = Key::of(&world, "acme", "agent").await;
    let me = agent.get("/v1/me").await.expect(200);
    let new = json!({
        "phone": ANNA, "channel": "web_form", "wording": "I agree to texts from Acme.",
        "ip": "203.0.113.7", "at": "2025-12-24T18:00:00Z",
    });
    agent.post("/v1/consents", &new).await.expect(201);
    let ledger = agent.get("/v1/consents").await.expect(200);
    let line = &ledger["items"][0];
    for name in ["phone", "channel", "wording", "ip", "at"] {
        assert_eq!(line[name], new[name], "{name}");
    }
    assert_eq!((&line["act"], &line["recorded_by"]), (&json!("granted"), &me["subject"]));
    let wrong = json!({ "phone": ANNA, "channel": "x", "wording": "x", "ip": "not one" });
    let refused = agent.post("/v1/consents", &wrong).await.refused(400, "INVALID_REQUEST");
    assert_eq!(refused["faults"][0]["path"], "/ip");
    world.settle().await;
}

#[tokio::test]
async fn the_evidence_of_a_person_is_one_bundle() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let number = world.acme.numbers.texting.clone();
    for words in ["hello", "STOP"] {
        world.texting.receives_text(ANNA, number.as_str(), words, &[]).await;
        world.settle().await;
    }
    let path = "/v1/people/evidence?phone=%2B12125550123";
    let bundle = admin.get(path).await.expect(200);
    assert_eq!(bundle["standing"]["opted_out"], true);
    assert_eq!(bundle["ledger"][0]["wording"], "STOP");
    assert!(bundle["ledger"][0]["event"].as_str().unwrap().starts_with("evt_"));
    assert_eq!(bundle["texts"].as_array().unwrap().len(), 3, "two in, and our confirmation");
    assert!(!bundle["texts"].to_string().contains("hello"));
    let nobody = admin.get("/v1/people/evidence?phone=%2B12125550199").await;
    nobody.refused(404, "NOT_FOUND");
    world.settle().await;
}
