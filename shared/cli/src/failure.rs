//! Why a command did not do what it was asked to, and what helps.

use std::{
    error::Error,
    io::{self, Write},
};

use serde_json::json;
use url::Url;

use crate::{ending::Ending, refusal::Refusal};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the API refused")]
    Refused(Box<Refusal>),
    #[error("Nothing answers at {url}: is `cargo run` up? Set --url or DUPLEX_URL.")]
    NobodyThere { url: Url, source: egress::CallError },
    #[error("There was no answer. Whether it was done is not known; look before you repeat it.")]
    Silence(#[source] egress::CallError),
    #[error(
        "What answers at {url} is not the API (status {status}): set --url or DUPLEX_URL to its \
         address."
    )]
    NotTheApi { url: Url, status: u16 },
    #[error("{0}")]
    Usage(String),
    #[error("{path} cannot be read or written")]
    File { path: String, source: io::Error },
    #[error("the result could not be written")]
    Output(#[source] io::Error),
    #[error("the HTTP client could not be set up")]
    NoClient(#[source] egress::Unusable),
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// The API answered, and what was asked for is not so.
    #[error("{0}")]
    NotDone(String),
}

impl Failure {
    pub(crate) fn ending(&self) -> Ending {
        match self {
            // Somebody closed the pipe who had read enough.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Ending::Done,
            Self::Refused(_) | Self::NotDone(_) | Self::NoRandomness | Self::Output(_) => {
                Ending::Refused
            }
            Self::Usage(_) | Self::File { .. } => Ending::Usage,
            Self::NobodyThere { .. }
            | Self::Silence(_)
            | Self::NotTheApi { .. }
            | Self::NoClient(_) => Ending::Unreachable,
        }
    }

    pub(crate) fn tell(&self, is_json: bool, to: &mut dyn Write) -> io::Result<()> {
        if let Self::Refused(refusal) = self {
            return refusal.tell(is_json, to);
        }
        if self.ending() == Ending::Done {
            return Ok(());
        }
        if is_json {
            return writeln!(to, "{}", json!({ "detail": self.to_string() }));
        }
        writeln!(to, "{self}")?;
        let mut cause = self.source();
        while let Some(error) = cause {
            writeln!(to, "  because {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// What is written, is written for somebody.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
