//! Installs the emulator into the cache, once: a Python environment with pinned packages.
//!
//! An installation is named by what it was made from, so a new pin is a new one, and a folder
//! without its marker is one that was interrupted.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use aws_lc_rs::digest::{SHA256, digest};

use super::{Cache, Tell};

/// Fills an installation's folder.
type Fill = fn(&Path, Tell) -> Result<(), InstallError>;

const REQUIREMENTS: &str = include_str!("../../requirements.txt");

/// Left in an installation when it is whole.
const MARKER: &str = "installed";

/// The oldest that the emulator runs on is 3.10.
const PYTHONS: [&str; 6] =
    ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];

const IS_NEW_ENOUGH: &str = "import sys; sys.exit(sys.version_info < (3, 10))";

#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error(
        "the local AWS needs Python 3.10 or newer, and there is none: install it \
         (Debian, Ubuntu: `apt install python3 python3-venv`; macOS: `brew install python3`)"
    )]
    NoPython,
    #[error(
        "Python could not make a virtual environment: install its venv module \
         (Debian, Ubuntu: `apt install python3-venv`). It said:\n{said}"
    )]
    NoVenv { said: String },
    #[error(
        "pip could not install the local AWS: is there a way to a Python registry? It said:\n{said}"
    )]
    Pip { said: String },
    #[error("the cache could not be written")]
    Cache(#[from] io::Error),
}

/// The Python that has the emulator, which is installed if it is not yet.
///
/// `tell` hears of the steps that take long.
pub(super) fn install(cache: &Cache, tell: Tell) -> Result<PathBuf, InstallError> {
    install_with(cache, tell, fill)
}

fn install_with(cache: &Cache, tell: Tell, fill: Fill) -> Result<PathBuf, InstallError> {
    let folder = cache.folder("aws")?.join(version());
    let python = folder.join("bin").join("python");
    if is_whole(&folder, &python) {
        return Ok(python);
    }
    // Whoever comes second waits here, and finds it done. The lock goes with its process.
    let lock = File::create(cache.folder("aws")?.join("lock"))?;
    if lock.try_lock().is_err() {
        tell("Waiting for another process that installs the local AWS …");
        lock.lock()?;
    }
    if !is_whole(&folder, &python) {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fill(&folder, tell)?;
        fs::write(folder.join(MARKER), REQUIREMENTS)?;
    }
    Ok(python)
}

/// The interpreter is a link, which dangles when the system's Python was replaced.
fn is_whole(folder: &Path, python: &Path) -> bool {
    folder.join(MARKER).is_file() && python.exists()
}

fn fill(folder: &Path, tell: Tell) -> Result<(), InstallError> {
    let python = PYTHONS.into_iter().find(|it| is_usable(it)).ok_or(InstallError::NoPython)?;
    tell("Installing the local AWS (once, about 90 MB) …");
    run(Command::new(python).args(["-m", "venv"]).arg(folder))
        .map_err(|said| InstallError::NoVenv { said })?;

    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS)?;
    run(Command::new(folder.join("bin").join("python"))
        .args(["-m", "pip", "install", "--require-hashes", "--only-binary", ":all:"])
        .args(["--no-input", "--no-cache-dir", "--disable-pip-version-check", "--quiet", "-r"])
        .arg(requirements))
    .map_err(|said| InstallError::Pip { said })?;
    tell("The local AWS is installed.");
    Ok(())
}

fn is_usable(python: &str) -> bool {
    run(Command::new(python).args(["-c", IS_NEW_ENOUGH])).is_ok()
}

/// Runs a command to its end. What it said is the error.
fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(String::from_utf8_lossy(&said).trim().to_owned())
}

/// A name for what an installation is made from.
fn version() -> String {
    let hash = digest(&SHA256, REQUIREMENTS.as_bytes());
    let start = hash.as_ref().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    format!("{start:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(name: &str) -> Cache {
        let folder = std::env::temp_dir().join(format!("duplex-{}-{name}", std::process::id()));
        Cache::at(folder)
    }

    fn pretend(folder: &Path, _: Tell) -> Result<(), InstallError> {
        fs::create_dir_all(folder.join("bin"))?;
        assert!(!folder.join("leftover").exists());
        Ok(fs::write(folder.join("bin/python"), "")?)
    }

    fn fail(_: &Path, _: Tell) -> Result<(), InstallError> {
        Err(InstallError::NoPython)
    }

    #[test]
    fn an_installation_is_made_once() {
        let cache = cache("once");

        let made = install_with(&cache, |_| (), pretend).unwrap();
        let found = install_with(&cache, |_| (), fail).unwrap();

        assert_eq!(made, found);
    }

    #[test]
    fn an_interrupted_installation_is_made_anew() {
        let cache = cache("anew");
        let folder = cache.folder("aws").unwrap().join(version());
        fs::create_dir_all(folder.join("leftover")).unwrap();

        assert!(install_with(&cache, |_| (), pretend).is_ok());
    }

    #[test]
    fn an_installation_without_its_interpreter_is_made_anew() {
        let cache = cache("interpreter");
        let python = install_with(&cache, |_| (), pretend).unwrap();
        fs::remove_file(&python).unwrap();

        assert!(install_with(&cache, |_| (), fail).is_err());
        assert!(install_with(&cache, |_| (), pretend).is_ok());
    }
}
