//! The operators' command line, against the real API.

use std::{ffi::OsString, io::Cursor, time::Duration};

use cli::{Ending, Terminal};
use local::sims::fault::{Fault, Planned};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::world::{ANNA, BEN, World};

/// Somebody at a terminal, with a key.
struct Operator<'a> {
    world: &'a World,
    key: String,
    tenant: Option<&'static str>,
}

/// What was printed, and how it ended.
#[derive(Debug)]
struct Ran {
    ending: Ending,
    out: String,
    err: String,
}

impl<'a> Operator<'a> {
    async fn of(world: &'a World) -> Self {
        let key = world.operator_key().await.expose_secret().to_owned();
        Self { world, key, tenant: None }
    }

    fn acting_for(&self, tenant: &'static str) -> Self {
        Self { world: self.world, key: self.key.clone(), tenant: Some(tenant) }
    }

    async fn run(&self, line: &[&str]) -> Ran {
        self.run_with("", line).await
    }

    /// Runs a command that reads this.
    async fn run_with(&self, input: &str, line: &[&str]) -> Ran {
        let (mut input, mut out, mut err) = (Cursor::new(input), Vec::new(), Vec::new());
        let mut terminal =
            Terminal { input: &mut input, out: &mut out, err: &mut err, is_watched: false };
        let ending = cli::run(self.arguments(line), &mut terminal).await;
        let [out, err] = [out, err].map(|it| String::from_utf8(it).unwrap());
        assert!(!out.contains(&self.key) && !err.contains(&self.key));
        Ran { ending, out, err }
    }

    /// What a command has printed after a while that does not end by itself.
    async fn watch(&self, line: &[&str], meanwhile: impl AsyncFnOnce()) -> String {
        let (mut input, mut out, mut err) = (Cursor::new(""), Vec::new(), Vec::new());
        let mut terminal =
            Terminal { input: &mut input, out: &mut out, err: &mut err, is_watched: false };
        let happening = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            meanwhile().await;
            tokio::time::sleep(Duration::from_secs(5)).await;
        };
        tokio::select! {
            ending = cli::run(self.arguments(line), &mut terminal) => panic!("{ending:?}"),
            () = happening => {}
        }
        String::from_utf8(out).unwrap()
    }

    fn arguments(&self, line: &[&str]) -> Vec<OsString> {
        let mut arguments = vec!["duplex", "--url", &self.world.origin, "--key", &self.key];
        if let Some(tenant) = self.tenant {
            arguments.extend(["--tenant", tenant]);
        }
        arguments.into_iter().chain(line.iter().copied()).map(OsString::from).collect()
    }
}

/// A field of something that was shown to a person.
fn field<'a>(shown: &'a str, name: &str) -> &'a str {
    let value = |line: &'a str| line.split_once(' ').filter(|it| it.0 == name).map(|it| it.1);
    shown.lines().find_map(value).unwrap_or_else(|| panic!("no {name} in {shown}")).trim()
}

impl Ran {
    /// What was printed, if all went well.
    #[track_caller]
    fn done(self) -> String {
        assert_eq!(self.ending, Ending::Done, "{}", self.err);
        self.out
    }

    /// The same, read by a machine.
    #[track_caller]
    fn lines(self) -> Vec<Value> {
        self.done().lines().map(|it| serde_json::from_str(it).unwrap()).collect()
    }

    #[track_caller]
    fn refused(self) -> String {
        assert_eq!(self.ending, Ending::Refused, "{}{}", self.out, self.err);
        self.err
    }
}

