//! A world for one test: its own tables, queues and keys, its own simulators, and a clock that
//! only moves when told. The functions run in this process, wired as their `main.rs` wires them,
//! from the environment that template.yaml gives them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]
#![expect(clippy::missing_panics_doc, reason = "panicking is how a world says that a test failed")]

mod door;
mod functions;
mod gateway;
mod routes;
mod settle;

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use app::Crm;
use aws::{Endpoints, Env, Scope, Store};
use domain::phone::PhoneNumber;
use jiff::{SignedDuration, Timestamp};
use local::{
    deploy::{Foundation, Site},
    emulator::{Control, Dynamo, Gate, Ministack},
    seed::{self, APP, APP_SECRET, Accounts, Numbers, Planted},
    sims::{
        aloware::{self, AlowareSim},
        carrier::Setting,
        clock::Clock,
        fault::{Fault, Planned},
        ghl::{self, GhlSim},
        telnyx::{self, TelnyxSim},
        texting::{self, TextingSim},
        twilio::{self, TwilioSim},
    },
    template::Template,
};

use secrecy::SecretString;
use serde_json::json;

pub use functions::{Functions, api};

/// When every test begins: a Thursday at noon, UTC.
pub const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

pub struct World {
    pub acme: Planted,
    pub twilio: TwilioSim,
    pub telnyx: TelnyxSim,
    pub texting: TextingSim,
    pub aloware: AlowareSim,
    pub ghl: GhlSim,
    pub dynamo: Dynamo,
    /// The way to the queues and the key service.
    pub gate: Gate,
    pub clock: Clock,
    pub store: Store,
    pub functions: Arc<Functions>,
    pub origin: String,
    endpoints: Endpoints,
    accounts: Accounts,
    environments: BTreeMap<String, BTreeMap<String, String>>,
    control: Control,
    queues: BTreeMap<&'static str, String>,
    held: Mutex<Vec<(&'static str, String)>>,
    unsettled: Arc<AtomicU32>,
    _gateway: gateway::Serving,
}

/// The phone of somebody who texts.
pub const ANNA: &str = "+12125550123";
pub const BEN: &str = "+12125550124";

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A world whose GoHighLevel differs from the usual.
    pub async fn with(change: impl FnOnce(&mut ghl::Options)) -> Self {
        Self::build(change).await.unwrap()
    }

    async fn build(change: impl FnOnce(&mut ghl::Options)) -> anyhow::Result<Self> {
        let clock = Clock::set_to(NOON);
        let listener = gateway::Listening::start().await?;
        let origin = listener.origin().to_owned();

        let (twilio, telnyx, texting) = carriers(&clock);
        let location = ghl::Location::new("locAcme00000000000aa", "token-acme", "provider-acme");
        let mut options = ghl::Options::new(clock.clone()).location(location.clone());
        let redirect = format!("{origin}/oauth/crm/callback");
        options.app = Some(ghl::App::new(APP, APP_SECRET, &redirect));
        change(&mut options);
        let location = options.locations.first().cloned().unwrap_or(location);
        let ghl = GhlSim::start(options).await?;
        let accounts_twilio = twilio.clone();
        let accounts_texting = texting.clone();
        let telnyx_key = telnyx.api_key.clone();
        let twilio = TwilioSim::start(twilio).await?;
        let telnyx = TelnyxSim::start(telnyx).await?;
        let texting = TextingSim::start(texting).await?;
        let accounts_aloware = aloware::Options::new(0);
        let aloware = AlowareSim::start(accounts_aloware.clone()).await?;
        let accounts = Accounts::at(
            &accounts_twilio,
            (&telnyx, &telnyx_key),
            &accounts_texting,
            &accounts_aloware,
            &location,
        );

        let ministack = Ministack::shared().await?;
        let gate = Gate::before(ministack.url(), 0).await?;
        let dynamo = Dynamo::start(0).await?;
        let template = Template::read_from(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml").as_path(),
        )?;
        let parameters = parameters(&origin, &ghl, (&twilio, &telnyx, &texting, &aloware));
        let name = name();
        let site = Site {
            template: &template,
            ministack,
            dynamo: &dynamo,
            world: &name,
            parameters: &parameters,
        };
        let foundation = Foundation::create(site).await?;
        let secret = json!({
            "SecretId": foundation.secret_arn("GhlClientSecret")?, "SecretString": APP_SECRET,
        });
        let action = "secretsmanager.PutSecretValue";
        ministack.control().call("secretsmanager", action, &secret).await?;

        let endpoints =
            Endpoints { dynamodb: dynamo.url().to_owned(), others: gate.url().to_owned() };
        let environments = environments(&template, &foundation, &endpoints)?;
        let functions = Functions::wire(&template, &foundation, &endpoints).await?;
        let functions = Arc::new(functions);
        let store = functions.store.clone();
        let vault = &functions.vault;
        let acme = seed::plant(&store, vault, "acme", &accounts, &numbers("1"), NOON).await?;
        let unsettled = Arc::new(AtomicU32::new(0));
        let gateway = listener.serve(
            Arc::clone(&functions),
            routes::Routes::of(&template, foundation.values())?,
            clock.clone(),
            Arc::clone(&unsettled),
        );

        let queues = ["Inbound", "Outbound", "Reports", "Crm"]
            .into_iter()
            .map(|it| Ok((it, foundation.queue_url(&format!("{it}Queue"))?.to_owned())))
            .collect::<anyhow::Result<_>>()?;
        let world = Self {
            acme,
            twilio,
            telnyx,
            texting,
            aloware,
            ghl,
            dynamo,
            gate,
            clock,
            store,
            functions,
            origin,
            endpoints,
            accounts,
            environments,
            control: ministack.control(),
            queues,
            held: Mutex::default(),
            unsettled,
            _gateway: gateway,
        };
        world.connect();
        Ok(world)
    }

