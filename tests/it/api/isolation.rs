//! Every route, tried as no one, with each role, and as another tenant. A route that is not in the
//! table fails the first test.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Key};
use crate::world::{ANNA, World, answer_lost};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Anyone,
    Reader,
    Agent,
    Admin,
    /// An admin for their tenant, an operator for what belongs to none.
    KeyHolder,
    Operator,
}

use Who::{Admin, Agent, Anyone, KeyHolder, Operator, Reader};

/// Every route of the API.
const ROUTES: [(&str, &str, Who); 53] = [
    ("GET", "/v1/audit-log", KeyHolder),
    ("GET", "/v1/consents", Reader),
    ("POST", "/v1/consents", Agent),
    ("GET", "/v1/conversations", Reader),
    ("GET", "/v1/conversations/{conversation}", Reader),
    ("GET", "/v1/conversations/{conversation}/messages", Reader),
    ("POST", "/v1/conversations/{conversation}/read", Agent),
    ("GET", "/v1/conversations/{conversation}/timeline", Reader),
    ("GET", "/v1/crm/installs", Operator),
    ("POST", "/v1/crm/installs/{location}/attach", Operator),
    ("POST", "/v1/crm/links", Admin),
    ("GET", "/v1/dead-letters", Operator),
    ("POST", "/v1/dead-letters/redrive", Operator),
    ("GET", "/v1/events", Reader),
    ("GET", "/v1/events/{event}", Admin),
    ("GET", "/v1/integrations", Reader),
    ("POST", "/v1/integrations", Admin),
    ("GET", "/v1/integrations/templates", Anyone),
    ("GET", "/v1/integrations/templates/{name}", Anyone),
    ("GET", "/v1/integrations/{integration}", Reader),
    ("PATCH", "/v1/integrations/{integration}", Admin),
    ("DELETE", "/v1/integrations/{integration}", Admin),
    ("POST", "/v1/integrations/{integration}/credentials/rotate", Admin),
    ("GET", "/v1/integrations/{integration}/health", Reader),
    ("POST", "/v1/integrations/{integration}/sync", Admin),
    ("POST", "/v1/integrations/{integration}/test", Admin),
    ("GET", "/v1/keys", KeyHolder),
    ("POST", "/v1/keys", KeyHolder),
    ("GET", "/v1/keys/{key}", KeyHolder),
    ("DELETE", "/v1/keys/{key}", KeyHolder),
    ("POST", "/v1/keys/{key}/rotate", KeyHolder),
    ("GET", "/v1/me", Anyone),
    ("GET", "/v1/messages", Reader),
    ("POST", "/v1/messages", Agent),
    ("GET", "/v1/messages/{message}", Reader),
    ("POST", "/v1/messages/{message}/cancel", Agent),
    ("GET", "/v1/numbers", Reader),
    ("PUT", "/v1/numbers", Admin),
    ("GET", "/v1/opt-outs", Reader),
    ("POST", "/v1/opt-outs", Agent),
    ("POST", "/v1/opt-outs/lift", Admin),
    ("POST", "/v1/people/erase", Admin),
    ("GET", "/v1/people/evidence", Admin),
    ("GET", "/v1/people/export", Admin),
    ("GET", "/v1/quarantine", Reader),
    ("GET", "/v1/quarantine-counts", Operator),
    ("POST", "/v1/quarantine/discard", Admin),
    ("POST", "/v1/quarantine/preview", Admin),
    ("POST", "/v1/quarantine/replay", Admin),
    ("GET", "/v1/quarantine/{id}", Reader),
    ("GET", "/v1/sync-log", Reader),
    ("GET", "/v1/tenant", Reader),
    ("PATCH", "/v1/tenant", Admin),
];

/// Tenants by their names, which are operators' alone.
const TENANTS: [(&str, &str); 8] = [
    ("GET", "/v1/tenants"),
    ("POST", "/v1/tenants"),
    ("GET", "/v1/tenants/{tenant}"),
    ("PATCH", "/v1/tenants/{tenant}"),
    ("DELETE", "/v1/tenants/{tenant}"),
    ("GET", "/v1/tenants/{tenant}/export"),
    ("POST", "/v1/tenants/{tenant}/resume"),
    ("POST", "/v1/tenants/{tenant}/suspend"),
];

pub(super) fn routes() -> Vec<(&'static str, &'static str, Who)> {
    let tenants = TENANTS.into_iter().map(|(method, path)| (method, path, Operator));
    ROUTES.into_iter().chain(tenants).collect()
}

