//! What the program takes from its environment. It is the function with the most of it.

use api::Deps;
use app::{BaseUrls, Crm};
use aws::{DeadLetters, Env, Queues};
use carriers::Callers;
use egress::{Client, Limits, reach::Exceptions};
use lambda_http::Error;

pub(crate) fn deps(env: &Env) -> Result<Deps, Error> {
    let exceptions = env.parsed("TENANT_URL_ALLOW", Exceptions::parse)?;
    Ok(Deps {
        store: env.store()?,
        vault: env.vault()?,
        queues: Queues {
            inbound: env.queue("INBOUND_QUEUE_URL")?,
            outbound: env.queue("OUTBOUND_QUEUE_URL")?,
            reports: env.queue("REPORTS_QUEUE_URL")?,
            crm: env.queue("CRM_QUEUE_URL")?,
        },
        dead_letters: DeadLetters {
            inbound: env.queue("INBOUND_DEAD_LETTERS_URL")?,
            outbound: env.queue("OUTBOUND_DEAD_LETTERS_URL")?,
            reports: env.queue("REPORTS_DEAD_LETTERS_URL")?,
            crm: env.queue("CRM_DEAD_LETTERS_URL")?,
        },
        seal: env.seal("API_SECRET")?,
        callers: Callers::new(Limits::default(), exceptions.clone())?,
        crm: Crm::of(ghl::Client::new(Client::new(Limits::default())?), env)?,
        has_marketplace_app: env.optional("GHL_CLIENT_ID").is_some(),
        exceptions,
        base_urls: BaseUrls {
            twilio: env.required("TWILIO_BASE_URL")?,
            telnyx: env.required("TELNYX_BASE_URL")?,
            texting: env.required("TEXTING_BASE_URL")?,
            aloware: env.required("ALOWARE_BASE_URL")?,
        },
        origin: env.required("PUBLIC_ORIGIN")?,
    })
}
