use std::convert::Infallible;

use api::{Api, Deps};
use app::BaseUrls;
use aws::{DeadLetters, Queues};
use carriers::Callers;
use egress::{Limits, reach::Exceptions};
use jiff::Timestamp;
use lambda_http::{Error, Request, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    aws::metrics::init();
    let env = aws::Env::load().await;
    let queues = Queues {
        inbound: env.queue("INBOUND_QUEUE_URL")?,
        outbound: env.queue("OUTBOUND_QUEUE_URL")?,
        reports: env.queue("REPORTS_QUEUE_URL")?,
    };
    let dead_letters = DeadLetters {
        inbound: env.queue("INBOUND_DEAD_LETTERS_URL")?,
        outbound: env.queue("OUTBOUND_DEAD_LETTERS_URL")?,
        reports: env.queue("REPORTS_DEAD_LETTERS_URL")?,
    };
    let base_urls = BaseUrls {
        twilio: env.required("TWILIO_BASE_URL")?,
        telnyx: env.required("TELNYX_BASE_URL")?,
        texting: env.required("TEXTING_BASE_URL")?,
        aloware: env.required("ALOWARE_BASE_URL")?,
    };
    let exceptions = env.parsed("TENANT_URL_ALLOW", Exceptions::parse)?;
    let api = Api::new(Deps {
        store: env.store()?,
        vault: env.vault()?,
        queues,
        dead_letters,
        seal: env.seal("API_SECRET")?,
        callers: Callers::new(Limits::default(), exceptions.clone())?,
        ghl: ghl::Client::new(egress::Client::new(Limits::default())?),
        exceptions,
        base_urls,
        ghl_base_url: env.required("GHL_BASE_URL")?,
        origin: env.required("PUBLIC_ORIGIN")?,
    });

    lambda_http::run(service_fn(|request: Request| async {
        #[expect(clippy::disallowed_methods, reason = "main reads the clock, once per event")]
        let response = api.handle(request, Timestamp::now()).await;
        aws::metrics::flush();
        Ok::<_, Infallible>(response)
    }))
    .await
}
