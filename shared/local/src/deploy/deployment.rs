//! A world that runs by itself: its foundation, the functions' programs, and what calls them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    Binaries, DeployError, Foundation, Front, Site, environment,
    foundation::{arn, name},
    front::Serving,
    triggers, zip,
};
use crate::{emulator::Cache, template::Function};

/// Stands in for a function's program, which is far larger than what the emulator likes to be
/// sent. What a function says goes to a file of its own.
const BOOTSTRAP: &str = "#!/bin/sh\nexec \"$LOCAL_PROGRAM\" >>\"$LOCAL_LOG\" 2>&1\n";

/// A running world. Dropping it closes its address; the functions go with the emulator.
#[derive(Debug)]
pub struct Deployment {
    pub foundation: Foundation,
    serving: Serving,
    logs: PathBuf,
}

impl Deployment {
    /// Creates all that the template declares. `overrides` go into every function's environment.
    pub async fn create(
        site: Site<'_>,
        binaries: &Binaries,
        front: Front,
        overrides: &BTreeMap<String, String>,
        cache: &Cache,
    ) -> Result<Self, DeployError> {
        let mut foundation = Foundation::create(site).await?;
        let logs = cache
            .folder(&format!("logs/{}", site.world))
            .map_err(DeployError::io("making a folder for logs"))?;
        name_functions(site, &mut foundation)?;
        let api = triggers::create_api(site, &mut foundation).await?;

        let functions = site.template.functions(&foundation.values)?;
        for (id, function) in &functions {
            let mut told = environment::of(site, id, function, overrides)?;
            let log = logs.join(format!("{}.log", function.crate_name()));
            fs::write(&log, "").map_err(DeployError::io("emptying a log"))?;
            environment::start(&mut told, &binaries.program(function.crate_name())?, &log);
            create_function(&foundation, &function_name(site, id), function, &told).await?;
        }
        for (id, function) in &functions {
            triggers::create(site, &foundation, &api, id, function).await?;
        }
        Ok(Self { serving: front.serve(&foundation.control, &api.id), foundation, logs })
    }

    /// Where the outside reaches this world, without a path.
    pub fn api_url(&self) -> &str {
        self.serving.origin()
    }

    /// The folder with a log of each function, named like its crate.
    pub fn logs(&self) -> &Path {
        &self.logs
    }

    /// Runs the function that the template calls `name`, and gives what it answers.
    pub async fn invoke(&self, name: &str, event: &Value) -> Result<Value, DeployError> {
        let function = self.foundation.value(name)?;
        let path = format!("/2015-03-31/functions/{function}/invocations");
        let answer = self.foundation.control.post("lambda", &path, event).await?;
        match answer["errorMessage"].as_str() {
            Some(said) => {
                Err(DeployError::Failed { function: name.to_owned(), said: said.to_owned() })
            }
            None => Ok(answer),
        }
    }
}

/// Queues, routes and authorizers name functions that are yet to be created.
pub(super) fn name_functions(
    site: Site<'_>,
    foundation: &mut Foundation,
) -> Result<(), DeployError> {
    for id in site.template.functions(&foundation.values)?.into_keys() {
        let name = function_name(site, id);
        foundation.values.set_attribute(id, "Arn", arn("lambda", &format!("function:{name}")));
        foundation.values.set(id, name);
    }
    Ok(())
}

pub(super) fn function_name(site: Site<'_>, id: &str) -> String {
    name(site, id, None, "")
}

async fn create_function(
    foundation: &Foundation,
    name: &str,
    function: &Function,
    environment: &BTreeMap<String, String>,
) -> Result<(), DeployError> {
    let code = STANDARD.encode(zip::of_one("bootstrap", BOOTSTRAP.as_bytes()));
    let request = json!({
        "FunctionName": name,
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Role": "arn:aws:iam::000000000000:role/local",
        "Code": { "ZipFile": code },
        "Timeout": function.timeout,
        "MemorySize": function.memory_size,
        "Environment": { "Variables": environment },
    });
    foundation.control.post("lambda", "/2015-03-31/functions", &request).await?;
    Ok(())
}