#[tokio::test]
async fn a_tenant_is_made_given_a_key_and_connected() {
    let world = World::new().await;
    let operator = Operator::of(&world).await;
    assert_eq!(field(&operator.run(&["whoami"]).await.done(), "role"), "operator");
    let line =
        ["tenants", "create", "north", "--brand", "North", "--support", "help@north.example"];
    assert_eq!(field(&operator.run(&line).await.done(), "state"), "active");
    let north = operator.acting_for("north");
    let change = ["tenants", "change", "--stop-word", "enough", "--brand", "Far North"];
    assert_eq!(field(&north.run(&change).await.done(), "keywords.stop"), "enough");
    let listed = operator.run(&["tenants", "list"]).await.done();
    assert!(listed.starts_with("ID ") && listed.contains("Far North"), "{listed}");

    let made = north.run(&["keys", "create", "--name", "site", "--role", "admin"]).await;
    assert!(made.err.contains("shown this once"), "{}", made.err);
    let token = made.done();
    assert_eq!(token.lines().count(), 1, "a script can take it as it is");
    let admin = Operator { world: &world, key: token.trim().to_owned(), tenant: None };
    let settings =
        json!({ "api_key": "texting-demo-key", "webhook_secret": "a-new-webhook-secret-1" });
    let line = ["integrations", "create", "--template", "texting", "--id", "n1", "--settings", "-"];
    let made = admin.run_with(&settings.to_string(), &line).await.done();
    assert_eq!(field(&made, "status"), "active");
    assert!(!made.contains("a-new-webhook-secret-1"), "{made}");
    let health = admin.run(&["integrations", "health", "n1"]).await.done();
    assert_eq!(field(&health, "verdict"), "ok");
    admin.run(&["integrations", "test", "n1"]).await.done();
    admin.run(&["numbers", "set", "+14155559901", "--integration", "n1"]).await.done();
    assert!(admin.run(&["numbers", "list"]).await.done().contains("new_conversations"));
    assert!(admin.run(&["audit"]).await.done().contains("integration.create"));
    assert!(operator.run(&["integrations", "templates", "twilio"]).await.done().contains("Auth"));
    world.settle().await;
}

#[tokio::test]
async fn a_text_is_sent_once_however_often_it_is_asked_for() {
    let world = World::new().await;
    let acme = Operator::of(&world).await.acting_for("acme");
    let line = ["--json", "send", "--to", ANNA, "--text", "hello", "--idempotency-key", "k1"];
    let first = acme.run(&line).await.lines().remove(0);
    let second = acme.run(&line).await.lines().remove(0);
    assert_eq!(first["id"], second["id"]);
    world.settle().await;
    assert_eq!(world.twilio.sent().len(), 1);

    let id = first["id"].as_str().unwrap();
    assert!(acme.run(&["messages", "show", id]).await.done().contains("accepted"));
    let listed = acme.run(&["messages", "list", "--phone", ANNA]).await.done();
    assert!(listed.contains(id) && listed.contains("hello"), "{listed}");
    let conversation = first["conversation"].as_str().unwrap();
    let timeline = acme.run(&["conversations", "timeline", conversation]).await.done();
    assert!(timeline.contains("send") && timeline.contains("success"), "{timeline}");
    assert!(acme.run(&["log"]).await.done().contains(id));

    let later = ["--json", "send", "--to", BEN, "--text", "hi", "--at", "2026-01-01T18:00:00Z"];
    let later = acme.run(&later).await.lines().remove(0);
    let cancelled = acme.run(&["messages", "cancel", later["id"].as_str().unwrap()]).await.done();
    assert!(cancelled.contains("cancelled"), "{cancelled}");
    world.settle().await;
}

#[tokio::test]
async fn a_follower_sees_each_line_once() {
    let world = World::new().await;
    let acme = Operator::of(&world).await.acting_for("acme");
    let send = ["send", "--to", ANNA, "--text", "before"];
    acme.run(&send).await.done();
    world.settle().await;
    let seen = acme
        .watch(&["log", "--follow", "--json"], async || {
            world.advance(1);
            acme.run(&["send", "--to", BEN, "--text", "meanwhile"]).await.done();
            world.settle().await;
        })
        .await;
    let lines: Vec<Value> = seen.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let texts: Vec<_> = lines.iter().filter(|it| it["operation"] == "send").collect();
    assert_eq!(texts.len(), 2, "{seen}");
    assert!(texts[0]["at"].as_str() < texts[1]["at"].as_str(), "{seen}");
    let mut once = lines.clone();
    once.dedup();
    assert_eq!(once.len(), lines.len());
    world.settle().await;
}

