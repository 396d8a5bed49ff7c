//! A tenant to try things with: its integrations, with their credentials sealed as in the real
//! thing, and the routes that lead to them.

use anyhow::ensure;
use aws::{Added, Scope, Store, Vault};
use domain::{
    conversation::Route,
    ids::{IntegrationId, LocationId, TenantId},
    integration::{Integration, Provider, Status},
    keyword::ExtraKeywords,
    phone::PhoneNumber,
    tenant::Tenant,
};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::sims::{aloware, ghl, telnyx::TelnyxSim, texting, twilio};

/// What a tenant's providers know it by.
#[derive(Clone, Debug)]
pub struct Accounts {
    pub twilio_account_sid: String,
    pub twilio_auth_token: SecretString,
    pub telnyx_public_key: String,
    /// Another whose signature is accepted as well.
    pub telnyx_public_key_previous: Option<String>,
    pub telnyx_api_key: SecretString,
    pub texting_api_key: SecretString,
    pub texting_webhook_secret: SecretString,
    pub aloware_api_token: SecretString,
    pub aloware_webhook_secret: SecretString,
    /// What Aloware may be used for.
    pub aloware_settings: Value,
    pub ghl_location: String,
    pub ghl_token: SecretString,
    pub ghl_provider: ghl::ProviderKind,
    /// Of the conversation provider, for an additional channel.
    pub ghl_provider_id: String,
}

impl Accounts {
    /// The accounts that the simulators were started with.
    pub fn at(
        twilio: &twilio::Options,
        (telnyx, api_key): (&TelnyxSim, &str),
        texting: &texting::Options,
        aloware: &aloware::Options,
        location: &ghl::Location,
    ) -> Self {
        Self {
            twilio_account_sid: twilio.account_sid.clone(),
            twilio_auth_token: twilio.auth_token.as_str().into(),
            telnyx_public_key: telnyx.public_key(),
            telnyx_public_key_previous: None,
            telnyx_api_key: api_key.into(),
            texting_api_key: texting.api_key.as_str().into(),
            texting_webhook_secret: texting.secret.as_str().into(),
            aloware_api_token: aloware.api_token.as_str().into(),
            aloware_webhook_secret: ALOWARE_WEBHOOK_SECRET.into(),
            aloware_settings: json!({ "send": true }),
            ghl_location: location.id.clone(),
            ghl_token: location.token.as_str().into(),
            ghl_provider: location.provider_kind,
            ghl_provider_id: location.provider_id.clone(),
        }
    }
}

/// A tenant's numbers, one at each carrier.
#[derive(Clone, Debug)]
pub struct Numbers {
    pub twilio: PhoneNumber,
    pub telnyx: PhoneNumber,
    pub texting: PhoneNumber,
}

/// A tenant that is ready to text.
#[derive(Clone, Debug)]
pub struct Planted {
    pub tenant: TenantId,
    pub location: LocationId,
    pub ghl: IntegrationId,
    pub twilio: IntegrationId,
    pub telnyx: IntegrationId,
    pub texting: IntegrationId,
    pub aloware: IntegrationId,
    pub numbers: Numbers,
}

/// What a planted tenant's Aloware shows to our webhook, unless it is given another.
pub const ALOWARE_WEBHOOK_SECRET: &str = "aloware-demo-secret";

/// The simulated app in GoHighLevel's marketplace, by its client id.
pub const APP: &str = "64f0000000000000000000d1-demo";
pub const APP_SECRET: &str = "the-secret-of-the-demo-app";

/// What means STOP to a planted tenant beside the usual words.
pub const OWN_KEYWORD: &str = "no more texts";

/// Adds a tenant and everything it needs. What is there already stays as it is.
pub async fn plant(
    store: &Store,
    vault: &Vault,
    name: &str,
    accounts: &Accounts,
    numbers: &Numbers,
    now: Timestamp,
) -> anyhow::Result<Planted> {
    let planted = named(name, accounts, numbers)?;
    let scope = store.of(&planted.tenant);
    scope.add_tenant(&tenant(&planted, (name, accounts), now)?).await?;
    scope.add_location(&planted.location, &planted.ghl).await?;
    for (id, provider, settings, secrets) in integrations(&planted, accounts) {
        connect(scope, vault, integration(id, provider, settings, now), secrets, now).await?;
    }
    Ok(planted)
}

