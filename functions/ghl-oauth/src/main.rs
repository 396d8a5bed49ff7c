use std::convert::Infallible;

use app::Installing;
use egress::Limits;
use ghl_oauth::{Deps, handle};
use jiff::Timestamp;
use lambda_http::{Error, Request, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    aws::metrics::init();
    let env = aws::Env::load().await;
    let client = ghl::Client::new(egress::Client::new(Limits::default())?);
    let deps = Deps {
        installing: Installing::of(client, &env)?,
        seal: env.seal("API_SECRET")?,
        consent_url: env.required("GHL_CONSENT_URL")?,
        origin: env.required("PUBLIC_ORIGIN")?,
    };

    lambda_http::run(service_fn(|request: Request| async {
        #[expect(clippy::disallowed_methods, reason = "main reads the clock, once per event")]
        let response = handle(&deps, request, Timestamp::now()).await;
        aws::metrics::flush();
        Ok::<_, Infallible>(response)
    }))
    .await
}
