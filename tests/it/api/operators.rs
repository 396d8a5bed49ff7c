//! Tenants, from the first to the last day.

use reqwest::Method;
use serde_json::json;

use super::Key;
use crate::{
    tables::Tables,
    world::{ANNA, World, answer_lost},
};

#[tokio::test]
async fn a_tenant_is_made_changed_and_listed() {
    let world = World::new().await;
    let operator = Key::operator(&world).await;
    let new = json!({ "id": "north", "brand": "North", "support": "help@north.example" });
    let made = operator.post("/v1/tenants", &new).await;
    let tag = made.header("etag").to_owned();
    assert_eq!(made.expect(201)["state"], "active");
    operator.post("/v1/tenants", &new).await.refused(409, "ALREADY_EXISTS");

    let change = json!({ "brand": "Far North", "keywords": { "stop": ["enough"] } });
    let headers = [("if-match", tag.as_str())];
    let path = "/v1/tenants/north";
    let changed = operator.ask(Method::PATCH, path, Some(&change), &headers).await.expect(200);
    assert_eq!(changed["brand"], "Far North");
    assert_eq!(changed["keywords"]["stop"], json!(["enough"]));
    assert_eq!(changed["support"], "help@north.example");
    let stale = operator.ask(Method::PATCH, path, Some(&change), &headers).await;
    stale.refused(412, "VERSION_MISMATCH");

    let admin = Key::of(&world, "north", "admin").await;
    let own = admin.patch("/v1/tenant", &json!({ "answers": { "help": "Call us." } })).await;
    assert_eq!(own.expect(200)["answers"]["help"], "Call us.");
    let listed = operator.get("/v1/tenants").await.expect(200);
    let ids: Vec<_> = listed["items"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert!(ids.contains(&&json!("north")) && ids.contains(&&json!("acme")), "{ids:?}");
    world.settle().await;
}

#[tokio::test]
async fn what_cannot_be_is_named_by_its_place() {
    let world = World::new().await;
    let operator = Key::operator(&world).await;
    let fault = async |body| {
        let refused = operator.post("/v1/tenants", &body).await.refused(400, "INVALID_REQUEST");
        refused["faults"][0]["path"].as_str().unwrap().to_owned()
    };
    assert_eq!(fault(json!({ "id": "a#b", "brand": "B", "support": "s" })).await, "/id");
    assert_eq!(fault(json!({ "id": "_platform", "brand": "B", "support": "s" })).await, "/id");
    assert_eq!(fault(json!({ "id": "a", "brand": " ", "support": "s" })).await, "/brand");
    assert_eq!(fault(json!({ "id": "a", "brand": "B", "support": 7 })).await, "/support");
    assert_eq!(fault(json!({ "id": "a", "brand": "B", "colour": "red" })).await, "/colour");
    let keywords = json!({ "keywords": { "stop": ["start"] } });
    let refused = operator.patch("/v1/tenants/acme", &keywords).await;
    let refused = refused.refused(400, "INVALID_REQUEST");
    assert_eq!(refused["faults"][0]["path"], "/keywords");
    world.settle().await;
}

#[tokio::test]
async fn a_suspended_tenant_loses_nothing_and_calls_nobody() {
    let world = World::new().await;
    let operator = Key::operator(&world).await;
    let why = json!({ "reason": "unpaid" });
    let suspended = operator.post("/v1/tenants/acme/suspend", &why).await.expect(200);
    assert_eq!(
        (&suspended["state"], &suspended["reason"]),
        (&json!("suspended"), &json!("unpaid"))
    );
    world.advance(61);

    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    world.agent_sends(ANNA, "hi").await;
    world.drain().await;
    world.sweep().await;
    world.drain().await;
    assert!(world.heard_in_ghl(ANNA).is_empty());
    assert!(world.twilio.sent().is_empty() && world.texting.sent().is_empty());
    let acme = Key::of(&world, "acme", "read_only").await;
    let waiting = acme.get("/v1/quarantine").await.expect(200);
    assert_eq!(waiting["items"][0]["kind"], "parked", "{waiting}");

    operator.post("/v1/tenants/acme/resume", &json!({ "reason": "paid" })).await.expect(200);
    world.settle().await;
    assert_eq!(world.heard_in_ghl(ANNA), ["hello"]);
    assert_eq!(world.twilio.sent().len() + world.texting.sent().len(), 1);
    let waiting = acme.get("/v1/quarantine").await.expect(200);
    assert_eq!(waiting["items"], json!([]));
}

/// Nobody is texted who said STOP while their tenant was suspended.
#[tokio::test]
async fn a_stop_counts_while_a_tenant_is_suspended() {
    let world = World::new().await;
    let operator = Key::operator(&world).await;
    operator.post("/v1/tenants/acme/suspend", &json!({ "reason": "unpaid" })).await.expect(200);
    world.advance(61);
    world.agent_sends(ANNA, "before the stop").await;
    world.drain().await;
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "STOP", &[]).await;
    world.drain().await;
    let acme = Key::of(&world, "acme", "read_only").await;
    let standing = acme.get("/v1/opt-outs?phone=%2B12125550123").await.expect(200);
    assert_eq!(standing["items"][0]["opted_out"], true);

    operator.post("/v1/tenants/acme/resume", &json!({ "reason": "paid" })).await.expect(200);
    world.settle().await;
    let texts: Vec<_> = world.twilio.sent().into_iter().map(|it| it.body).collect();
    assert!(!texts.contains(&"before the stop".to_owned()), "{texts:?}");
    assert!(!world.ghl_may_text(ANNA));
}

