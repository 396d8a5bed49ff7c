use std::convert::Infallible;

use ghl::webhook::Keys;
use ghl_delivery::{Deps, handle};
use jiff::Timestamp;
use lambda_http::{Error, Request, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    aws::metrics::init();
    let env = aws::Env::load().await;
    let deps = Deps {
        keys: env.parsed("GHL_WEBHOOK_KEYS", Keys::parse)?,
        store: env.store()?,
        outbound: env.queue("OUTBOUND_QUEUE_URL")?,
        reports: env.queue("REPORTS_QUEUE_URL")?,
    };

    lambda_http::run(service_fn(|request: Request| async {
        #[expect(clippy::disallowed_methods, reason = "main reads the clock, once per event")]
        let response = handle(&deps, request, Timestamp::now()).await;
        aws::metrics::flush();
        Ok::<_, Infallible>(response)
    }))
    .await
}
