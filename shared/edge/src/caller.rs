//! Who is asking, as the authorizer has told API Gateway.

use domain::access::{Caller, NotACaller};
use jiff::Timestamp;
use lambda_http::{Request, RequestExt, request::RequestContext};

/// Nobody is asking whom the authorizer let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The route has no authorizer, which is a fault of the template's.
    #[error("nobody has said who is asking")]
    Nobody,
    #[error("what was said of who is asking cannot be read")]
    Unreadable(#[source] NotACaller),
    /// API Gateway remembers an answer for a while, in which a key's time may end.
    #[error("their time has ended since they were let in")]
    Expired,
}

/// The caller that the authorizer let in.
pub fn caller(request: &Request, now: Timestamp) -> Result<Caller, Refused> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else {
        return Err(Refused::Nobody);
    };
    let authorizer = context.authorizer.as_ref().filter(|it| !it.fields.is_empty());
    let fields = &authorizer.ok_or(Refused::Nobody)?.fields;
    let text = |name: &str| fields.get(name)?.as_str().map(str::to_owned);
    let caller = Caller::from_context(text).map_err(Refused::Unreadable)?;
    if caller.has_expired(now) {
        return Err(Refused::Expired);
    }
    Ok(caller)
}

/// What API Gateway calls this request, in its log and to the caller.
pub fn request_id(request: &Request) -> String {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    }
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use domain::access::Standing;
    use jiff::SignedDuration;

    use super::*;

    const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

    fn anna() -> Caller {
        Caller {
            subject: "key:0123456789abcdef0123".to_owned(),
            standing: Standing::named("agent", Some("acme")).unwrap(),
            expires_at: Some(NOON),
            per_minute: 600,
        }
    }

    /// A request as API Gateway hands it to a function: with this for what the authorizer said.
    fn event(authorizer: &serde_json::Value) -> Request {
        let event = serde_json::json!({
            "version": "2.0",
            "routeKey": "ANY /v1/{proxy+}",
            "rawPath": "/v1/me",
            "rawQueryString": "",
            "headers": { "host": "duplex.test" },
            "requestContext": {
                "requestId": "JKJaXmPLvHcESHA=",
                "authorizer": authorizer,
                "http": {
                    "method": "GET", "path": "/v1/me", "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1", "userAgent": "test",
                },
                "timeEpoch": 0,
            },
            "isBase64Encoded": false,
        });
        lambda_http::request::from_str(&event.to_string()).unwrap()
    }

    #[test]
    fn a_caller_arrives_as_the_authorizer_said() {
        let request = event(&serde_json::json!({ "lambda": anna().to_context() }));
        let before = NOON - SignedDuration::from_secs(1);

        assert_eq!(caller(&request, before), Ok(anna()));
        assert_eq!(caller(&request, NOON), Err(Refused::Expired));
        assert_eq!(request_id(&request), "JKJaXmPLvHcESHA=");
    }

    #[test]
    fn nobody_is_asking_where_no_authorizer_was() {
        let nobody = [
            Request::default(),
            event(&serde_json::json!(null)),
            event(&serde_json::json!({ "lambda": {} })),
            event(&serde_json::json!({ "jwt": { "claims": anna().to_context() } })),
        ];
        for request in nobody {
            assert_eq!(caller(&request, NOON), Err(Refused::Nobody));
        }
        let said = serde_json::json!({ "lambda": { "subject": "bootstrap", "role": "operator" } });
        let unreadable = Refused::Unreadable(NotACaller::Missing("per_minute"));
        assert_eq!(caller(&event(&said), NOON), Err(unreadable));
    }
}
