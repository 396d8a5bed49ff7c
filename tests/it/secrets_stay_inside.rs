//! What is secret, and what somebody said to whom, is in the vault, in the tables and on its way;
//! it is in nothing that is printed.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use app::BaseUrls;
use aws::{Sealed, Vault, VaultError};
use domain::{event::WebhookEvent, ids::CrmMessageId, integration::Provider};
use lambda_http::tracing::{
    Dispatch, Level, Metadata,
    subscriber::{
        self,
        fmt::{MakeWriter, format::FmtSpan},
    },
};
use local::{
    emulator::gate::When,
    sims::{
        carrier::{Behaviour, InboundText},
        fault::{Fault, Planned},
    },
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::{
    letters::{CARRIERS, EVERYBODY, Letter, Sender, env},
    tables::Tables,
    world::{ANNA, BEN, NOON, World, answer_lost},
};

const TEXT: &str = "my knee hurts again";
const REPLY: &str = "come on friday at nine";
const PICTURE: &str = "https://media.example/private-picture-of-a-knee.png";

/// What the log of everything that happens, good and bad, has among its lines.
const EXPECTED: [&str; 16] = [
    "was taken in",
    "is in the CRM",
    "was accepted by its carrier",
    "says STOP",
    "a webhook was refused",
    "a webhook failed",
    "a job failed and will be tried again",
    "is in doubt",
    "will not be sent",
    "is not a job",
    "could not be stored",
    "a message cannot be sent",
    "a delivery was dropped",
    "a stored opt-out cannot be read",
    "something overdue cannot be read",
    "the settings cannot be read",
];

#[tokio::test]
async fn a_credential_opens_only_where_it_was_sealed() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    let (vault, acme) = (&world.functions.vault, &world.acme);
    let scope = world.scope();
    let sealed = vault.seal(scope, &acme.twilio, "auth_token", &"open sesame".into(), NOON).await;
    let sealed = sealed.unwrap();

    let opened = vault.open(scope, &acme.twilio, "auth_token", &sealed, NOON).await.unwrap();
    assert_eq!(opened.expose_secret(), "open sesame");
    let zeniths = world.store.of(&zenith.tenant);
    for (what, opened) in [
        ("another tenant", vault.open(zeniths, &acme.twilio, "auth_token", &sealed, NOON).await),
        ("another integration", vault.open(scope, &acme.telnyx, "auth_token", &sealed, NOON).await),
        ("another field", vault.open(scope, &acme.twilio, "api_secret", &sealed, NOON).await),
    ] {
        assert!(matches!(opened, Err(VaultError::DoesNotOpen)), "{what}: {opened:?}");
    }
}

#[tokio::test]
async fn a_credential_that_was_changed_does_not_open() {
    let world = World::new().await;
    let (vault, scope, id) = (&world.functions.vault, world.scope(), &world.acme.twilio);
    let sealed = vault.seal(scope, id, "auth_token", &"open sesame".into(), NOON).await.unwrap();
    let stored = serde_json::to_value(&sealed).unwrap();
    let open = async |changed: Value| {
        let sealed: Sealed = serde_json::from_value(changed).unwrap();
        vault.open(scope, id, "auth_token", &sealed, NOON).await
    };
    assert!(open(stored.clone()).await.is_ok());

    for field in ["nonce", "ciphertext"] {
        let bytes = decoded(stored[field].as_str().unwrap());
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            let mut changed = stored.clone();
            changed[field] = encoded(&flipped).into();
            let opened = open(changed).await;
            assert!(matches!(opened, Err(VaultError::DoesNotOpen)), "{field} at {at}");
        }
        for cut in ["", "AAAA", "not base64!"] {
            let mut changed = stored.clone();
            changed[field] = cut.into();
            assert!(matches!(open(changed).await, Err(VaultError::DoesNotOpen)), "{field}: {cut}");
        }
    }
    let mut of_another_key = stored.clone();
    of_another_key["key_version"] = 2.into();
    assert!(open(of_another_key).await.is_err());
}

