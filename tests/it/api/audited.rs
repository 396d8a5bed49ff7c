//! The audit log: who changed what, how it was, and how it is. Every route that changes something is
//! tried, operators' too; one that is not here fails the first test.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Key, crm,
    isolation::{Ids, live, routes},
};
use crate::{
    tables::Tables,
    world::{ANNA, BEN, World},
};

/// What a line says beside who, when and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sides {
    /// Something new: how it is.
    Made,
    /// How it was and how it is, which are not the same.
    Changed,
    /// Something that is gone: how it was.
    Ended,
    /// Nothing was otherwise before.
    Noted,
    /// At least one of them.
    Either,
}

use Sides::{Changed, Either, Ended, Made, Noted};

/// A request that changes something, and the lines that it leaves.
struct Change {
    route: (&'static str, &'static str),
    body: Value,
    lines: &'static [(&'static str, Sides)],
}

const fn change(
    route: (&'static str, &'static str),
    body: Value,
    lines: &'static [(&'static str, Sides)],
) -> Change {
    Change { route, body, lines }
}

/// What changes nothing that somebody set up: texts have their own record, and a look is no change.
const NOT_AUDITED: [(&str, &str); 4] = [
    ("POST", "/v1/conversations/{conversation}/read"),
    ("POST", "/v1/integrations/{integration}/test"),
    ("POST", "/v1/messages"),
    ("POST", "/v1/quarantine/preview"),
];

/// What a tenant's admin changes, in an order in which all of it can be.
fn by_an_admin(twilio_token: &str, ids: &Ids) -> Vec<Change> {
    let waiting = json!([ids.0["id"]]);
    let person = json!({ "phone": ANNA, "reason": "asked" });
    let texting = json!({
        "id": "new", "template": "texting",
        "settings": { "api_key": "texting-demo-key", "webhook_secret": "0123456789abcdef" },
    });
    let number = json!({
        "number": "+14155550177", "integration": "acme-twilio", "is_default": true,
    });
    let secrets = json!({ "settings": { "auth_token": twilio_token } });
    vec![
        change(
            ("POST", "/v1/consents"),
            json!({ "phone": ANNA, "channel": "paper", "wording": "I agree." }),
            &[("consent.add", Made)],
        ),
        change(("POST", "/v1/crm/links"), json!({}), &[("crm_link.create", Made)]),
        change(("POST", "/v1/opt-outs"), person.clone(), &[("opt_out.add", Made)]),
        change(("POST", "/v1/opt-outs/lift"), person.clone(), &[("opt_out.lift", Changed)]),
        change(("PUT", "/v1/numbers"), number, &[("number.put", Changed)]),
        change(("PATCH", "/v1/tenant"), json!({ "brand": "Other" }), &[("tenant.change", Changed)]),
        change(
            ("POST", "/v1/quarantine/replay"),
            json!({ "ids": waiting }),
            &[("quarantine.replay", Changed)],
        ),
        change(
            ("POST", "/v1/integrations"),
            texting,
            &[("integration.create", Made), ("integration.status", Changed)],
        ),
        change(
            ("PATCH", "/v1/integrations/{integration}"),
            json!({ "name": "Other" }),
            &[("integration.change", Changed)],
        ),
        change(
            ("POST", "/v1/integrations/{integration}/credentials/rotate"),
            secrets,
            &[("integration.rotate", Either)],
        ),
        change(
            ("POST", "/v1/integrations/{integration}/sync"),
            json!({}),
            &[("integration.sync", Noted)],
        ),
        change(
            ("POST", "/v1/keys"),
            json!({ "name": "site", "role": "agent" }),
            &[("key.create", Made)],
        ),
        change(
            ("POST", "/v1/keys/{key}/rotate"),
            json!({}),
            &[("key.expire", Changed), ("key.rotate", Made)],
        ),
        change(("DELETE", "/v1/keys/{key}"), Value::Null, &[("key.revoke", Changed)]),
        // What was to be tried again is not sent any more.
        change(
            ("POST", "/v1/people/erase"),
            person,
            &[("person.erase", Noted), ("message.cancel", Changed)],
        ),
    ]
}

