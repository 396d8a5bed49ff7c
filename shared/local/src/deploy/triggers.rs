//! What calls the functions: routes of the API, queues, schedules.

use serde_json::json;

use super::{DeployError, Foundation, Site, deployment::function_name, foundation::arn};
use crate::{
    emulator::{Control, control::text},
    template::{Event, Function},
};

/// Creates the one API of a world, which has the routes of every API in the template.
pub(super) async fn create_api(
    site: Site<'_>,
    foundation: &mut Foundation,
) -> Result<String, DeployError> {
    const APIS: &str = "/v2/apis";
    let control = &foundation.control;
    let request = json!({ "name": site.world, "protocolType": "HTTP" });
    let created = control.post("apigateway", APIS, &request).await?;
    let api = text(&created, "/apiId", APIS)?;
    let stage = json!({ "stageName": "$default", "autoDeploy": true });
    control.post("apigateway", &format!("{APIS}/{api}/stages"), &stage).await?;

    let declared = site.template.resources("AWS::Serverless::HttpApi", &foundation.values);
    for id in declared.into_keys() {
        foundation.values.set(id, api.clone());
    }
    Ok(api)
}

/// Creates what calls one function.
pub(super) async fn create(
    site: Site<'_>,
    foundation: &Foundation,
    api: &str,
    id: &str,
    function: &Function,
) -> Result<(), DeployError> {
    let control = &foundation.control;
    let name = function_name(site, id);
    for (event_id, event) in &function.events {
        match event {
            Event::HttpApi { method, path, .. } => {
                create_route(control, api, &name, &route_key(method, path)).await?;
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
    api: &str,
    function: &str,
    key: &str,
) -> Result<(), DeployError> {
    let integrations = format!("/v2/apis/{api}/integrations");
    let integration = json!({
        "integrationType": "AWS_PROXY",
        "integrationUri": function_arn(function),
        "payloadFormatVersion": "2.0",
    });
    let created = control.post("apigateway", &integrations, &integration).await?;
    let target = format!("integrations/{}", text(&created, "/integrationId", "integrations")?);
    let route = json!({ "routeKey": key, "target": target });
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

fn function_arn(name: &str) -> String {
    arn("lambda", &format!("function:{name}"))
}
