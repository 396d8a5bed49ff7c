//! The world as a person runs it: started in one go, with a demo tenant in it, and gone when it is
//! dropped.

mod accounts;
mod looking;
mod options;
mod sims;
mod welcome;

use std::{collections::BTreeMap, fs, path::PathBuf, time::Instant};

use anyhow::Context as _;
use aws::{Endpoints, Env, Store};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

pub use options::{Elsewhere, Identity, Options};
pub use sims::{Paths, Side, Sims};
pub use welcome::welcome;

use crate::{
    deploy::{Binaries, DeployError, Deployment, Foundation, Front, Profile, Site},
    emulator::{Cache, Dynamo, Ministack, cache::workspace},
    say::Printer,
    seed::{self, Accounts, Planted},
    sims::clock::Clock,
    template::Template,
};

/// The port that is taken if nobody says otherwise.
const USUAL_PORT: u16 = 8787;

/// The demo tenant.
const TENANT: &str = "demo";

/// A running world. Dropping it ends everything in it.
#[derive(Debug)]
pub struct World {
    pub sims: Sims,
    pub tenant: Planted,
    /// The location that the tenant is in GoHighLevel.
    pub location: String,
    pub store: Store,
    /// Scheme, host and port, as others reach the API.
    pub origin: String,
    pub clock: Clock,
    operator_key: SecretString,
    deployment: Deployment,
    dynamo: Dynamo,
    ministack: Ministack,
    keeps_logs: bool,
}

impl World {
    /// Starts everything. `printer` hears of each step.
    pub async fn start(options: &Options, printer: &mut Printer) -> anyhow::Result<Self> {
        let started = Instant::now();
        printer.line("Starting the world");
        let front = front(options.port).await?;
        let origin = options.elsewhere.public_origin.clone();
        let origin = origin.unwrap_or_else(|| front.origin().to_owned());
        let sims = printer.step("the far side", Sims::start(options, &origin)).await?;
        let accounts = accounts::seeded(&options.identity, &sims)?;
        let binaries = binaries(options, printer).await?;
        let cache = Cache::find();
        let ministack = Ministack::start(&cache, Printer::aside);
        let ministack = printer.step("the local AWS", ministack).await?;
        let dynamo = Dynamo::start(0).await?;

        let app = accounts::app(&options.identity, &sims);
        let parameters = parameters(options, &sims, (&origin, app.as_ref()));
        let built =
            Built { binaries: &binaries, cache: &cache, ministack: &ministack, dynamo: &dynamo };
        let what = "everything in template.yaml, with the functions as cargo built them";
        let deployment = printer.step(what, built.deploy(front, parameters)).await?;

        if let Some((_, secret)) = &app {
            keep_secret(&deployment.foundation, &ministack, secret).await?;
        }
        let env = env(&deployment.foundation, &ministack, &dynamo).await?;
        let planting = Box::pin(plant(&env, accounts));
        let tenant = printer.step("a tenant with five integrations", planting).await?;
        sims.point_to(&origin, &tenant);
        printer.line(&format!("Ready after {:.1} s", started.elapsed().as_secs_f64()));
        Ok(Self {
            sims,
            location: tenant.location.as_str().to_owned(),
            tenant,
            store: env.store()?,
            origin,
            clock: Clock::Machine,
            operator_key: operator_key(&env).await?,
            deployment,
            dynamo,
            ministack,
            keeps_logs: options.keep,
        })
    }

    /// The API's own address, without a path.
    pub fn api_url(&self) -> &str {
        self.deployment.api_url()
    }

    /// What opens everything in this world's API.
    pub fn operator_key(&self) -> &SecretString {
        &self.operator_key
    }

    /// The folder with a log of each function.
    pub fn logs(&self) -> PathBuf {
        self.deployment.logs().to_owned()
    }

    /// Ends everything after something went wrong: the logs stay, the emulator's among them.
    pub fn end_keeping_logs(mut self) -> PathBuf {
        let logs = self.logs();
        drop(fs::copy(self.ministack.log(), logs.join("aws.log")));
        self.keeps_logs = true;
        logs
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !self.keeps_logs {
            // The functions may still write into them, which does no harm.
            drop(fs::remove_dir_all(self.deployment.logs()));
        }
    }
}

