//! What a function is told: what the template says, and where the local cloud is.

use std::{collections::BTreeMap, path::Path};

use super::{DeployError, Site};
use crate::{
    emulator::REGION,
    template::{Function, is_placeholder},
};

/// Where a function's program lies, for the script that starts it.
pub(super) const PROGRAM: &str = "LOCAL_PROGRAM";

/// Where it writes what it says, for the same.
pub(super) const LOG: &str = "LOCAL_LOG";

/// The environment of the function that the template calls `name`. What is given in `overrides`
/// goes above the template.
pub(super) fn of(
    site: Site<'_>,
    name: &str,
    function: &Function,
    overrides: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, DeployError> {
    let mut environment = function.environment.clone();
    environment.extend(overrides.clone());
    let unset = environment.iter().find(|(_, value)| is_placeholder(value));
    if let Some((variable, value)) = unset {
        return Err(DeployError::Unset {
            function: name.to_owned(),
            variable: variable.clone(),
            value: value.clone(),
        });
    }
    for (variable, value) in around(site, function) {
        environment.entry(variable.to_owned()).or_insert(value);
    }
    Ok(environment)
}

/// Adds what the script needs that stands in for the program.
pub(super) fn start(environment: &mut BTreeMap<String, String>, program: &Path, log: &Path) {
    environment.insert(PROGRAM.to_owned(), program.display().to_string());
    environment.insert(LOG.to_owned(), log.display().to_string());
}

/// What Lambda and the SDK find in the environment.
fn around(site: Site<'_>, function: &Function) -> Vec<(&'static str, String)> {
    let mut around = vec![
        ("AWS_ENDPOINT_URL", site.ministack.url().to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", site.dynamo.url().to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
    ];
    let logging = function.properties.get("LoggingConfig");
    for (variable, setting) in
        [("AWS_LAMBDA_LOG_FORMAT", "LogFormat"), ("AWS_LAMBDA_LOG_LEVEL", "ApplicationLogLevel")]
    {
        let value = logging.and_then(|it| it[setting].as_str());
        around.extend(value.map(|it| (variable, it.to_owned())));
    }
    around
}
