//! The functions, wired as their `main.rs` wires them.

use std::time::Duration;

use app::{BaseUrls, Connections, Crm, Installing, Intake, Renewal};
use aws::{DeadLetters, Endpoints, Env, Queues, Store, Vault};
use carriers::Callers;
use egress::{Client, Limits, reach::Exceptions};
use local::{deploy::Foundation, template::Template};

/// Less patience than in production, so that a fault on demand does not take its time.
const LIMITS: Limits = Limits {
    connect: Duration::from_millis(500),
    total: Duration::from_millis(1500),
    body: 1024 * 1024,
};

#[derive(Debug)]
pub struct Functions {
    pub store: Store,
    pub vault: Vault,
    pub aloware_webhook: aloware_webhook::Deps,
    pub texting_webhook: texting_webhook::Deps,
    pub telnyx_webhook: telnyx_webhook::Deps,
    pub twilio_webhook: twilio_webhook::Deps,
    pub api: api::Api,
    pub authorizer: authorizer::Deps,
    pub crm_consumer: crm_consumer::Deps,
    pub ghl_delivery: ghl_delivery::Deps,
    pub ghl_oauth: ghl_oauth::Deps,
    pub ghl_webhook: ghl_webhook::Deps,
    pub inbound_consumer: inbound_consumer::Deps,
    pub outbound_consumer: outbound_consumer::Deps,
    pub report_consumer: report_consumer::Deps,
    pub sweeper: sweeper::Deps,
    pub token_refresher: token_refresher::Deps,
}

impl Functions {
    pub async fn wire(
        template: &Template,
        foundation: &Foundation,
        endpoints: &Endpoints,
    ) -> anyhow::Result<Self> {
        let functions = template.functions(foundation.values())?;
        let env = async |name: &str| {
            let function = functions.get(name).ok_or_else(|| anyhow::anyhow!("no {name}"))?;
            anyhow::Ok(Env::given(function.environment.clone(), endpoints).await)
        };
        let twilio = env("TwilioWebhookFunction").await?;
        let delivery = env("GhlDeliveryFunction").await?;
        Ok(Self {
            store: twilio.store()?,
            vault: twilio.vault()?,
            aloware_webhook: aloware_webhook::Deps {
                intake: intake(&env("AlowareWebhookFunction").await?)?,
            },
            texting_webhook: texting_webhook::Deps {
                intake: intake(&env("TextingWebhookFunction").await?)?,
            },
            telnyx_webhook: telnyx_webhook::Deps {
                intake: intake(&env("TelnyxWebhookFunction").await?)?,
            },
            twilio_webhook: twilio_webhook::Deps {
                intake: intake(&twilio)?,
                origin: twilio.required("PUBLIC_ORIGIN")?,
            },
            api: api(&env("ApiFunction").await?)?,
            authorizer: authorizer(&env("AuthorizerFunction").await?)?,
            ghl_delivery: ghl_delivery::Deps {
                keys: delivery.parsed("GHL_WEBHOOK_KEYS", ghl::webhook::Keys::parse)?,
                store: delivery.store()?,
                outbound: delivery.queue("OUTBOUND_QUEUE_URL")?,
                reports: delivery.queue("REPORTS_QUEUE_URL")?,
            },
            inbound_consumer: inbound(&env("InboundConsumerFunction").await?)?,
            outbound_consumer: outbound(&env("OutboundConsumerFunction").await?)?,
            report_consumer: reports(&env("ReportConsumerFunction").await?)?,
            sweeper: sweeper(&env("SweeperFunction").await?)?,
            crm_consumer: crm_consumer(&env("CrmConsumerFunction").await?)?,
            ghl_oauth: ghl_oauth(&env("GhlOauthFunction").await?)?,
            ghl_webhook: ghl_webhook(&env("GhlWebhookFunction").await?)?,
            token_refresher: token_refresher(&env("TokenRefresherFunction").await?)?,
        })
    }
}

fn intake(env: &Env) -> anyhow::Result<Intake> {
    Ok(Intake {
        store: env.store()?,
        connections: Connections::new(env.store()?, env.vault()?),
        inbound: env.queue("INBOUND_QUEUE_URL")?,
        reports: env.queue("REPORTS_QUEUE_URL")?,
    })
}

/// The API as it is in this environment.
pub fn api(env: &Env) -> anyhow::Result<api::Api> {
    let exceptions = env.parsed("TENANT_URL_ALLOW", Exceptions::parse)?;
    Ok(api::Api::new(api::Deps {
        store: env.store()?,
        vault: env.vault()?,
        queues: queues(env)?,
        dead_letters: DeadLetters {
            inbound: env.queue("INBOUND_DEAD_LETTERS_URL")?,
            outbound: env.queue("OUTBOUND_DEAD_LETTERS_URL")?,
            reports: env.queue("REPORTS_DEAD_LETTERS_URL")?,
            crm: env.queue("CRM_DEAD_LETTERS_URL")?,
        },
        seal: env.seal("API_SECRET")?,
        callers: Callers::new(LIMITS, exceptions.clone())?,
        crm: crm(env)?,
        has_marketplace_app: env.optional("GHL_CLIENT_ID").is_some(),
        exceptions,
        base_urls: base_urls(env)?,
        origin: env.required("PUBLIC_ORIGIN")?,
    }))
}

