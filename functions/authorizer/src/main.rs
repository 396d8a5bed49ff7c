use authorizer::{Deps, Event, LIMITS, Oidc, Settings, handle};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    aws::metrics::init();
    let env = aws::Env::load().await;
    let settings = Settings {
        issuer: env.optional("OIDC_ISSUER"),
        audience: env.optional("OIDC_AUDIENCE"),
        tenant_claim: env.required("OIDC_TENANT_CLAIM")?,
        role_claim: env.required("OIDC_ROLE_CLAIM")?,
    };
    let deps = Deps {
        store: env.state()?,
        operator_key: env.secret("OPERATOR_KEY_SECRET")?,
        oidc: Oidc::configured(settings, egress::Client::new(LIMITS)?)?,
    };

    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| async {
        #[expect(clippy::disallowed_methods, reason = "main reads the clock, once per event")]
        let answer = handle(&deps, event.payload, Timestamp::now()).await;
        aws::metrics::flush();
        Ok::<_, Error>(answer?)
    }))
    .await
}