    /// What each provider has been told of our addresses.
    fn connect(&self) {
        let webhook = |provider: &str, id| format!("{}/webhooks/{provider}/{id}", self.origin);
        self.twilio.set_webhook_url(webhook("twilio", &self.acme.twilio));
        self.telnyx.set_webhook_url(webhook("telnyx", &self.acme.telnyx));
        self.texting.set_webhook_url(webhook("texting", &self.acme.texting));
        self.ghl.set_delivery_url(&format!("{}/webhooks/messages/provider-delivery", self.origin));
    }

    /// A second tenant, with a location and numbers of its own.
    pub async fn another_tenant(&self) -> Planted {
        let location =
            ghl::Location::new("locZenith0000000000zz", "token-zenith", "provider-zenith");
        let accounts = Accounts {
            ghl_location: location.id.clone(),
            ghl_token: location.token.as_str().into(),
            ..self.accounts.clone()
        };
        self.ghl.add_location(location);
        let vault = &self.functions.vault;
        seed::plant(&self.store, vault, "zenith", &accounts, &numbers("2"), NOON).await.unwrap()
    }

    /// What a process would find in its environment that ran this function in this world.
    pub fn environment(&self, function: &str) -> &BTreeMap<String, String> {
        &self.environments[function]
    }

    /// The way to GoHighLevel of one more instance of a consumer, which knows nothing of the others.
    pub async fn another_crm(&self) -> Crm {
        let env = self.environment("ReportConsumerFunction").clone();
        functions::crm(&Env::given(env, &self.endpoints).await).unwrap()
    }

    /// What opens everything in this world's API.
    pub async fn operator_key(&self) -> SecretString {
        self.functions.authorizer.operator_key.versions(self.now()).await.unwrap().current
    }

    /// Changes it, as a rotation does: the one before is good too. Gives the new one.
    pub async fn change_operator_key(&self) -> SecretString {
        let next = name();
        let arn = &self.environment("AuthorizerFunction")["OPERATOR_KEY_SECRET"];
        let request = json!({ "SecretId": arn, "SecretString": next });
        let action = "secretsmanager.PutSecretValue";
        self.control.call("secretsmanager", action, &request).await.unwrap();
        next.into()
    }

    pub fn twilio_token(&self) -> &str {
        secrecy::ExposeSecret::expose_secret(&self.accounts.twilio_auth_token)
    }

    pub fn texting_secret(&self) -> &str {
        secrecy::ExposeSecret::expose_secret(&self.accounts.texting_webhook_secret)
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// What is stored of acme.
    pub fn scope(&self) -> Scope<'_> {
        self.store.of(&self.acme.tenant)
    }

    /// Everything that GoHighLevel shows in the conversation with this phone.
    pub fn thread(&self, phone: &str) -> Vec<ghl::Message> {
        self.ghl.messages(self.acme.location.as_str(), phone)
    }