fn base_urls(env: &Env) -> anyhow::Result<BaseUrls> {
    Ok(BaseUrls {
        twilio: env.required("TWILIO_BASE_URL")?,
        telnyx: env.required("TELNYX_BASE_URL")?,
        texting: env.required("TEXTING_BASE_URL")?,
        aloware: env.required("ALOWARE_BASE_URL")?,
    })
}

fn authorizer(env: &Env) -> anyhow::Result<authorizer::Deps> {
    let settings = authorizer::Settings {
        issuer: env.optional("OIDC_ISSUER"),
        audience: env.optional("OIDC_AUDIENCE"),
        tenant_claim: env.required("OIDC_TENANT_CLAIM")?,
        role_claim: env.required("OIDC_ROLE_CLAIM")?,
    };
    Ok(authorizer::Deps {
        store: env.state()?,
        operator_key: env.secret("OPERATOR_KEY_SECRET")?,
        oidc: authorizer::Oidc::configured(settings, Client::new(LIMITS)?)?,
    })
}

pub(crate) fn crm(env: &Env) -> anyhow::Result<Crm> {
    let client = ghl::Client::new(Client::new(LIMITS)?);
    Ok(Crm::of(client, env)?)
}

fn installing(env: &Env) -> anyhow::Result<Installing> {
    Ok(Installing::of(ghl::Client::new(Client::new(LIMITS)?), env)?)
}

fn token_refresher(env: &Env) -> anyhow::Result<token_refresher::Deps> {
    let client = ghl::Client::new(Client::new(LIMITS)?);
    Ok(token_refresher::Deps { renewal: Renewal::of(client, env)? })
}

fn crm_consumer(env: &Env) -> anyhow::Result<crm_consumer::Deps> {
    Ok(crm_consumer::Deps { installing: installing(env)?, crm: env.queue("CRM_QUEUE_URL")? })
}

fn ghl_oauth(env: &Env) -> anyhow::Result<ghl_oauth::Deps> {
    Ok(ghl_oauth::Deps {
        origin: env.required("PUBLIC_ORIGIN")?,
        installing: installing(env)?,
        seal: env.seal("API_SECRET")?,
        consent_url: env.required("GHL_CONSENT_URL")?,
    })
}

fn ghl_webhook(env: &Env) -> anyhow::Result<ghl_webhook::Deps> {
    let legacy = env.optional("GHL_LEGACY_KEY");
    Ok(ghl_webhook::Deps {
        keys: env.parsed("GHL_WEBHOOK_KEYS", ghl::webhook::Keys::parse)?,
        legacy: legacy.map(|it| ghl::webhook::LegacyKey::parse(&it)).transpose()?,
        client: env.optional("GHL_CLIENT_ID"),
        store: env.store()?,
        connections: Connections::new(env.store()?, env.vault()?),
        crm: env.queue("CRM_QUEUE_URL")?,
    })
}

fn inbound(env: &Env) -> anyhow::Result<inbound_consumer::Deps> {
    Ok(inbound_consumer::Deps {
        store: env.store()?,
        connections: Connections::new(env.store()?, env.vault()?),
        crm: crm(env)?,
        inbound: env.queue("INBOUND_QUEUE_URL")?,
        outbound: env.queue("OUTBOUND_QUEUE_URL")?,
        reports: env.queue("REPORTS_QUEUE_URL")?,
    })
}

fn outbound(env: &Env) -> anyhow::Result<outbound_consumer::Deps> {
    Ok(outbound_consumer::Deps {
        store: env.store()?,
        connections: Connections::new(env.store()?, env.vault()?),
        base_urls: base_urls(env)?,
        callers: Callers::new(LIMITS, env.parsed("TENANT_URL_ALLOW", Exceptions::parse)?)?,
        origin: env.required("PUBLIC_ORIGIN")?,
        outbound: env.queue("OUTBOUND_QUEUE_URL")?,
        reports: env.queue("REPORTS_QUEUE_URL")?,
    })
}

fn reports(env: &Env) -> anyhow::Result<report_consumer::Deps> {
    Ok(report_consumer::Deps {
        store: env.store()?,
        connections: Connections::new(env.store()?, env.vault()?),
        crm: crm(env)?,
        queues: queues(env)?,
        aloware_base_url: env.required("ALOWARE_BASE_URL")?,
        http: Client::new(LIMITS)?,
    })
}

fn sweeper(env: &Env) -> anyhow::Result<sweeper::Deps> {
    Ok(sweeper::Deps { store: env.store()?, queues: queues(env)? })
}

fn queues(env: &Env) -> anyhow::Result<Queues> {
    Ok(Queues {
        inbound: env.queue("INBOUND_QUEUE_URL")?,
        outbound: env.queue("OUTBOUND_QUEUE_URL")?,
        reports: env.queue("REPORTS_QUEUE_URL")?,
        crm: env.queue("CRM_QUEUE_URL")?,
    })
}
