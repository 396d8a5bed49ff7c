//! The smallest function there is: what every other one costs at least.

use std::convert::Infallible;

use lambda_http::{Body, Error, Request, Response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    lambda_http::run(service_fn(async |_: Request| Ok::<_, Infallible>(Response::new(Body::Empty))))
        .await
}