#[tokio::test]
async fn a_deleted_tenant_answers_nobody_and_keeps_what_the_law_asks() {
    let world = World::new().await;
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "my knee hurts", &[]).await;
    world.texting.receives_text(ANNA, number.as_str(), "STOP", &[]).await;
    world.settle().await;
    let operator = Key::operator(&world).await;
    let admin = Key::of(&world, "acme", "admin").await;
    operator.delete("/v1/tenants/acme").await.refused(409, "INVALID_STATE");
    operator.post("/v1/tenants/acme/suspend", &json!({ "reason": "left" })).await.expect(200);

    let records = operator.get_all("/v1/tenants/acme/export").await;
    let kinds: std::collections::BTreeSet<_> =
        records.iter().map(|it| it["kind"].as_str().unwrap()).collect();
    for kind in ["tenant", "integration", "conversation", "message", "opt_out", "consent", "audit"]
    {
        assert!(kinds.contains(kind), "{kind} in {kinds:?}");
    }
    let whole = serde_json::to_string(&records).unwrap();
    assert!(whole.contains("my knee hurts") && !whole.contains("texting-demo-secret"));

    let deleted = operator.delete("/v1/tenants/acme").await.expect(200);
    assert_eq!(deleted["complete"], true, "{deleted}");
    admin.get("/v1/me").await.expect(403);
    world.advance(61);
    let again = world.texting.receives_text(ANNA, number.as_str(), "anybody there?", &[]).await;
    assert_eq!(again.answer.status, Some(404));
    let kept = serde_json::to_string(&Tables::of(&world).items().await).unwrap();
    assert!(!kept.contains("my knee hurts"));
    assert!(kept.contains("CONSENT#") && kept.contains("OPTOUT"));
    world.settle().await;
}

/// None of them has a conversation: nothing was said with them yet.
#[tokio::test]
async fn what_waits_for_or_failed_with_somebody_new_is_exported_and_deleted_too() {
    let world = World::new().await;
    let (operator, admin) = (Key::operator(&world).await, Key::of(&world, "acme", "admin").await);
    let number = world.acme.numbers.texting.clone();
    let wanted = json!({ "number": number.as_str(), "integration": "acme-texting" });
    admin.ask(Method::PUT, "/v1/numbers", Some(&wanted), &[]).await.expect(200);
    let texts = [
        json!({ "to": "+12125550191", "text": "planned knee", "send_at": "2026-02-01T12:00:00Z" }),
        json!({ "to": "+12125550192", "text": "opted knee", "send_at": "2026-01-01T12:10:00Z" }),
    ];
    for (n, text) in texts.iter().enumerate() {
        admin.post_once("/v1/messages", &format!("k{n}"), text).await.expect(202);
    }
    let out = json!({ "phone": "+12125550192", "reason": "asked" });
    admin.post("/v1/opt-outs", &out).await.expect(201);
    world.advance(660);
    world.sweep().await;
    world.drain().await;
    let off = json!({ "status": "disconnected" });
    admin.patch("/v1/integrations/acme-ghl", &off).await.expect(200);
    world.advance(61);
    // Heard and parked; read by nobody; and from no telephone number.
    world.texting.receives_text("+12125550193", number.as_str(), "parked knee", &[]).await;
    world.drain().await;
    world.texting.receives_text("+12125550194", number.as_str(), "unread knee", &[]).await;
    world.lose_jobs("Inbound").await;
    let to = world.acme.numbers.twilio.clone();
    world.twilio.receives_text("24273", to.as_str(), "unusable knee", &[]).await;
    world.texting.plan_fault(answer_lost("send", 1));
    admin
        .post_once("/v1/messages", "k9", &json!({ "to": "+12125550195", "text": "doubted knee" }))
        .await
        .expect(202);
    world.drain().await;
    operator.post("/v1/tenants/acme/suspend", &json!({ "reason": "left" })).await.expect(200);

    let whole = serde_json::to_string(&operator.get_all("/v1/tenants/acme/export").await).unwrap();
    // Twilio's deliveries are forms.
    for words in ["planned ", "opted ", "parked ", "unread ", "unusable+", "doubted "] {
        assert!(whole.contains(&format!("{words}knee")), "{words}");
    }
    let deleted = operator.delete("/v1/tenants/acme").await.expect(200);
    assert_eq!(deleted["complete"], true, "{deleted}");
    for (_, item) in Tables::of(&world).items().await {
        let (text, kind) = (item.to_string(), item["kind"]["S"].as_str().unwrap());
        let is_kept = matches!(kind, "opt-out" | "consent entry" | "answer given once");
        assert!(is_kept || !text.contains("knee") && !text.contains("+1212555019"), "{text}");
        let sk = item["sk"]["S"].as_str().unwrap();
        assert!(!["KEY#", "NUM#", "RESUME"].iter().any(|it| sk.starts_with(it)), "{sk}");
    }
    assert_eq!(world.store.count_parked(&world.acme.tenant).await.unwrap(), 0);
    world.settle().await;
}