#[tokio::test]
async fn everything_that_waits_is_tried_again_a_chunk_at_a_time() {
    let world = World::new().await;
    let acme = Operator::of(&world).await.acting_for("acme");
    let body = json!({ "statusCode": 400, "message": "no" });
    let fault = Fault::Status { status: 400, body: Some(body), retry_after: None };
    world.ghl.faults().add(Planned { on: "add_inbound".to_owned(), times: 50, fault });
    let number = world.acme.numbers.texting.clone();
    for n in 0..5 {
        world.texting.receives_text(ANNA, number.as_str(), &format!("text {n}"), &[]).await;
    }
    world.settle().await;
    let listed = acme.run(&["--json", "quarantine", "list"]).await.lines();
    assert_eq!(listed.len(), 5);
    let preview = acme.run(&["quarantine", "preview", "--all"]).await.done();
    assert_eq!(field(&preview, "texts_to_crm"), "5");

    world.ghl.faults().clear();
    let line = ["quarantine", "replay", "--all", "--chunk", "2", "--per-minute", "6000"];
    let replayed = acme.run(&line).await;
    assert_eq!(replayed.err.lines().last(), Some("5 of 5 replayed"), "{}", replayed.err);
    assert_eq!(replayed.done(), "resumed  5\n");
    world.advance(1);
    world.settle().await;
    let mut heard = world.heard_in_ghl(ANNA);
    heard.sort();
    assert_eq!(heard, ["text 0", "text 1", "text 2", "text 3", "text 4"]);

    let again = listed[0]["id"].as_str().unwrap();
    let refused = acme.run(&["quarantine", "discard", again, "--reason", "old"]).await;
    assert!(refused.out.contains("not_found"), "{}", refused.out);
    assert_eq!(refused.refused().lines().last(), Some("1 were left as they are."));
    let nothing = acme.run(&["quarantine", "replay", "--all"]).await;
    assert_eq!((nothing.ending, nothing.err.trim()), (Ending::Done, "Nothing waits."));
    acme.run(&["dead-letters", "list"]).await.done();
    world.settle().await;
}

#[tokio::test]
async fn a_refusal_says_what_helps() {
    let world = World::new().await;
    let operator = Operator::of(&world).await;
    let nobody = Operator { world: &world, key: "dpx_nonsense".to_owned(), tenant: None };
    assert!(nobody.run(&["whoami"]).await.refused().contains("set DUPLEX_KEY"));
    let nameless = operator.run(&["numbers", "list"]).await.refused();
    assert!(nameless.contains("Name one with --tenant or DUPLEX_TENANT."), "{nameless}");
    let acme = operator.acting_for("acme");
    let missing = acme.run(&["integrations", "show", "nothing"]).await.refused();
    assert!(missing.starts_with("There is no such integration.\n  code NOT_FOUND, status 404"));
    let line = ["integrations", "create", "--template", "twilio", "--settings", "-"];
    let faults = acme.run_with("{\"account_sid\": \"x\"}", &line).await.refused();
    assert!(faults.contains("\n  /settings") && faults.contains("auth_token"), "{faults}");
    acme.run(&["opt-outs", "add", ANNA, "--reason", "asked"]).await.done();
    let out = acme.run(&["send", "--to", ANNA, "--text", "x"]).await.refused();
    assert!(out.contains("code OPTED_OUT"), "{out}");
    world.settle().await;
}

#[tokio::test]
async fn what_was_said_is_exported_and_forgotten() {
    let world = World::new().await;
    let operator = Operator::of(&world).await;
    let acme = operator.acting_for("acme");
    let number = world.acme.numbers.texting.clone();
    for phone in [ANNA, BEN] {
        world.texting.receives_text(phone, number.as_str(), "my knee hurts", &[]).await;
    }
    world.settle().await;
    let add = ["consents", "add", ANNA, "--channel", "paper", "--wording", "Yes, text me."];
    acme.run(&add).await.done();
    assert!(acme.run(&["people", "evidence", ANNA]).await.done().contains("Yes, text me."));
    let person = acme.run(&["people", "export", ANNA]).await.lines();
    assert!(person.iter().any(|it| it["record"]["text"] == "my knee hurts"));
    let erased = acme.run(&["--yes", "people", "erase", ANNA, "--reason", "asked"]).await.done();
    assert_eq!(field(&erased, "complete"), "yes");

    let exported = operator.run(&["tenants", "export", "acme"]).await.lines();
    let kinds = |kind: &str| exported.iter().filter(|it| it["kind"] == kind).count();
    assert_eq!((kinds("tenant"), kinds("message"), kinds("consent")), (1, 1, 1));
    let early = operator.run(&["--yes", "tenants", "delete", "acme"]).await.refused();
    assert!(early.starts_with("Suspend the tenant before you delete it."), "{early}");
    operator.run(&["tenants", "suspend", "acme", "--reason", "gone"]).await.done();
    let deleted = operator.run_with("acme\n", &["tenants", "delete", "acme"]).await.done();
    assert_eq!(field(&deleted, "complete"), "yes");
    world.settle().await;
}