/// The key service itself refuses a data key that was copied to another tenant.
#[tokio::test]
async fn a_data_key_opens_for_its_own_tenant_only() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    let tables = Tables::of(&world);
    let items = tables.items().await;
    let key_of = |tenant: &str| {
        let is_theirs = |item: &Value| {
            item["kind"]["S"] == "data key" && item["pk"]["S"] == format!("T#{tenant}")
        };
        items.iter().find(|(_, item)| is_theirs(item)).cloned().unwrap()
    };
    let (table, mut swapped) = key_of("zenith");
    swapped["wrapped"] = key_of("acme").1["wrapped"].clone();
    tables.put(&table, &swapped).await;

    let vault = vault(&world).await;
    let scope = world.store.of(&zenith.tenant);
    for (name, sealed) in scope.credentials(&zenith.texting).await.unwrap() {
        let opened = vault.open(scope, &zenith.texting, &name, &sealed, NOON).await;
        assert!(matches!(opened, Err(VaultError::Refused(_))), "{opened:?}");
    }
    assert_eq!(calls(&world, "Decrypt"), 2, "it was asked each time, and gave nothing");
}

#[tokio::test]
async fn a_data_key_is_fetched_once_per_tenant_and_again_after_five_minutes() {
    let world = World::new().await;
    let zenith = world.another_tenant().await;
    assert_eq!(calls(&world, "GenerateDataKey"), 2, "one for each tenant");
    assert_eq!(calls(&world, "Decrypt"), 0);

    let vault = vault(&world).await;
    for (seconds, decrypted) in [(0, 1), (299, 1), (300, 2), (599, 2), (600, 3)] {
        open_all(&world, &vault, seconds).await;
        assert_eq!(calls(&world, "Decrypt"), decrypted, "after {seconds} seconds");
    }
    let scope = world.store.of(&zenith.tenant);
    for (name, sealed) in scope.credentials(&zenith.texting).await.unwrap() {
        vault.open(scope, &zenith.texting, &name, &sealed, NOON).await.unwrap();
    }
    assert_eq!(calls(&world, "Decrypt"), 4, "zenith's is another");
    assert_eq!(calls(&world, "GenerateDataKey"), 2);
}

async fn open_all(world: &World, vault: &Vault, seconds: i64) {
    let (scope, now) = (world.scope(), NOON + jiff::SignedDuration::from_secs(seconds));
    for id in [&world.acme.twilio, &world.acme.telnyx, &world.acme.texting] {
        for (name, sealed) in scope.credentials(id).await.unwrap() {
            vault.open(scope, id, &name, &sealed, now).await.unwrap();
        }
    }
}

#[tokio::test]
async fn no_secret_is_stored_in_the_open() {
    let world = World::new().await;
    tell_a_story(&world).await;

    let items = Tables::of(&world).items().await;
    assert!(items.len() > 20);
    for (table, item) in &items {
        let text = item.to_string();
        for secret in secrets() {
            assert!(!text.contains(&secret), "{} in {table} shows a secret", item["kind"]);
        }
    }
}

#[tokio::test]
async fn nothing_shows_a_secret_or_a_text_when_it_is_printed() {
    let world = World::new().await;
    tell_a_story(&world).await;
    let acme = &world.acme;
    let connections = &world.functions.twilio_webhook.intake.connections;
    let mut printed = vec![
        format!("{:?}", world.functions),
        format!("{:#?}", world.functions),
        format!("{world:?} {:?} {:?}", world.gate, world.dynamo),
    ];

    let base = || "https://example.com".to_owned();
    let urls = BaseUrls { twilio: base(), telnyx: base(), texting: base() };
    for (id, provider) in [
        (&acme.twilio, Provider::Twilio),
        (&acme.telnyx, Provider::Telnyx),
        (&acme.texting, Provider::Texting),
    ] {
        let connection = connections.of(&acme.tenant, id, world.now()).await.unwrap().unwrap();
        printed.push(format!("{connection:?} {:?}", connection.channel(&urls).unwrap()));
        printed.push(match provider {
            Provider::Twilio => format!("{:?}", connection.twilio().unwrap()),
            Provider::Telnyx => format!("{:?}", connection.telnyx().unwrap()),
            _ => format!("{:?}", connection.texting().unwrap()),
        });
        let sealed = world.scope().credentials(id).await.unwrap();
        printed.push(format!("{sealed:?}"));
    }
    let crm = &world.functions.inbound_consumer.crm;
    let session = crm.session(connections, &acme.tenant, world.now()).await.unwrap();
    printed.push(format!("{session:?} {connections:?} {crm:?}"));

    let scope = world.scope();
    let phone = ANNA.parse().unwrap();
    for sent in world.ghl.messages(acme.location.as_str(), ANNA) {
        let crm_message = CrmMessageId::parse(&sent.id).unwrap();
        let id = aws::ForeignId::CrmMessage(&crm_message);
        let telling = scope.telling(&crm_message).await.unwrap();
        printed.push(format!("{telling:?}"));
        if let Some(id) = scope.message_called(id).await.unwrap() {
            let message = scope.message(&id).await.unwrap().unwrap();
            let conversation = scope.conversation(&message.body.conversation).await.unwrap();
            let job = message.body.job(&acme.tenant);
            printed.push(format!("{message:?} {conversation:?} {job:?}"));
        }
    }
    let events = events(&world).await;
    assert!(events.len() >= 4, "{}", events.len());
    printed.push(format!("{events:?}"));
    let standing = scope.opt_out(&phone).await.unwrap().unwrap();
    let job = standing.body.job(&acme.tenant);
    printed
        .push(format!("{standing:?} {:?} {job:?}", scope.consent_history(&phone).await.unwrap()));
    printed.push(format!("{:?} {scope:?}", scope.log_of_day(NOON).await.unwrap()));
    let overdue = world.store.overdue(jiff::Timestamp::MAX, 100).await.unwrap();
    printed.push(format!("{overdue:?}"));

    for text in &printed {
        shows_nothing(text);
    }
}

