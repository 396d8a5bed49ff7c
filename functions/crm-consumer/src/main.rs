use std::convert::Infallible;

use app::Installing;
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
    let client = ghl::Client::new(egress::Client::new(Limits::default())?);
    let deps = Deps { installing: Installing::of(client, &env)?, crm: env.queue("CRM_QUEUE_URL")? };

    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async {
        #[expect(clippy::disallowed_methods, reason = "main reads the clock, once per event")]
        let response = handle(&deps, event.payload, Timestamp::now()).await;
        aws::metrics::flush();
        Ok::<_, Infallible>(response)
    }))
    .await
}
