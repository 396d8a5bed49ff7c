use std::convert::Infallible;

use app::{Connections, Crm};
use aws::Queues;
use aws_lambda_events::sqs::SqsEvent;
use egress::Limits;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use report_consumer::{Deps, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    aws::metrics::init();
    let env = aws::Env::load().await;
    let deps = Deps {
        store: env.store()?,
        connections: Connections::new(env.store()?, env.vault()?),
        crm: Crm::of(ghl::Client::new(egress::Client::new(Limits::default())?), &env)?,
        queues: Queues {
            inbound: env.queue("INBOUND_QUEUE_URL")?,
            outbound: env.queue("OUTBOUND_QUEUE_URL")?,
            reports: env.queue("REPORTS_QUEUE_URL")?,
            crm: env.queue("CRM_QUEUE_URL")?,
        },
        aloware_base_url: env.required("ALOWARE_BASE_URL")?,
        http: egress::Client::new(Limits::default())?,
    };

    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async {
        #[expect(clippy::disallowed_methods, reason = "main reads the clock, once per event")]
        let response = handle(&deps, event.payload, Timestamp::now()).await;
        aws::metrics::flush();
        Ok::<_, Infallible>(response)
    }))
    .await
}
