use aws::Queues;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use sweeper::{Deps, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    aws::metrics::init();
    let env = aws::Env::load().await;
    let deps = Deps {
        store: env.store()?,
        queues: Queues {
            inbound: env.queue("INBOUND_QUEUE_URL")?,
            outbound: env.queue("OUTBOUND_QUEUE_URL")?,
            reports: env.queue("REPORTS_QUEUE_URL")?,
            crm: env.queue("CRM_QUEUE_URL")?,
        },
    };

    lambda_runtime::run(service_fn(|_: LambdaEvent<Value>| async {
        #[expect(clippy::disallowed_methods, reason = "main reads the clock, once per event")]
        let swept = handle(&deps, Timestamp::now()).await;
        aws::metrics::flush();
        Ok::<_, Error>(swept?)
    }))
    .await
}