#[test]
fn every_route_is_in_the_table() {
    let document = serde_json::to_value(api::document()).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "put", "post", "patch", "delete"] {
            if item.get(method).is_some() {
                described.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    let listed = routes().into_iter().map(|(m, path, _)| (m.to_owned(), path.to_owned())).collect();
    assert_eq!(described, listed, "who may use it, and is it tried as everybody else?");
}

/// The ids of what acme has, by what paths call them.
pub(super) struct Ids(pub(super) BTreeMap<&'static str, String>);

impl Ids {
    pub(super) fn path(&self, template: &str) -> String {
        let filled = self
            .0
            .iter()
            .fold(template.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
        match template {
            "/v1/events" => format!("{filled}?integration={}", self.0["integration"]),
            "/v1/messages" => format!("{filled}?conversation={}", self.0["conversation"]),
            "/v1/people/evidence" | "/v1/people/export" => {
                format!("{filled}?phone={}", ANNA.replace('+', "%2B"))
            }
            _ => filled,
        }
    }

    /// A body that would be taken, if it were acme who sent it.
    fn body(&self, method: &str, template: &str) -> Option<Value> {
        let why = json!({ "phone": ANNA, "reason": "asked" });
        let ids = json!({ "ids": [self.0["id"]] });
        Some(match (method, template) {
            ("GET" | "DELETE", _) => return None,
            (_, "/v1/consents") => {
                json!({ "phone": ANNA, "channel": "paper", "wording": "I agree." })
            }
            (_, "/v1/crm/installs/{location}/attach") => json!({ "tenant": "acme" }),
            (_, "/v1/dead-letters/redrive") => json!({ "queue": "inbound" }),
            (_, "/v1/integrations") => json!({ "template": "texting", "settings": {} }),
            (_, "/v1/integrations/{integration}/credentials/rotate") => {
                json!({ "settings": { "auth_token": "other" } })
            }
            (_, "/v1/keys") => json!({ "name": "another", "role": "agent" }),
            (_, "/v1/messages") => json!({ "to": "+12125550177", "text": "hello" }),
            (_, "/v1/numbers") => json!({ "number": "+14155550177", "integration": "acme-twilio" }),
            (_, "/v1/opt-outs" | "/v1/opt-outs/lift" | "/v1/people/erase") => why,
            (_, "/v1/quarantine/discard") => {
                json!({ "ids": [self.0["id"]], "reason": "not needed" })
            }
            (_, "/v1/quarantine/preview" | "/v1/quarantine/replay") => ids,
            (_, "/v1/tenants") => json!({ "id": "acme", "brand": "Acme", "support": "help" }),
            (_, "/v1/tenants/{tenant}/suspend" | "/v1/tenants/{tenant}/resume") => {
                json!({ "reason": "tried" })
            }
            _ => json!({}),
        })
    }
}

/// A life of acme's that leaves one of everything.
pub(super) async fn live(world: &World) -> Ids {
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    world.settle().await;
    world.texting.plan_fault(answer_lost("send", 1));
    world.agent_sends(ANNA, "in doubt").await;
    world.drain().await;
    world.texting.lose_callbacks().await;
    world.settle().await;

    let admin = Key::of(world, "acme", "admin").await;
    let first = async |path: &str| admin.get(path).await.expect(200)["items"][0]["id"].clone();
    let text = |value: Value| value.as_str().unwrap().to_owned();
    let conversation = text(first("/v1/conversations").await);
    let waiting = admin.get("/v1/quarantine?limit=100").await.expect(200);
    let events = first("/v1/events?integration=acme-texting").await;
    let second = admin.get("/v1/quarantine").await.expect(200)["next_cursor"].clone();
    let waiting = match waiting["items"].as_array().unwrap().first() {
        Some(found) => found["id"].clone(),
        None => first(&format!("/v1/quarantine?cursor={}", text(second))).await,
    };
    Ids(BTreeMap::from([
        ("conversation", conversation.clone()),
        ("event", text(events)),
        ("id", text(waiting)),
        ("integration", "acme-twilio".to_owned()),
        ("key", text(first("/v1/keys").await)),
        ("location", world.acme.location.to_string()),
        ("message", text(first(&format!("/v1/messages?conversation={conversation}")).await)),
        ("name", "twilio".to_owned()),
        ("tenant", "acme".to_owned()),
    ]))
}

async fn try_it(key: &Key<'_>, ids: &Ids, (method, path): (&str, &str)) -> Answer {
    let body = ids.body(method, path);
    let once = [("idempotency-key", "isolation")];
    let headers: &[_] = if path == "/v1/messages" && method == "POST" { &once } else { &[] };
    let method_ = Method::from_bytes(method.as_bytes()).unwrap();
    key.ask(method_, &ids.path(path), body.as_ref(), headers).await
}

#[tokio::test]
async fn who_has_no_key_and_who_has_a_wrong_one_gets_nothing() {
    let world = World::new().await;
    let ids = Ids(BTreeMap::from([("id", "event:evt_1".to_owned())]));
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let wrong = Key::with_token(&world, &format!("dpx_{}_{}", "0".repeat(20), "0".repeat(64)));
    let nonsense = Key::with_token(&world, "secret");
    for (method, path, _) in routes() {
        let name = Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("{}{path}", world.origin);
        assert_eq!(http.request(name.clone(), url).send().await.unwrap().status(), 401, "{path}");
        for key in [&wrong, &nonsense] {
            let answer = key.ask(name.clone(), path, None, &[]).await;
            assert_eq!(answer.status, 403, "{method} {path}");
            assert_eq!(answer.body, json!({ "message": "Forbidden" }));
        }
    }
    drop(ids);
}

#[tokio::test]
async fn each_role_may_do_what_it_may_and_nothing_more() {
    let world = World::new().await;
    let ids = live(&world).await;
    let mut keys = BTreeMap::new();
    for (who, role) in [(Reader, "read_only"), (Agent, "agent"), (Admin, "admin")] {
        keys.insert(who, Key::of(&world, "acme", role).await);
    }
    let tried = routes();
    // What may not be done first: what may, takes things away.
    for (method, path, least) in &tried {
        for (who, key) in keys.iter().filter(|(who, _)| *who < least && *least != KeyHolder) {
            let answer = try_it(key, &ids, (method, path)).await;
            assert_eq!(answer.status, 403, "{method} {path} as {who:?}: {:?}", answer.body);
            answer.refused(403, "FORBIDDEN");
        }
        if *least == KeyHolder {
            let answer = try_it(&keys[&Agent], &ids, (method, path)).await;
            answer.refused(403, "FORBIDDEN");
        }
    }
    let mut allowed: Vec<_> = tried.iter().filter(|(_, _, who)| *who < Operator).collect();
    allowed.sort_by_key(|(method, path, _)| {
        let ends = ["erase", "discard", "replay"].iter().any(|it| path.contains(it));
        (*method == "DELETE", ends)
    });
    for (method, path, least) in allowed {
        let key = match least {
            Anyone | Reader => &keys[&Reader],
            Agent => &keys[&Agent],
            Admin | KeyHolder | Operator => &keys[&Admin],
        };
        let answer = try_it(key, &ids, (method, path)).await;
        let is_let_in = !matches!(answer.status, 401 | 403 | 404 | 405 | 500..);
        assert!(is_let_in, "{method} {path}: {} {:?}", answer.status, answer.body);
    }
    world.settle().await;
}

#[tokio::test]
async fn what_is_acmes_does_not_exist_for_zenith() {
    let world = World::new().await;
    let ids = live(&world).await;
    world.another_tenant().await;
    let zenith = Key::of(&world, "zenith", "admin").await;
    let before = snapshot(&world).await;

    for (method, path, who) in routes().into_iter().filter(|(_, _, who)| *who != Operator) {
        let names_a_thing = path.contains('{') && path != "/v1/integrations/templates/{name}";
        let answer = try_it(&zenith, &ids, (method, path)).await;
        if names_a_thing {
            assert_eq!(answer.status, 404, "{method} {path}: {:?}", answer.body);
            answer.refused(404, "NOT_FOUND");
        } else if who != Anyone {
            assert!(!matches!(answer.status, 500..), "{method} {path}");
            assert!(!shows_acme(&ids, &answer.body), "{method} {path}: {:?}", answer.body);
        }
        let body = ids.body(method, path);
        let name = Method::from_bytes(method.as_bytes()).unwrap();
        let named = [("duplex-tenant", "acme"), ("idempotency-key", "isolation-2")];
        let answer = zenith.ask(name, &ids.path(path), body.as_ref(), &named).await;
        if who != Anyone {
            assert_eq!(answer.status, 404, "{method} {path} in acme's name: {:?}", answer.body);
        }
    }
    assert_eq!(snapshot(&world).await, before, "nothing of acme's has changed");
    world.settle().await;
}

/// Whether an answer has anything in it that zenith could only know from acme.
fn shows_acme(ids: &Ids, body: &Value) -> bool {
    let text = body.to_string();
    let secret = ["conversation", "event", "key", "message"].map(|it| ids.0[it].as_str());
    secret.iter().any(|it| text.contains(it)) || text.contains("\"acme")
}

async fn snapshot(world: &World) -> Vec<Value> {
    let items = crate::tables::Tables::of(world).items().await.into_iter().map(|(_, item)| item);
    let mut acmes: Vec<_> = items
        .filter(|item| {
            let pk = item["pk"]["S"].as_str().unwrap_or_default();
            pk.split('#').nth(1) == Some("acme") || item["tenant"]["S"] == "acme"
        })
        .collect();
    acmes.sort_by_key(|item| (item["pk"].to_string(), item["sk"].to_string()));
    acmes
}

#[tokio::test]
async fn an_operator_says_for_which_tenant() {
    let world = World::new().await;
    let ids = live(&world).await;
    let operator = Key::operator(&world).await;
    for (method, path, who) in routes() {
        if matches!(who, Reader | Agent | Admin) {
            let answer = try_it(&operator, &ids, (method, path)).await;
            answer.refused(400, "TENANT_REQUIRED");
        }
    }
    let nobodys = Key::operator(&world).await.acting_for("nobody");
    nobodys.get("/v1/messages?phone=2125550123").await.refused(404, "NOT_FOUND");
    let reserved = Key::operator(&world).await.acting_for("_platform");
    reserved.get("/v1/numbers").await.refused(404, "NOT_FOUND");
    let acmes = Key::operator(&world).await.acting_for("acme");
    let found = acmes.get("/v1/tenant").await.expect(200);
    assert_eq!(found["id"], "acme");
    world.settle().await;
}