/// What an admin changes about texts that have not left.
fn by_an_admin_about_texts(ids: &Ids) -> Vec<Change> {
    let discard = json!({ "ids": [ids.0["id"]], "reason": "not needed" });
    vec![
        change(
            ("POST", "/v1/messages/{message}/cancel"),
            json!({}),
            &[("message.cancel", Changed)],
        ),
        change(("POST", "/v1/quarantine/discard"), discard, &[("quarantine.discard", Changed)]),
        change(
            ("DELETE", "/v1/integrations/{integration}"),
            Value::Null,
            &[("integration.delete", Ended), ("tenant.let_go", Changed)],
        ),
    ]
}

/// What an operator changes of a tenant. Its end comes last.
fn by_an_operator() -> Vec<Change> {
    let why = json!({ "reason": "asked for" });
    let suspend = || {
        let lines = &[("tenant.suspend", Changed)];
        change(("POST", "/v1/tenants/{tenant}/suspend"), why.clone(), lines)
    };
    vec![
        change(
            ("PATCH", "/v1/tenants/{tenant}"),
            json!({ "support": "Call us." }),
            &[("tenant.change", Changed)],
        ),
        suspend(),
        change(("POST", "/v1/tenants/{tenant}/resume"), why.clone(), &[("tenant.resume", Changed)]),
        suspend(),
        change(
            ("DELETE", "/v1/tenants/{tenant}"),
            Value::Null,
            &[
                ("integration.delete", Ended),
                ("tenant.let_go", Changed),
                ("key.revoke", Changed),
                ("tenant.delete", Changed),
            ],
        ),
    ]
}