/// The words of a consent and a failure are ids and codes; a person's own words are not shown.
#[tokio::test]
async fn nothing_that_is_logged_shows_a_secret_a_phone_or_a_text() {
    let logged = Logged::default();
    let dispatch = |to: &Logged| {
        let all = subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(to.clone())
            .finish();
        Dispatch::new(all)
    };
    // While there is only one, what another thread logs first is taken for switched off.
    let (dispatch, _another) = (dispatch(&logged), dispatch(&Logged::default()));
    // Tests run on a thread of their own each, and so does everything in a world.
    let guard = tracing::dispatcher::set_default(&dispatch);

    let world = World::new().await;
    tell_a_story(&world).await;
    everything_goes_wrong(&world).await;
    drop(guard);

    let text = logged.text();
    let unsaid: Vec<_> = EXPECTED.into_iter().filter(|it| !text.contains(it)).collect();
    assert!(unsaid.is_empty(), "nothing in the story says {unsaid:?}");
    shows_nothing(&text);
}

/// Whether we wrote this. What libraries trace, down to the bytes they send, nobody switches on.
fn is_ours(target: &str) -> bool {
    let name = target.split(':').next().unwrap_or_default();
    const OURS: [&str; 15] = [
        "app",
        "aws",
        "carriers",
        "domain",
        "edge",
        "egress",
        "ghl",
        "ghl_delivery",
        "inbound_consumer",
        "outbound_consumer",
        "report_consumer",
        "sweeper",
        "telnyx_webhook",
        "texting_webhook",
        "twilio_webhook",
    ];
    OURS.contains(&name)
}

/// Somebody texts, is answered, and says STOP.
async fn tell_a_story(world: &World) {
    let numbers = world.acme.numbers.clone();
    world.texting.receives_text(ANNA, numbers.texting.as_str(), TEXT, &[PICTURE]).await;
    world.telnyx.receives_text(BEN, numbers.telnyx.as_str(), TEXT, &[PICTURE]).await;
    world.settle().await;
    world.agent_sends(ANNA, REPLY).await;
    world.agent_sends(BEN, REPLY).await;
    world.settle().await;
    world.texting.deliver_callbacks().await;
    world.telnyx.deliver_callbacks().await;
    world.twilio.receives_text(ANNA, numbers.twilio.as_str(), TEXT, &[]).await;
    world.settle().await;
    world.texting.receives_text(ANNA, numbers.texting.as_str(), "STOP", &[]).await;
    world.settle().await;
    world.agent_sends(ANNA, REPLY).await;
    world.settle().await;
}

