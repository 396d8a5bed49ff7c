use std::convert::Infallible;

use app::{Connections, Crm};
use aws_lambda_events::sqs::SqsEvent;
use egress::Limits;
use inbound_consumer::{Deps, handle};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    aws::metrics::init();
    let env = aws::Env::load().await;
    let deps = Deps {
        store: env.store()?,
        connections: Connections::new(env.store()?, env.vault()?),
        crm: Crm::of(ghl::Client::new(egress::Client::new(Limits::default())?), &env)?,
        inbound: env.queue("INBOUND_QUEUE_URL")?,
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
