//! The emulator of everything but DynamoDB: queues, keys, secrets, functions and what calls them.
//!
//! A process of its own, on a port of its own. It watches the pipe that we hold, so it ends with
//! us however we end, and takes the functions that it runs along.

use std::{
    fs::{self, File},
    io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::{
    sync::OnceCell,
    time::{Instant, sleep},
};

use super::{
    ACCOUNT, Cache, Control, REGION, Tell,
    install::{self, InstallError},
};

/// What runs in the child.
const PROGRAM: &str = include_str!("emulator.py");

/// The services that we use, and those that they lean on.
const SERVICES: &str = "sqs,kms,secretsmanager,lambda,apigateway,scheduler,events,logs,sts,iam";

/// How long a healthy start may take on a slow machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running emulator. Dropping it ends it.
#[derive(Debug)]
pub struct Ministack {
    control: Control,
    child: Child,
    files: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the local AWS could not be installed")]
    Install(#[from] InstallError),
    #[error("the local AWS could not be started")]
    Start(#[from] io::Error),
    #[error("the local AWS ended while it started. It said:\n{said}")]
    Ended { said: String },
    #[error("the local AWS was not ready within a minute. It said:\n{said}")]
    Late { said: String },
    #[error("installing the local AWS was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl Ministack {
    /// Installs the emulator if needed and starts it. `tell` hears of the steps that take long.
    pub async fn start(cache: &Cache, tell: Tell) -> Result<Self, StartError> {
        let for_install = cache.clone();
        let python =
            tokio::task::spawn_blocking(move || install::install(&for_install, tell)).await??;
        let mut attempts = 0;
        loop {
            attempts += 1;
            match Self::spawn(cache, &python)?.ready().await {
                // Somebody else may have taken the port between our finding it and its use.
                Err(StartError::Ended { .. }) if attempts < 3 => {}
                result => return result,
            }
        }
    }

    /// The one that all tests of this process share. It ends with the process.
    pub async fn shared() -> Result<&'static Self, StartError> {
        static SHARED: OnceCell<Ministack> = OnceCell::const_new();
        SHARED.get_or_try_init(|| async { Self::start(&Cache::find(), |_| ()).await }).await
    }

    /// Where clients find it: the value of `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> &str {
        self.control.endpoint()
    }

    /// A client for its control plane. Its connections belong to the caller's runtime.
    pub fn control(&self) -> Control {
        Control::new(self.url())
    }

    /// Where it writes what it does, as long as it runs.
    pub fn log(&self) -> PathBuf {
        log(&self.files)
    }

    fn said(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let tail = log.len().saturating_sub(4_000);
        String::from_utf8_lossy(&log[tail..]).into_owned()
    }

    fn spawn(cache: &Cache, python: &Path) -> Result<Self, StartError> {
        let port = free_port()?;
        let files = cache.folder(&format!("run/{port}"))?;
        let output = File::create(log(&files))?;
        let child = Command::new(python)
            .args(["-I", "-c", PROGRAM])
            .env_clear()
            .envs(environment(port, &files))
            .current_dir(&files)
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        let control = Control::new(format!("http://127.0.0.1:{port}"));
        Ok(Self { control, child, files })
    }

    async fn ready(mut self) -> Result<Self, StartError> {
        let deadline = Instant::now() + PATIENCE;
        let health = format!("{}/_ministack/health", self.url());
        let http = reqwest::Client::builder().no_proxy().build().unwrap_or_default();
        while Instant::now() < deadline {
            if self.child.try_wait()?.is_some() {
                return Err(StartError::Ended { said: self.said() });
            }
            if http.get(&health).send().await.is_ok_and(|it| it.status().is_success()) {
                return Ok(self);
            }
            sleep(Duration::from_millis(20)).await;
        }
        Err(StartError::Late { said: self.said() })
    }
}

impl Drop for Ministack {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It ends itself, which ends the functions too; if it cannot, nothing of it is left to ask.
        drop(self.child.wait());
        drop(fs::remove_dir_all(&self.files));
    }
}

/// All that the emulator and the functions in it get to know of our environment is `PATH`.
fn environment(port: u16, files: &Path) -> Vec<(&'static str, String)> {
    let files = files.display().to_string();
    #[expect(clippy::disallowed_methods, reason = "it is passed on, not read")]
    let path = std::env::var("PATH").unwrap_or_default();
    vec![
        ("PATH", path),
        ("HOME", files.clone()),
        ("TMPDIR", files.clone()),
        ("STATE_DIR", format!("{files}/state")),
        ("S3_DATA_DIR", format!("{files}/s3")),
        ("GATEWAY_PORT", port.to_string()),
        ("BIND_HOST", "127.0.0.1".to_owned()),
        ("MINISTACK_HOST", "127.0.0.1".to_owned()),
        ("MINISTACK_REGION", REGION.to_owned()),
        ("MINISTACK_ACCOUNT_ID", ACCOUNT.to_owned()),
        ("SERVICES", SERVICES.to_owned()),
        // It would open ports for these, and look for containers to clear away.
        ("IOT_MTLS_ENABLED", "0".to_owned()),
        ("SFTP_ENABLED", "0".to_owned()),
        ("DOCKER_HOST", "unix:///nonexistent".to_owned()),
    ]
}

fn log(files: &Path) -> PathBuf {
    files.join("aws.log")
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_emulator_that_is_dropped_is_gone() {
        let ministack = Ministack::start(&Cache::find(), |_| ()).await.unwrap();
        let url = ministack.url().to_owned();
        let files = ministack.files.clone();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        assert!(http.get(&url).send().await.is_ok());

        drop(ministack);

        assert!(http.get(&url).send().await.is_err());
        assert!(!files.exists());
    }
}
