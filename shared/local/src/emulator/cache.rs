//! The folder for what can be made again: the emulator's installation, its files, the logs.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Names the folder to use instead of `target/local`.
pub const CACHE_VARIABLE: &str = "DUPLEX_CACHE";

/// The cache folder.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder that the environment names, or `target/local` below the workspace.
    pub fn find() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the local world has no `aws::Env`")]
        let named = std::env::var(CACHE_VARIABLE).ok().filter(|it| !it.is_empty());
        Self::at(named.map_or_else(|| workspace().join("target/local"), PathBuf::from))
    }

    /// A folder in the cache, which exists afterwards.
    pub fn folder(&self, name: &str) -> io::Result<PathBuf> {
        let folder = self.root.join(name);
        fs::create_dir_all(&folder)?;
        std::path::absolute(folder)
    }
}

/// Where the workspace lies: the folder with `template.yaml`, or the one we were built in.
pub fn workspace() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let found = here.ancestors().find(|it| it.join("template.yaml").is_file());
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    found.or(built_in).unwrap_or(&here).to_owned()
}
