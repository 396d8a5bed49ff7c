//! The audit log: who changed what, how it was, and how it is. Every route that changes something is
//! tried, operators' too; one that is not here fails the first test.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Key,
    isolation::{Ids, live, routes},
};
use crate::world::{ANNA, World};

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
    Some,
}

use Sides::{Changed, Ended, Made, Noted, Some as Either};

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
fn by_an_admin(world: &World, ids: &Ids) -> Vec<Change> {
    let waiting = json!([ids.0["id"]]);
    let person = json!({ "phone": ANNA, "reason": "asked" });
    let texting = json!({
        "id": "new", "template": "texting",
        "settings": { "api_key": "texting-demo-key", "webhook_secret": "0123456789abcdef" },
    });
    let number = json!({
        "number": "+14155550177", "integration": "acme-twilio", "is_default": true,
    });
    let secrets = json!({ "settings": { "auth_token": world.twilio_token() } });
    vec![
        change(
            ("POST", "/v1/consents"),
            json!({ "phone": ANNA, "channel": "paper", "wording": "I agree." }),
            &[("consent.add", Made)],
        ),
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
        change(("POST", "/v1/people/erase"), person, &[("person.erase", Noted)]),
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
            &[("integration.delete", Ended)],
        ),
    ]
}

/// What an operator changes of a tenant. Its end comes last.
fn by_an_operator() -> Vec<Change> {
    let why = json!({ "reason": "asked for" });
    let suspend = change(
        ("POST", "/v1/tenants/{tenant}/suspend"),
        why.clone(),
        &[("tenant.suspend", Changed)],
    );
    vec![
        change(
            ("PATCH", "/v1/tenants/{tenant}"),
            json!({ "support": "Call us." }),
            &[("tenant.change", Changed)],
        ),
        change(
            ("POST", "/v1/tenants/{tenant}/suspend"),
            why.clone(),
            &[("tenant.suspend", Changed)],
        ),
        change(("POST", "/v1/tenants/{tenant}/resume"), why, &[("tenant.resume", Changed)]),
        suspend,
        change(
            ("DELETE", "/v1/tenants/{tenant}"),
            Value::Null,
            &[("integration.delete", Ended), ("key.revoke", Changed), ("tenant.delete", Changed)],
        ),
    ]
}

/// What an operator does who names no tenant.
fn by_an_operator_of_nobody() -> [(Change, Option<&'static str>); 2] {
    let north = json!({ "id": "north", "brand": "North", "support": "help" });
    [
        (change(("POST", "/v1/tenants"), north, &[("tenant.create", Made)]), Some("north")),
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
    tried.extend(ADMINS);
    let changes = routes().into_iter().filter(|(method, ..)| *method != "GET");
    let changes: BTreeSet<_> = changes.map(|(method, path, _)| (method, path)).collect();
    assert_eq!(tried, changes);
}