/// Failures of everybody, in words that repeat what must not be repeated.
async fn everything_goes_wrong(world: &World) {
    let numbers = world.acme.numbers.clone();
    let chatty = |status| Fault::Status {
        status,
        body: Some(json!({
            "code": format!("no {BEN}"), "status": status, "canonicalCode": format!("for {BEN}"),
            "message": format!("\"{REPLY}\" cannot go to {BEN}"),
            "error": { "code": TEXT, "message": format!("{BEN}: {REPLY}"), "retryable": true },
            "errors": [{ "code": TEXT, "title": BEN, "detail": REPLY }],
        })),
        retry_after: None,
    };
    for operation in ["upsert_contact", "add_inbound", "update_status", "update_contact"] {
        for status in [400, 401, 422, 429, 500] {
            let fault = chatty(status);
            world.ghl.faults().add(Planned { on: operation.to_owned(), times: 1, fault });
        }
        world.ghl.faults().add(answer_lost(operation, 1));
    }
    for status in [429, 503, 400] {
        let fault = chatty(status);
        world.telnyx.plan_fault(Planned { on: "send".to_owned(), times: 1, fault });
        world.telnyx.receives_text(BEN, numbers.telnyx.as_str(), TEXT, &[PICTURE]).await;
        world.agent_sends(BEN, REPLY).await;
        world.settle().await;
    }
    world.telnyx.plan_fault(answer_lost("send", 1));
    world.agent_sends(BEN, REPLY).await;
    world.settle().await;
    for behaviour in [Behaviour::OptedOut, Behaviour::InvalidNumber] {
        world.telnyx.set_behaviour(BEN, behaviour);
        world.agent_sends(BEN, REPLY).await;
        world.settle().await;
    }
    world.telnyx.receives(InboundText::new(TEXT, numbers.telnyx.as_str(), TEXT)).await;
    world.texting.receives(InboundText::new("+1", numbers.texting.as_str(), TEXT)).await;

    at_the_doors(world).await;
    in_our_own_stores(world).await;
    world.ghl.faults().clear();
    world.settle().await;
}

async fn at_the_doors(world: &World) {
    for sender in EVERYBODY {
        let letter = sender.letter(world, sender.text(world, BEN, "SM77", TEXT));
        letter.clone().without(sender.proof()).without("x-texting-secret").post(world).await;
        letter.clone().with("content-type", "text/plain").post(world).await;
        let unreadable = json!({
            "data": { "id": BEN, "event_type": { TEXT: REPLY }, "payload": BEN },
            "eventType": "message.received", "from": BEN, "locationId": { TEXT: BEN },
            "messageId": [BEN], "phone": BEN, "message": { TEXT: REPLY },
        });
        sender.letter(world, unreadable.to_string()).post(world).await;

        world.dynamo.gate().fail_next("PutItem", 1, When::Before);
        world.dynamo.gate().fail_next("TransactWriteItems", 1, When::Before);
        letter.post(world).await;
        world.dynamo.gate().heal();
        world.gate.fail_next("SendMessage", 1, When::Before);
        letter.post(world).await;
        world.gate.heal();
    }
    let unsendable = |name: &str, value: Value| {
        let text = Sender::Ghl.text(world, BEN, &format!("bad-{name}"), TEXT);
        let mut text: Value = serde_json::from_slice(&text).unwrap();
        text[name] = value;
        text.to_string()
    };
    for body in [
        unsendable("phone", format!("{BEN}{BEN}").into()),
        unsendable("phone", TEXT.into()),
        unsendable("attachments", json!([format!("ftp://{BEN}/{TEXT}")])),
        unsendable("message", REPLY.repeat(200).into()),
        unsendable("locationId", BEN.into()),
        unsendable("type", TEXT.into()),
    ] {
        let letter: Letter = Sender::Ghl.letter(world, body);
        assert_eq!(letter.post(world).await.status, 200);
    }
    for sender in CARRIERS {
        let body = sender.text(world, BEN, "SM77", TEXT);
        let address = format!("/webhooks/{sender:?}/{BEN}").to_lowercase();
        sender.letter_to(world, address, body).post(world).await;
    }
}

