//! What the HTTP API does before it calls a function: it asks the authorizer who is asking, and
//! tells the function. Unlike API Gateway it asks every time and remembers nothing.

use std::collections::{BTreeMap, HashMap};

use authorizer::Event;
use axum::http::HeaderMap;
use jiff::Timestamp;
use lambda_http::{
    Body, Response,
    aws_lambda_events::apigw::{ApiGatewayRequestAuthorizer, ApiGatewayV2httpRequestContext},
    http::{StatusCode, header::CONTENT_TYPE},
    request::RequestContext,
};
use serde_json::{Value, json};

use crate::Functions;

/// A request, as far as a door looks at it.
pub(crate) struct Knock<'a> {
    pub(crate) id: String,
    pub(crate) route_key: String,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) headers: &'a HeaderMap,
}

/// Who is asking, in the authorizer's words, or what API Gateway answers itself.
pub(crate) async fn ask(
    functions: &Functions,
    authorizer: Option<&str>,
    knock: &Knock<'_>,
    now: Timestamp,
) -> Result<Option<BTreeMap<String, String>>, Response<Body>> {
    let Some(name) = authorizer else { return Ok(None) };
    assert_eq!(name, "AuthorizerFunction", "no other function says who is asking");
    if !knock.headers.contains_key("authorization") {
        return Err(said(StatusCode::UNAUTHORIZED, "Unauthorized"));
    }
    match authorizer::handle(&functions.authorizer, knock.event(), now).await {
        Ok(answer) if answer.is_authorized => Ok(Some(answer.context)),
        Ok(_) => Err(said(StatusCode::FORBIDDEN, "Forbidden")),
        Err(_) => Err(said(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")),
    }
}

impl Knock<'_> {
    /// What the function is told of the request beside the request.
    pub(crate) fn context(&self, caller: Option<BTreeMap<String, String>>) -> RequestContext {
        let mut context = ApiGatewayV2httpRequestContext::default();
        context.request_id = Some(self.id.clone());
        context.route_key = Some(self.route_key.clone());
        context.http.path = Some(self.path.to_owned());
        context.authorizer = caller.map(|caller| {
            let mut authorizer = ApiGatewayRequestAuthorizer::default();
            authorizer.fields = fields(caller);
            authorizer
        });
        RequestContext::ApiGatewayV2(context)
    }

    fn event(&self) -> Event {
        let headers: BTreeMap<_, _> = self
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        let event = json!({
            "version": "2.0",
            "type": "REQUEST",
            "routeArn": "arn:aws:execute-api:us-east-1:000000000000:local/$default/any",
            "identitySource": [headers["authorization"]],
            "routeKey": self.route_key,
            "rawPath": self.path,
            "rawQueryString": "",
            "headers": headers,
            "requestContext": {
                "requestId": self.id,
                "http": { "method": self.method, "path": self.path },
                "timeEpoch": 0,
            },
        });
        serde_json::from_value(event).unwrap()
    }
}

fn fields(caller: BTreeMap<String, String>) -> HashMap<String, Value> {
    caller.into_iter().map(|(name, text)| (name, text.into())).collect()
}

fn said(status: StatusCode, message: &str) -> Response<Body> {
    let body = json!({ "message": message }).to_string();
    let response = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
    response.body(body.into()).unwrap()
}

#[cfg(test)]
mod tests {
    use domain::access::{Caller, Standing};

    use super::*;
    use crate::NOON;

    /// API Gateway sends it as JSON: to us, and to the function.
    #[test]
    fn a_caller_is_the_same_after_being_written_down_and_read() {
        let anna = Caller {
            subject: "oidc:anna".to_owned(),
            standing: Standing::named("agent", Some("acme")).unwrap(),
            expires_at: Some(NOON),
            per_minute: 600,
        };
        let mut answer = authorizer::Answer::default();
        answer.context = anna.to_context();
        let answer = serde_json::to_string(&answer).unwrap();
        let answer: authorizer::Answer = serde_json::from_str(&answer).unwrap();
        let headers = HeaderMap::new();
        let knock = Knock {
            id: "1".to_owned(),
            route_key: "GET /".to_owned(),
            method: "GET",
            path: "/",
            headers: &headers,
        };

        let RequestContext::ApiGatewayV2(context) = knock.context(Some(answer.context)) else {
            panic!("another context");
        };
        let context = serde_json::to_string(&context).unwrap();
        let context: ApiGatewayV2httpRequestContext = serde_json::from_str(&context).unwrap();

        let fields = context.authorizer.unwrap().fields;
        let read = Caller::from_context(|name| fields.get(name)?.as_str().map(str::to_owned));
        assert_eq!(read, Ok(anna));
    }
}
