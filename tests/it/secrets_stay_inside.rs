//! What is secret, and what somebody said to whom, is in the vault, in the tables and on its way;
//! it is in nothing that is printed.

mod trouble;
mod vault;

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use app::BaseUrls;
use aws::{Asked, ForeignId};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    allowance::Lane,
    event::WebhookEvent,
    ids::{CrmMessageId, EventId},
    integration::Provider,
};
use jiff::Timestamp;
use lambda_http::tracing::{
    Dispatch, Level, Metadata,
    subscriber::{
        self,
        fmt::{MakeWriter, format::FmtSpan},
    },
};

use local::seed::ALOWARE_WEBHOOK_SECRET;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::{
    api::Key,
    letters::Sender,
    tables::Tables,
    world::{ANNA, BEN, NOON, World},
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
    let urls = BaseUrls { twilio: base(), telnyx: base(), texting: base(), aloware: base() };
    for (id, provider) in [
        (&acme.twilio, Provider::Twilio),
        (&acme.telnyx, Provider::Telnyx),
        (&acme.texting, Provider::Texting),
        (&acme.aloware, Provider::Aloware),
    ] {
        let connection = connections.of(&acme.tenant, id, world.now()).await.unwrap().unwrap();
        printed.push(format!("{connection:?} {:?}", connection.channel(&urls).unwrap()));
        printed.push(match provider {
            Provider::Twilio => format!("{:?}", connection.twilio().unwrap()),
            Provider::Telnyx => format!("{:?}", connection.telnyx().unwrap()),
            Provider::Aloware => format!("{:?}", connection.aloware().unwrap()),
            _ => format!("{:?}", connection.texting().unwrap()),
        });
        let sealed = world.scope().credentials(id).await.unwrap();
        printed.push(format!("{sealed:?}"));
    }
    let crm = &world.functions.inbound_consumer.crm;
    let session = crm
        .speaking(connections, (&acme.tenant, Lane::Reply), world.now(), async |session| {
            Ok::<_, app::CrmError>(format!("{session:?}"))
        })
        .await
        .unwrap();
    printed.push(format!("{session} {connections:?} {crm:?}"));

    let scope = world.scope();
    let phone = ANNA.parse().unwrap();
    for sent in world.ghl.messages(acme.location.as_str(), ANNA) {
        let crm_message = CrmMessageId::parse(&sent.id).unwrap();
        let id = ForeignId::CrmMessage(&crm_message);
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
    printed.push(format!(
        "{standing:?} {:?} {job:?}",
        scope.consent_history(&phone, Asked::oldest(100)).await.unwrap().items
    ));
    printed.push(format!(
        "{:?} {scope:?}",
        scope.log_of_day(NOON, Asked::oldest(1000)).await.unwrap().items
    ));
    let overdue = world.store.overdue(Timestamp::MAX, 100).await.unwrap();
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
    trouble::everything(&world).await;
    let tokens = use_the_api(&world).await;
    drop(guard);

    let text = logged.text();
    for token in &tokens {
        assert!(!text.contains(token.as_str()), "a key of the API is shown");
    }
    let unsaid: Vec<_> = EXPECTED.into_iter().filter(|it| !text.contains(it)).collect();
    assert!(unsaid.is_empty(), "nothing in the story says {unsaid:?}");
    shows_nothing(&text);
}

/// Whether we wrote this. What libraries trace, down to the bytes they send, nobody switches on.
fn is_ours(target: &str) -> bool {
    const OURS: [&str; 18] = [
        "aloware_webhook",
        "api",
        "app",
        "authorizer",
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
    let name = target.split(':').next().unwrap_or_default();
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

/// Keys are made, a provider is connected, its secret is rotated, people are texted, opted out and
/// forgotten, and much of it is refused. Gives the secrets of the keys.
async fn use_the_api(world: &World) -> Vec<String> {
    let admin = Key::of(world, "acme", "admin").await;
    let made = admin.post("/v1/keys", &json!({ "name": "another", "role": "agent" })).await;
    let token = made.expect(201)["token"].as_str().unwrap().to_owned();
    Key::with_token(world, "not-a-key").get("/v1/me").await.expect(403);
    let settings =
        json!({ "api_key": "texting-demo-key", "webhook_secret": ALOWARE_WEBHOOK_SECRET });
    let new = json!({ "id": "third", "template": "texting", "settings": settings });
    admin.post("/v1/integrations", &new).await.expect(201);
    let rotate = json!({ "settings": { "api_key": "texting-demo-key" } });
    admin.post("/v1/integrations/third/credentials/rotate", &rotate).await.expect(200);
    let wrong = json!({ "settings": { "api_key": format!("{PICTURE} {ANNA}") } });
    admin.post("/v1/integrations/third/credentials/rotate", &wrong).await;
    for (n, to) in [ANNA, BEN, "+1 (212) 555-01", PICTURE].into_iter().enumerate() {
        let text = json!({ "to": to, "text": TEXT, "media": [PICTURE] });
        admin.post_once("/v1/messages", &format!("k{n}"), &text).await;
    }
    let why = json!({ "phone": BEN, "reason": TEXT });
    admin.post("/v1/opt-outs", &why).await;
    admin.post("/v1/opt-outs/lift", &why).await;
    let ben = BEN.replace('+', "%2B");
    for path in ["/v1/people/evidence", "/v1/people/export", "/v1/messages", "/v1/opt-outs"] {
        admin.get(&format!("{path}?phone={ben}")).await;
    }
    world.settle().await;
    admin.post("/v1/people/erase", &why).await.expect(200);
    world.settle().await;
    let secret = token.rsplit('_').next().unwrap().to_owned();
    vec![secret, world.operator_key().await.expose_secret().to_owned()]
}

async fn events(world: &World) -> Vec<WebhookEvent> {
    let mut events = Vec::new();
    for (_, item) in Tables::of(world).items().await {
        if item["kind"]["S"] == "webhook event" {
            let id = EventId::parse(item["id"]["S"].as_str().unwrap()).unwrap();
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
    secrets.extend(["aloware-demo-token", ALOWARE_WEBHOOK_SECRET].map(str::to_owned));
    secrets.extend(secrets.clone().iter().map(|it| encoded(it.as_bytes())));
    secrets
}

fn encoded(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
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