/// What a deployment needs.
struct Built<'a> {
    binaries: &'a Binaries,
    cache: &'a Cache,
    ministack: &'a Ministack,
    dynamo: &'a Dynamo,
}

impl Built<'_> {
    async fn deploy(
        self,
        front: Front,
        parameters: BTreeMap<String, String>,
    ) -> anyhow::Result<Deployment> {
        let template = Template::read_from(&workspace().join("template.yaml"))?;
        let site = Site {
            template: &template,
            ministack: self.ministack,
            dynamo: self.dynamo,
            world: &name(&front),
            parameters: &parameters,
        };
        let overrides = BTreeMap::new();
        Ok(Deployment::create(site, self.binaries, front, &overrides, self.cache).await?)
    }
}

async fn plant(env: &Env, accounts: Accounts) -> anyhow::Result<Planted> {
    let (store, vault, numbers) = (env.store()?, env.vault()?, accounts::numbers()?);
    seed::plant(&store, &vault, TENANT, &accounts, &numbers, Clock::Machine.now()).await
}

/// Nobody changes it while a world runs.
async fn operator_key(env: &Env) -> anyhow::Result<SecretString> {
    let secret = env.secret("OPERATOR_KEY_SECRET")?;
    Ok(secret.versions(Clock::Machine.now()).await?.current)
}

async fn binaries(options: &Options, printer: &mut Printer) -> anyhow::Result<Binaries> {
    let profile = if options.release { Profile::Release } else { Profile::Dev };
    if options.no_build {
        return Ok(Binaries::built(profile)?);
    }
    printer.line("     cargo builds the functions:");
    Ok(Binaries::build(profile).await?)
}

/// A port that was asked for, or the usual one if it is free.
async fn front(asked: Option<u16>) -> anyhow::Result<Front> {
    if let Some(port) = asked {
        let taken = || format!("port {port} is taken: choose another with --port (DUPLEX_PORT)");
        return Front::bind(port).await.with_context(taken);
    }
    match Front::bind(USUAL_PORT).await {
        Ok(front) => Ok(front),
        Err(_) => Ok(Front::bind(0).await?),
    }
}

/// Two worlds on one machine do not share a port, so neither do they share a name.
fn name(front: &Front) -> String {
    let port = front.origin().rsplit(':').next().unwrap_or_default();
    format!("duplex-{port}")
}

fn parameters(
    options: &Options,
    sims: &Sims,
    (origin, app): (&str, Option<&(String, SecretString)>),
) -> BTreeMap<String, String> {
    let mut parameters = sims.parameters();
    parameters.insert("PublicOrigin".to_owned(), origin.to_owned());
    if let Some((client_id, _)) = app {
        parameters.insert("GhlClientId".to_owned(), client_id.clone());
    }
    if let Some(keys) = accounts::ghl_webhook_keys(&options.identity, sims) {
        parameters.insert("GhlWebhookKeys".to_owned(), keys);
    }
    parameters
}

/// As whoever runs an installation puts the app's secret in its place.
async fn keep_secret(
    foundation: &Foundation,
    ministack: &Ministack,
    secret: &SecretString,
) -> anyhow::Result<()> {
    let arn = foundation.secret_arn("GhlClientSecret")?;
    let request = json!({ "SecretId": arn, "SecretString": secret.expose_secret() });
    let control = ministack.control();
    control.call("secretsmanager", "secretsmanager.PutSecretValue", &request).await?;
    Ok(())
}

/// What a function would be told, for our own look at the tables.
async fn env(
    foundation: &Foundation,
    ministack: &Ministack,
    dynamo: &Dynamo,
) -> Result<Env, DeployError> {
    let variables = [
        ("STATE_TABLE", foundation.table_name("StateTable")?),
        ("JOURNAL_TABLE", foundation.table_name("JournalTable")?),
        ("VAULT_KEY", foundation.key_arn("VaultKey")?),
        ("OPERATOR_KEY_SECRET", foundation.secret_arn("OperatorKeySecret")?),
    ];
    let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let endpoints =
        Endpoints { dynamodb: dynamo.url().to_owned(), others: ministack.url().to_owned() };
    Ok(Env::given(variables.collect(), &endpoints).await)
}