/// Items and jobs that somebody spoilt.
async fn in_our_own_stores(world: &World) {
    use aws_lambda_events::sqs::{SqsEvent, SqsMessage};

    let batch = |bodies: &[String]| {
        let mut event = SqsEvent::default();
        for (n, body) in bodies.iter().enumerate() {
            let mut message = SqsMessage::default();
            message.message_id = Some(n.to_string());
            message.body = Some(body.clone());
            event.records.push(message);
        }
        event
    };
    let spoilt = [
        json!(BEN),
        json!({ "do": TEXT, "tenant": BEN }),
        json!({ "do": "tell_standing", "tenant": "acme", "phone": TEXT }),
        json!({ "do": "tell_standing", "tenant": "acme", "phone": 12_125_550_124_u64 }),
        json!({ "tenant": { TEXT: BEN }, "event": [TEXT] }),
    ]
    .map(|it| it.to_string());
    let functions = &world.functions;
    inbound_consumer::handle(&functions.inbound_consumer, batch(&spoilt), world.now()).await;
    outbound_consumer::handle(&functions.outbound_consumer, batch(&spoilt), world.now()).await;
    report_consumer::handle(&functions.report_consumer, batch(&spoilt), world.now()).await;

    let tables = Tables::of(world);
    let items = tables.items().await;
    let of_kind = |kind: &str| {
        let is_theirs = |item: &Value| item["kind"]["S"] == kind && item["pk"]["S"] != "T#zenith";
        items.iter().find(|(_, item)| is_theirs(item)).cloned().unwrap()
    };
    let standing = json!({ "do": "tell_standing", "tenant": "acme", "phone": ANNA }).to_string();
    let (table, whole) = of_kind("opt-out");
    for (field, value) in [
        ("phone", json!({ "S": TEXT })),
        ("phone", json!({ "N": "12125550123" })),
        ("active", json!({ "S": TEXT })),
        ("source", json!({ "S": BEN })),
    ] {
        let mut spoilt = whole.clone();
        spoilt["pk"] = json!({ "S": format!("T#acme#P#{ANNA}") });
        spoilt[field] = value;
        tables.put(&table, &spoilt).await;
        let job = batch(std::slice::from_ref(&standing));
        report_consumer::handle(&functions.report_consumer, job, world.now()).await;
    }
    let mut due = whole.clone();
    due["pk"] = json!({ "S": format!("T#acme#P#{ANNA}") });
    for wake in [json!({ "queue": TEXT }), json!({ "queue": "reports", "job": { "do": BEN } })] {
        due["due_pk"] = json!({ "S": "due#0" });
        due["due_at"] = json!({ "N": "1" });
        due["wake"] = json!({ "S": wake.to_string() });
        tables.put(&table, &due).await;
        world.sweep().await;
    }
    tables.put(&table, &whole).await;

    let (table, whole) = of_kind("integration");
    let mut spoilt = whole.clone();
    spoilt["sk"] = json!({ "S": "INT#acme-texting" });
    spoilt["id"] = json!({ "S": "acme-texting" });
    spoilt["provider"] = json!({ "S": "texting" });
    spoilt["settings"] = json!({ "M": { "require_signature": { "S": secrets()[0] } } });
    let before = items.iter().find(|(_, it)| it["sk"]["S"] == "INT#acme-texting").cloned().unwrap();
    tables.put(&table, &spoilt).await;
    world.advance(61);
    Sender::Texting.letter(world, "{}").post(world).await;
    tables.put(&table, &before.1).await;
    world.advance(61);
}

async fn events(world: &World) -> Vec<WebhookEvent> {
    let mut events = Vec::new();
    for (_, item) in Tables::of(world).items().await {
        if item["kind"]["S"] == "webhook event" {
            let id = domain::ids::EventId::parse(item["id"]["S"].as_str().unwrap()).unwrap();
            events.push(world.scope().event(&id).await.unwrap().unwrap().body);
        }
    }
    events
}

/// Nothing of the story's that nobody else should know is in `text`.
fn shows_nothing(text: &str) {
    let phones = [ANNA, BEN].map(|it| it.trim_start_matches("+1").to_owned());
    let numbers = ["4155551001", "4155551002", "4155551003"].map(str::to_owned);
    let said = [TEXT, REPLY, "private-picture"].map(str::to_owned);
    let secrets = secrets();
    for private in phones.iter().chain(&numbers).chain(&said).chain(&secrets) {
        if let Some(at) = text.find(private.as_str()) {
            let from = text.floor_char_boundary(at.saturating_sub(300));
            let to = text.ceil_char_boundary((at + 100).min(text.len()));
            panic!("\"{private}\" is shown: …{}…", &text[from..to]);
        }
    }
}

/// The secrets of acme's accounts, as they are and as they are sent.
fn secrets() -> Vec<String> {
    let mut secrets: Vec<_> = [Sender::Twilio, Sender::Texting]
        .map(|it| String::from_utf8(it.secret()).unwrap())
        .to_vec();
    secrets.extend(["KEYtelnyx-demo", "texting-demo-key", "token-acme"].map(str::to_owned));
    secrets.extend(secrets.clone().iter().map(|it| encoded(it.as_bytes())));
    secrets
}

async fn vault(world: &World) -> Vault {
    env(world, "TwilioWebhookFunction").await.vault().unwrap()
}

fn calls(world: &World, operation: &str) -> u64 {
    world.gate.meter().read().get(operation).map_or(0, |it| it.calls)
}

fn encoded(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

fn decoded(text: &str) -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.decode(text).unwrap()
}

/// Everything that was logged.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Logged {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Logged {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }

    fn make_writer_for(&'a self, line: &Metadata<'_>) -> Self {
        let is_kept = *line.level() <= Level::INFO || is_ours(line.target());
        if is_kept { self.clone() } else { Self::default() }
    }
}
