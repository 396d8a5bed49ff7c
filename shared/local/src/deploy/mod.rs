//! Makes the local cloud what `template.yaml` says: a [`Foundation`] of tables, queues, keys and
//! secrets, and on it a [`Deployment`] with the functions themselves and what calls them.
//!
//! Several worlds share one emulator. Each has a name, which is part of the names of all it has.
//!
//! **Invariant:** knows no function, queue or table by name; the template does.

mod binaries;
mod deployment;
mod environment;
mod foundation;
mod front;
mod triggers;
mod zip;

use std::{collections::BTreeMap, io, path::PathBuf};

pub use binaries::{Binaries, Profile};
pub use deployment::Deployment;
pub use foundation::Foundation;
pub use front::Front;

use crate::{
    emulator::{ControlError, Dynamo, Ministack, dynamo::DynamoError},
    template::{Template, TemplateError},
};

/// What is made, where, and under which name.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    pub template: &'a Template,
    pub ministack: &'a Ministack,
    pub dynamo: &'a Dynamo,
    /// Letters, digits and dashes. Stands where the stack's name would.
    pub world: &'a str,
    /// The template's parameters, where its defaults do not fit: `PublicOrigin`, base URLs.
    pub parameters: &'a BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    #[error("the template could not be used")]
    Template(#[from] TemplateError),
    #[error("the local AWS could not be set up")]
    Control(#[from] ControlError),
    #[error("the local DynamoDB could not be set up")]
    Dynamo(#[from] DynamoError),
    #[error("the template has no {0}")]
    Unknown(String),
    #[error("{function} is told {value} as {variable}, and nothing gives that a value")]
    Unset { function: String, variable: String, value: String },
    #[error("{action} failed")]
    Io { action: String, source: io::Error },
    #[error("cargo could not build the functions, and has said why")]
    Build,
    #[error("{function} failed: {said}")]
    Failed { function: String, said: String },
    #[error("{} does not exist: build the functions first", .0.display())]
    NotBuilt(PathBuf),
}

impl DeployError {
    fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        |source| Self::Io { action, source }
    }
}

#[cfg(test)]
mod tests;
