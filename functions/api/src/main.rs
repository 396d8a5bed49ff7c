mod wiring;

use std::convert::Infallible;

use api::Api;
use jiff::Timestamp;
use lambda_http::{Error, Request, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    aws::metrics::init();
    let api = Api::new(wiring::deps(&aws::Env::load().await)?);

    lambda_http::run(service_fn(|request: Request| async {
        #[expect(clippy::disallowed_methods, reason = "main reads the clock, once per event")]
        let response = api.handle(request, Timestamp::now()).await;
        aws::metrics::flush();
        Ok::<_, Infallible>(response)
    }))
    .await
}