/// What an operator does who names no tenant.
fn by_an_operator_of_nobody() -> [(Change, Option<&'static str>); 3] {
    let north = json!({ "id": "north", "brand": "North", "support": "help" });
    [
        (change(("POST", "/v1/tenants"), north, &[("tenant.create", Made)]), Some("north")),
        (
            change(
                ("POST", "/v1/crm/installs/{location}/attach"),
                json!({ "tenant": "north" }),
                &[("crm_install.attach", Made)],
            ),
            Some("north"),
        ),
        (
            change(
                ("POST", "/v1/dead-letters/redrive"),
                json!({ "queue": "inbound" }),
                &[("dead_letters.redrive", Noted)],
            ),
            None,
        ),
    ]
}

impl Change {
    /// Makes it, and looks for its lines in this log.
    async fn is_written_down(&self, by: &Key<'_>, log: &Key<'_>, ids: &Ids) {
        let (method, path) = self.route;
        log.world.advance(1);
        let body = (method != "DELETE").then_some(&self.body);
        let name = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = by.ask(name, &ids.path(path), body, &[]).await;
        assert!(matches!(answer.status, 200..=299), "{method} {path}: {:?}", answer.body);
        let request = answer.header("x-request-id").to_owned();

        let found = log.get("/v1/audit-log?limit=100").await.expect(200);
        let found = found["items"].as_array().unwrap().iter();
        let lines: Vec<_> = found.filter(|it| it["request"] == request).collect();
        for line in &lines {
            let expected = self.lines.iter().find(|(action, _)| line["action"] == *action);
            let (_, sides) = expected.unwrap_or_else(|| panic!("{method} {path} left {line}"));
            assert!(sides.are_those_of(line), "{method} {path} is not {sides:?}: {line}");
        }
        for (action, _) in self.lines {
            let is_there = lines.iter().any(|it| it["action"] == *action);
            assert!(is_there, "{method} {path} left no {action}: {lines:?}");
        }
    }
}

impl Sides {
    fn are_those_of(self, line: &Value) -> bool {
        match (self, line.get("before"), line.get("after")) {
            (Changed, Some(before), Some(after)) => before != after,
            (Made, None, Some(_)) | (Ended, Some(_), None) | (Noted, None, None) => true,
            (Either, before, after) => before.is_some() || after.is_some(),
            (Made | Changed | Ended | Noted, _, _) => false,
        }
    }
}

#[test]
fn every_route_that_changes_something_is_tried() {
    let ids = Ids([("id", String::new())].into());
    let mut tried = BTreeSet::from(NOT_AUDITED);
    tried.extend(by_an_operator().iter().map(|it| it.route));
    tried.extend(by_an_operator_of_nobody().iter().map(|(it, _)| it.route));
    tried.extend(by_an_admin_about_texts(&ids).iter().map(|it| it.route));
    tried.extend(by_an_admin("", &ids).iter().map(|it| it.route));
    let changes = routes().into_iter().filter(|(method, ..)| *method != "GET");
    let changes: BTreeSet<_> = changes.map(|(method, path, _)| (method, path)).collect();
    assert_eq!(tried, changes);
}

/// A text that is planned, and one that waits for its integration.
async fn texts_that_wait(world: &World, admin: &Key<'_>, ids: &mut Ids) {
    let later = json!({ "to": BEN, "text": "later", "send_at": "2026-01-02T12:00:00Z" });
    let planned = admin.post_once("/v1/messages", "planned", &later).await.expect(202);
    ids.0.insert("message", planned["id"].as_str().unwrap().to_owned());
    let off = json!({ "status": "disconnected" });
    admin.patch("/v1/integrations/acme-texting", &off).await.expect(200);
    let from = world.acme.numbers.texting.as_str();
    let waits = json!({ "to": BEN, "text": "it waits", "from": from });
    let number = json!({ "number": from, "integration": "acme-texting" });
    admin.ask(Method::PUT, "/v1/numbers", Some(&number), &[]).await.expect(200);
    let sent = admin.post_once("/v1/messages", "waits", &waits).await.expect(202);
    world.advance(61);
    world.drain().await;
    ids.0.insert("id", format!("message:{}", sent["id"].as_str().unwrap()));
}

#[tokio::test]
async fn every_change_says_how_it_was_and_how_it_is_and_names_nobody() {
    let world = World::new().await;
    let mut ids = live(&world).await;
    let admin = Key::of(&world, "acme", "admin").await;
    let made = admin.post("/v1/keys", &json!({ "name": "site", "role": "agent" })).await;
    let made = made.expect(201);
    ids.0.insert("key", made["id"].as_str().unwrap().to_owned());
    for change in by_an_admin(world.twilio_token(), &ids) {
        change.is_written_down(&admin, &admin, &ids).await;
    }
    texts_that_wait(&world, &admin, &mut ids).await;
    for change in by_an_admin_about_texts(&ids) {
        change.is_written_down(&admin, &admin, &ids).await;
    }
    let operator = Key::operator(&world).await;
    ids.0.insert("location", crm::nobodys(&world).await);
    for (change, tenant) in by_an_operator_of_nobody() {
        let log = Key::operator(&world).await;
        let log = if let Some(it) = tenant { log.acting_for(it) } else { log };
        change.is_written_down(&operator, &log, &ids).await;
    }
    let acmes = Key::operator(&world).await.acting_for("acme");
    for change in by_an_operator() {
        change.is_written_down(&operator, &acmes, &ids).await;
    }

    let secret = made["token"].as_str().unwrap().rsplit('_').next().unwrap();
    let kept = Tables::of(&world).items().await.into_iter().map(|(_, item)| item.to_string());
    let lines: Vec<_> = kept.filter(|it| it.contains("audit entry")).collect();
    assert!(lines.len() > 20);
    for hidden in [ANNA, BEN, secret, world.twilio_token(), "texting-demo-key", "I agree."] {
        let found = lines.iter().find(|it| it.contains(hidden));
        assert!(found.is_none(), "{hidden} is in {found:?}");
    }
    world.settle().await;
}
