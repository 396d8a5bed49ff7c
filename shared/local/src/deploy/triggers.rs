//! What calls the functions: routes of the API, queues, schedules.

use std::collections::BTreeMap;

use serde_json::json;

use super::{DeployError, Foundation, Site, deployment::function_name, foundation::arn};
use crate::{
    emulator::{Control, REGION, control::text},
    template::{Authorizer, Event, Function},
};

/// The one API of a world, which has the routes and authorizers of every API in the template.
pub(super) struct Api {
    pub(super) id: String,
    /// What the API calls each authorizer, by the template's name for it.
    authorizers: BTreeMap<String, String>,
}

/// Creates the API, with nothing yet that it leads to.
pub(super) async fn create_api(
    site: Site<'_>,
    foundation: &mut Foundation,
) -> Result<Api, DeployError> {
    const APIS: &str = "/v2/apis";
    let control = &foundation.control;
    let request = json!({ "name": site.world, "protocolType": "HTTP" });
    let created = control.post("apigateway", APIS, &request).await?;
    let id = text(&created, "/apiId", APIS)?;
    let stage = json!({ "stageName": "$default", "autoDeploy": true });
    control.post("apigateway", &format!("{APIS}/{id}/stages"), &stage).await?;

    let mut authorizers = BTreeMap::new();
    for (declared, api) in site.template.apis(&foundation.values)? {
        for (name, authorizer) in api.authorizers {
            let created = create_authorizer(&foundation.control, &id, &name, &authorizer).await?;
            authorizers.insert(name, created);
        }
        foundation.values.set(declared, id.clone());
    }
    Ok(Api { id, authorizers })
}

async fn create_authorizer(
    control: &Control,
    api: &str,
    name: &str,
    authorizer: &Authorizer,
) -> Result<String, DeployError> {
    let identity = &authorizer.identity;
    let shown = identity.headers.iter().map(|it| format!("$request.header.{it}"));
    let request = json!({
        "name": name,
        "authorizerType": "REQUEST",
        "authorizerUri": invocation(&authorizer.function_arn),
        "identitySource": shown.collect::<Vec<_>>(),
        "authorizerPayloadFormatVersion": authorizer.payload_format_version,
        "enableSimpleResponses": authorizer.simple_responses,
        "authorizerResultTtlInSeconds": identity.reauthorize_every,
    });
    let created =
        control.post("apigateway", &format!("/v2/apis/{api}/authorizers"), &request).await?;
    Ok(text(&created, "/authorizerId", "authorizers")?)
}

/// Creates what calls one function.
pub(super) async fn create(
    site: Site<'_>,
    foundation: &Foundation,
    api: &Api,
    id: &str,
    function: &Function,
) -> Result<(), DeployError> {
    let control = &foundation.control;
    let name = function_name(site, id);
    for (event_id, event) in &function.events {
        match event {
            Event::HttpApi { method, path, authorizer, .. } => {
                let authorizer = authorizer.as_deref();
                create_route(control, api, &name, &route_key(method, path), authorizer).await?;
            }
            Event::Queue { queue, .. } => create_mapping(control, &name, queue, event).await?,
            Event::Schedule { .. } => {
                create_schedule(control, &name, &format!("{name}-{event_id}"), event).await?;
            }
        }
    }
    Ok(())
}

async fn create_route(
    control: &Control,
    api: &Api,
    function: &str,
    key: &str,
    authorizer: Option<&str>,
) -> Result<(), DeployError> {
    let Api { id: api, authorizers } = api;
    let integrations = format!("/v2/apis/{api}/integrations");
    let integration = json!({
        "integrationType": "AWS_PROXY",
        "integrationUri": function_arn(function),
        "payloadFormatVersion": "2.0",
    });
    let created = control.post("apigateway", &integrations, &integration).await?;
    let target = format!("integrations/{}", text(&created, "/integrationId", "integrations")?);
    let mut route = json!({ "routeKey": key, "target": target });
    if let Some(name) = authorizer {
        let known = authorizers.get(name);
        let id = known.ok_or_else(|| DeployError::Unknown(format!("authorizer {name}")))?;
        route["authorizationType"] = "CUSTOM".into();
        route["authorizerId"] = id.as_str().into();
    }
    control.post("apigateway", &format!("/v2/apis/{api}/routes"), &route).await?;
    Ok(())
}

async fn create_mapping(
    control: &Control,
    function: &str,
    queue: &str,
    event: &Event,
) -> Result<(), DeployError> {
    let Event::Queue { batch_size, function_response_types, scaling_config, .. } = event else {
        return Ok(());
    };
    let mut request = json!({
        "FunctionName": function,
        "EventSourceArn": queue,
        "BatchSize": batch_size,
        "FunctionResponseTypes": function_response_types,
    });
    if let Some(scaling) = scaling_config {
        request["ScalingConfig"] = scaling.clone();
    }
    control.post("lambda", "/2015-03-31/event-source-mappings", &request).await?;
    Ok(())
}

async fn create_schedule(
    control: &Control,
    function: &str,
    name: &str,
    event: &Event,
) -> Result<(), DeployError> {
    let Event::Schedule { schedule_expression, input } = event else { return Ok(()) };
    let mut target = json!({
        "Arn": function_arn(function),
        "RoleArn": "arn:aws:iam::000000000000:role/local",
    });
    if let Some(input) = input {
        target["Input"] = input.as_str().into();
    }
    let request = json!({
        "ScheduleExpression": schedule_expression,
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": target,
    });
    control.post("scheduler", &format!("/schedules/{name}"), &request).await?;
    Ok(())
}

/// SAM writes methods in any case; API Gateway does not.
fn route_key(method: &str, path: &str) -> String {
    if path == "$default" { path.to_owned() } else { format!("{} {path}", method.to_uppercase()) }
}

/// The address by which API Gateway calls a function.
fn invocation(function_arn: &str) -> String {
    let path = format!("lambda:path/2015-03-31/functions/{function_arn}/invocations");
    format!("arn:aws:apigateway:{REGION}:{path}")
}

fn function_arn(name: &str) -> String {
    arn("lambda", &format!("function:{name}"))
}
