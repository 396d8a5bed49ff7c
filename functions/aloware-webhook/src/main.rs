use std::convert::Infallible;

use aloware_webhook::{Deps, handle};
use app::{Connections, Intake};
use jiff::Timestamp;
use lambda_http::{Error, Request, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    aws::metrics::init();
    let env = aws::Env::load().await;
    let deps = Deps {
        intake: Intake {
            store: env.store()?,
            connections: Connections::new(env.store()?, env.vault()?),
            inbound: env.queue("INBOUND_QUEUE_URL")?,
            reports: env.queue("REPORTS_QUEUE_URL")?,
        },
    };

    lambda_http::run(service_fn(|request: Request| async {
        #[expect(clippy::disallowed_methods, reason = "main reads the clock, once per event")]
        let response = handle(&deps, request, Timestamp::now()).await;
        aws::metrics::flush();
        Ok::<_, Infallible>(response)
    }))
    .await
}