fn named(name: &str, accounts: &Accounts, numbers: &Numbers) -> anyhow::Result<Planted> {
    let id = |provider| IntegrationId::parse(&format!("{name}-{provider}"));
    Ok(Planted {
        tenant: TenantId::parse(name)?,
        location: LocationId::parse(&accounts.ghl_location)?,
        ghl: id("ghl")?,
        twilio: id("twilio")?,
        telnyx: id("telnyx")?,
        texting: id("texting")?,
        aloware: id("aloware")?,
        numbers: numbers.clone(),
    })
}

fn tenant(
    planted: &Planted,
    (name, accounts): (&str, &Accounts),
    now: Timestamp,
) -> anyhow::Result<Tenant> {
    let copies_contacts = accounts.aloware_settings["sync_contacts"] == true;
    let number = planted.numbers.twilio.clone();
    let none: [&str; 0] = [];
    let id = planted.tenant.clone();
    Ok(Tenant {
        crm: Some(planted.ghl.clone()),
        default_route: Some(Route { channel: planted.twilio.clone(), number }),
        contact_copies_to: copies_contacts.then(|| planted.aloware.clone()),
        extra_keywords: ExtraKeywords::parse(&[OWN_KEYWORD], &none, &none)?,
        ..Tenant::new(id, name, "help@example.com", now)
    })
}

type Secrets = Vec<(&'static str, SecretString)>;

fn integrations(
    planted: &Planted,
    accounts: &Accounts,
) -> [(IntegrationId, Provider, Value, Secrets); 5] {
    let provider = match accounts.ghl_provider {
        ghl::ProviderKind::Default => json!({ "kind": "default" }),
        ghl::ProviderKind::Additional => json!({
            "kind": "additional", "conversation_provider_id": accounts.ghl_provider_id,
        }),
    };
    [
        (
            planted.twilio.clone(),
            Provider::Twilio,
            json!({ "account_sid": accounts.twilio_account_sid }),
            vec![("auth_token", accounts.twilio_auth_token.clone())],
        ),
        (
            planted.telnyx.clone(),
            Provider::Telnyx,
            json!({
                "public_key": accounts.telnyx_public_key,
                "public_key_previous": accounts.telnyx_public_key_previous,
            }),
            vec![("api_key", accounts.telnyx_api_key.clone())],
        ),
        (
            planted.texting.clone(),
            Provider::Texting,
            json!({}),
            vec![
                ("api_key", accounts.texting_api_key.clone()),
                ("webhook_secret", accounts.texting_webhook_secret.clone()),
            ],
        ),
        (
            planted.aloware.clone(),
            Provider::Aloware,
            accounts.aloware_settings.clone(),
            vec![
                ("api_token", accounts.aloware_api_token.clone()),
                ("webhook_secret", accounts.aloware_webhook_secret.clone()),
            ],
        ),
        (
            planted.ghl.clone(),
            Provider::Ghl,
            json!({ "location": accounts.ghl_location, "provider": provider }),
            vec![("access_token", accounts.ghl_token.clone())],
        ),
    ]
}

fn integration(
    id: IntegrationId,
    provider: Provider,
    settings: Value,
    now: Timestamp,
) -> Integration {
    let name = provider.to_string();
    Integration { status: Status::Active, ..Integration::new(id, name, provider, settings, now) }
}

async fn connect(
    scope: Scope<'_>,
    vault: &Vault,
    integration: Integration,
    secrets: Secrets,
    now: Timestamp,
) -> anyhow::Result<()> {
    for (name, secret) in secrets {
        let sealed = vault.seal(scope, &integration.id, name, &secret, now).await?;
        scope.set_credential(&integration.id, name, sealed).await?;
    }
    let added = scope.add_integration(&integration).await?;
    ensure!(added == Added::New, "the integration {} is there already", integration.id);
    Ok(())
}
