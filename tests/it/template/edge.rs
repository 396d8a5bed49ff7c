//! What calls the functions from outside, and by the clock.

use local::template::Event;

use super::Declared;

#[test]
fn the_world_can_call_these_addresses_and_no_other() {
    let declared = Declared::read();
    let functions = declared.functions();
    let mut routes: Vec<_> = functions
        .iter()
        .flat_map(|(name, function)| function.events.values().map(move |event| (*name, event)))
        .filter_map(|(name, event)| match event {
            Event::HttpApi { method, path, api_id, authorizer } => {
                assert_eq!(api_id.as_deref(), Some("${Api}"), "{name}");
                let is_open = authorizer.is_none();
                assert_eq!(is_open, !path.starts_with("/v1/"), "{name} {path}");
                Some((name, method.as_str(), path.as_str()))
            }
            Event::Queue { .. } | Event::Schedule { .. } => None,
        })
        .collect();
    routes.sort_unstable();

    assert_eq!(
        routes,
        [
            ("AlowareWebhookFunction", "POST", "/webhooks/aloware/{integration_id}"),
            ("ApiFunction", "ANY", "/v1/{proxy+}"),
            ("ApiFunction", "GET", "/openapi.json"),
            ("GhlDeliveryFunction", "POST", "/webhooks/messages/provider-delivery"),
            ("GhlOauthFunction", "GET", "/oauth/crm/callback"),
            ("GhlOauthFunction", "GET", "/oauth/crm/start"),
            ("GhlWebhookFunction", "POST", "/webhooks/ghl"),
            ("GhlWebhookFunction", "POST", "/webhooks/ghl/{event_type}"),
            ("TelnyxWebhookFunction", "POST", "/webhooks/telnyx/{integration_id}"),
            ("TextingWebhookFunction", "POST", "/webhooks/texting/{integration_id}"),
            ("TwilioWebhookFunction", "POST", "/webhooks/twilio/{integration_id}"),
        ]
    );
    assert_eq!(declared.resources("AWS::Serverless::HttpApi").len(), 1);
    for (name, function) in &functions {
        assert!(!function.properties.contains_key("FunctionUrlConfig"), "{name}");
    }
}

/// Anything else than the simple answer of the second format would not be understood, and whoever
/// shows nothing is turned away before a function runs.
#[test]
fn the_authorizer_is_asked_about_what_is_shown_and_again_every_minute() {
    let declared = Declared::read();
    let api = &declared.template.apis(&declared.values).unwrap()["Api"];
    let authorizer = &api.authorizers["ApiKeys"];

    assert_eq!(api.authorizers.len(), 1);
    assert_eq!(authorizer.function_arn, "${AuthorizerFunction.Arn}");
    assert_eq!(authorizer.payload_format_version, "2.0");
    assert!(authorizer.simple_responses);
    assert_eq!(authorizer.identity.headers, ["Authorization"]);
    assert_eq!(authorizer.identity.reauthorize_every, 60);
    let auth = declared.resources("AWS::Serverless::HttpApi")["Api"]["Auth"].clone();
    assert_eq!(auth["Authorizers"]["ApiKeys"]["EnableFunctionDefaultPermissions"], true);
    assert!(auth.get("DefaultAuthorizer").is_none(), "a webhook proves itself");
}

#[test]
fn the_api_takes_only_so_much_at_a_time() {
    let declared = Declared::read();
    let api = declared.resources("AWS::Serverless::HttpApi")["Api"].clone();

    assert!(api["DefaultRouteSettings"]["ThrottlingRateLimit"].is_number());
    assert!(api["DefaultRouteSettings"]["ThrottlingBurstLimit"].is_number());
}

/// A query can carry what should not be in a log, and so can a body.
#[test]
fn the_access_log_has_neither_query_nor_body_nor_headers() {
    let declared = Declared::read();
    let api = declared.resources("AWS::Serverless::HttpApi")["Api"].clone();
    let format = api["AccessLogSettings"]["Format"].as_str().unwrap();

    assert_eq!(api["AccessLogSettings"]["DestinationArn"], "${GatewayLogs.Arn}");
    assert!(format.contains("$context.path"));
    assert!(!format.contains("querystring") && !format.contains("$context.requestOverride"));
    assert!(format.split('$').skip(1).all(|it| it.starts_with("context.")), "{format}");
}

/// The next run is minutes away and finds the same work.
#[test]
fn what_runs_by_the_clock_is_never_repeated() {
    let declared = Declared::read();
    let functions = declared.functions();
    let mut scheduled = Vec::new();
    for (name, function) in &functions {
        for (event, it) in &function.events {
            if let Event::Schedule { schedule_expression, input } = it {
                assert_eq!(*input, None, "{name}");
                scheduled.push((*name, event.as_str(), schedule_expression.as_str()));
            }
        }
    }
    let tries = |it: &serde_norway::Value| it["MaximumRetryAttempts"].as_u64();

    assert_eq!(
        scheduled,
        [
            ("SweeperFunction", "EveryMinute", "rate(1 minute)"),
            ("TokenRefresherFunction", "EveryFiveMinutes", "rate(5 minutes)"),
        ]
    );
    for (name, event, _) in scheduled {
        let properties = &declared.raw(name)["Properties"];
        assert_eq!(tries(&properties["EventInvokeConfig"]), Some(0), "{name}");
        let policy = &properties["Events"][event]["Properties"]["RetryPolicy"];
        assert_eq!(tries(policy), Some(0), "{name}");
    }
}
