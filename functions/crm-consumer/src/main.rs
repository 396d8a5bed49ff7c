use std::convert::Infallible;

use app::{Installing, Marketplace, Renewal};
use aws_lambda_events::sqs::SqsEvent;
use crm_consumer::{Deps, handle};
use egress::Limits;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    aws::metrics::init();
    let env = aws::Env::load().await;
    let renewal = Renewal {
        store: env.store()?,
        vault: env.vault()?,
        client: ghl::Client::new(egress::Client::new(Limits::default())?),
        marketplace: Marketplace::of(&env)?,
        minders: env.queue("CRM_QUEUE_URL")?,
    };
    let provider = ghl::Provider::with(env.optional("GHL_CONVERSATION_PROVIDER_ID"));
    let reports = env.queue("REPORTS_QUEUE_URL")?;
    let deps = Deps {
        installing: Installing { renewal, provider, reports },
        crm: env.queue("CRM_QUEUE_URL")?,
    };

    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async {
        #[expect(clippy::disallowed_methods, reason = "main reads the clock, once per event")]
        let response = handle(&deps, event.payload, Timestamp::now()).await;
        aws::metrics::flush();
        Ok::<_, Infallible>(response)
    }))
    .await
}