    /// What the texts in GoHighLevel's conversation with this phone say that came in.
    pub fn heard_in_ghl(&self, phone: &str) -> Vec<String> {
        let inbound = self.thread(phone).into_iter().filter(|it| it.direction == "inbound");
        inbound.map(|it| it.body).collect()
    }

    /// Whether GoHighLevel would text this phone.
    pub fn ghl_may_text(&self, phone: &str) -> bool {
        let contact = self.ghl.contact_by_phone(self.acme.location.as_str(), phone);
        contact.and_then(|it| it.sms_do_not_disturb()).is_none()
    }

    /// The tags of this phone's contact in GoHighLevel.
    pub fn tags(&self, phone: &str) -> Vec<String> {
        let contact = self.ghl.contact_by_phone(self.acme.location.as_str(), phone);
        contact.map(|it| it.tags()).unwrap_or_default()
    }

    /// An agent of acme writes to this phone.
    pub async fn agent_sends(&self, phone: &str, text: &str) -> ghl::SentByAgent {
        let message = ghl::AgentMessage::new(self.acme.location.as_str(), phone, text);
        self.ghl.agent_sends(message.despite_do_not_disturb()).await.unwrap()
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let violations = self.ghl.violations();
        assert!(violations.is_empty(), "GoHighLevel would refuse this: {violations:?}");
        let unsettled = self.unsettled.load(Ordering::SeqCst);
        assert_eq!(unsettled, 0, "a world was left with work that nobody settled");
    }
}

fn environments(
    template: &Template,
    foundation: &Foundation,
    endpoints: &Endpoints,
) -> anyhow::Result<BTreeMap<String, BTreeMap<String, String>>> {
    let around = [
        ("AWS_ENDPOINT_URL", endpoints.others.as_str()),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoints.dynamodb.as_str()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let functions = template.functions(foundation.values())?.into_iter();
    let whole = functions.map(|(name, function)| {
        (name.to_owned(), function.environment.into_iter().chain(around.clone()).collect())
    });
    Ok(whole.collect())
}

fn carriers(clock: &Clock) -> (twilio::Options, telnyx::Options, texting::Options) {
    let setting = || Setting::manual(clock.clone());
    let key = ("SK00000000000000000000000000000001", "twilio-demo-api-secret");
    (
        twilio::Options {
            api_key: Some((key.0.to_owned(), key.1.to_owned())),
            ..twilio::Options::new(setting())
        },
        telnyx::Options::new(setting()),
        texting::Options::new(setting()),
    )
}

fn parameters(
    origin: &str,
    ghl: &GhlSim,
    (twilio, telnyx, texting, aloware): (&TwilioSim, &TelnyxSim, &TextingSim, &AlowareSim),
) -> BTreeMap<String, String> {
    [
        ("PublicOrigin", origin.to_owned()),
        ("GhlWebhookKeys", ghl.public_key().base64()),
        ("GhlBaseUrl", ghl.base_url()),
        ("GhlConsentUrl", ghl.base_url()),
        ("GhlClientId", APP.to_owned()),
        ("TwilioBaseUrl", twilio.base_url()),
        ("TelnyxBaseUrl", telnyx.base_url()),
        ("TextingBaseUrl", texting.base_url()),
        // A tenant may name the simulator as its own provider, and nobody else on this machine.
        ("TenantUrlAllow", texting.base_url().replace("http://", "")),
        ("AlowareBaseUrl", aloware.base_url()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn numbers(tenant: &str) -> Numbers {
    let number = |line| -> PhoneNumber { format!("+1415555{tenant}{line}").parse().unwrap() };
    Numbers { twilio: number("001"), telnyx: number("002"), texting: number("003") }
}

/// Tests of one process share an emulator, and each needs names of its own in it.
fn name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst))
}

/// A simulator answers 503 to the next `times` calls of an operation, and does nothing.
pub fn unavailable(on: &str, times: u32) -> Planned {
    let fault = Fault::Status { status: 503, body: None, retry_after: None };
    Planned { on: on.to_owned(), times, fault }
}

/// A simulator does what it is asked in the next `times` calls of an operation, and never answers.
pub fn answer_lost(on: &str, times: u32) -> Planned {
    Planned { on: on.to_owned(), times, fault: Fault::HangAfter }
}
