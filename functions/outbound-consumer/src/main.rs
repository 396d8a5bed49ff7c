use std::convert::Infallible;

use app::{BaseUrls, Connections};
use aws_lambda_events::sqs::SqsEvent;
use carriers::Callers;
use egress::{Limits, reach::Exceptions};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use outbound_consumer::{Deps, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    aws::metrics::init();
    let env = aws::Env::load().await;
    let deps = Deps {
        store: env.store()?,
        connections: Connections::new(env.store()?, env.vault()?),
        base_urls: BaseUrls {
            twilio: env.required("TWILIO_BASE_URL")?,
            telnyx: env.required("TELNYX_BASE_URL")?,
            texting: env.required("TEXTING_BASE_URL")?,
            aloware: env.required("ALOWARE_BASE_URL")?,
        },
        callers: Callers::new(
            Limits::default(),
            env.parsed("TENANT_URL_ALLOW", Exceptions::parse)?,
        )?,
        origin: env.required("PUBLIC_ORIGIN")?,
        outbound: env.queue("OUTBOUND_QUEUE_URL")?,
        reports: env.queue("REPORTS_QUEUE_URL")?,
    };

    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async {
        #[expect(clippy::disallowed_methods, reason = "main reads the clock, once per event")]
        let response = handle(&deps, event.payload, Timestamp::now()).await;
        aws::metrics::flush();
        Ok::<_, Infallible>(response)
    }))
    .await
}
