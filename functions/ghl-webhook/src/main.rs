use std::convert::Infallible;

use app::Connections;
use ghl::webhook::{Keys, LegacyKey};
use ghl_webhook::{Deps, handle};
use jiff::Timestamp;
use lambda_http::{Error, Request, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    aws::metrics::init();
    let env = aws::Env::load().await;
    let legacy = env.optional("GHL_LEGACY_KEY");
    let deps = Deps {
        keys: env.parsed("GHL_WEBHOOK_KEYS", Keys::parse)?,
        legacy: legacy.map(|it| LegacyKey::parse(&it)).transpose()?,
        client: env.optional("GHL_CLIENT_ID"),
        store: env.store()?,
        connections: Connections::new(env.store()?, env.vault()?),
        crm: env.queue("CRM_QUEUE_URL")?,
    };

    lambda_http::run(service_fn(|request: Request| async {
        #[expect(clippy::disallowed_methods, reason = "main reads the clock, once per event")]
        let response = handle(&deps, request, Timestamp::now()).await;
        aws::metrics::flush();
        Ok::<_, Infallible>(response)
    }))
    .await
}
