//! The functions' programs, built by cargo.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use super::DeployError;
use crate::emulator::cache::workspace;

/// How the functions are built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    #[default]
    Dev,
    Release,
}

/// A folder with the functions' programs.
#[derive(Clone, Debug)]
pub struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// Builds the functions, while cargo says on standard error how far it is. Dropped, it stops.
    ///
    /// Everything that `cargo run` would resolve is resolved, so that what both need is built once:
    /// cargo builds a dependency anew for every other choice of its features.
    pub async fn build(profile: Profile) -> Result<Self, DeployError> {
        let mut cargo = tokio::process::Command::from(cargo());
        cargo.args(["build", "--bins"]).kill_on_drop(true);
        if profile == Profile::Release {
            cargo.arg("--release");
        }
        let status = cargo.status().await.map_err(DeployError::io("running cargo"))?;
        if status.success() { Self::built(profile) } else { Err(DeployError::Build) }
    }

    /// What an earlier build left.
    pub fn built(profile: Profile) -> Result<Self, DeployError> {
        let output = cargo()
            .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
            .output()
            .map_err(DeployError::io("running cargo"))?;
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let target = metadata["target_directory"].as_str().map(PathBuf::from);
        let target = target.unwrap_or_else(|| workspace().join("target"));
        Ok(Self::at(target.join(match profile {
            Profile::Dev => "debug",
            Profile::Release => "release",
        })))
    }

    /// Programs from elsewhere, each named like its crate.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The program of a crate.
    pub(super) fn program(&self, crate_name: &str) -> Result<PathBuf, DeployError> {
        let program = self.folder.join(crate_name);
        if program.is_file() { Ok(program) } else { Err(DeployError::NotBuilt(program)) }
    }
}

fn cargo() -> Command {
    #[expect(clippy::disallowed_methods, reason = "cargo says which cargo runs us")]
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.current_dir(workspace()).stdin(Stdio::null());
    command
}
