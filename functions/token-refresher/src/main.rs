use app::Renewal;
use egress::Limits;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use token_refresher::{Deps, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    aws::metrics::init();
    let env = aws::Env::load().await;
    let client = ghl::Client::new(egress::Client::new(Limits::default())?);
    let deps = Deps { renewal: Renewal::of(client, &env)? };

    lambda_runtime::run(service_fn(|_: LambdaEvent<Value>| async {
        #[expect(clippy::disallowed_methods, reason = "main reads the clock, once per event")]
        let refreshed = handle(&deps, Timestamp::now()).await;
        aws::metrics::flush();
        Ok::<_, Error>(refreshed?)
    }))
    .await
}
