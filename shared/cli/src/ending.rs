//! How a command ended, for whoever called the program.

use std::process::ExitCode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Done = 0,
    /// The API refused, or did not do all that was asked for.
    Refused = 1,
    /// The arguments, or what was read, make no sense.
    Usage = 2,
    /// Nothing answers, or what answers is not the API.
    Unreachable = 3,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending as u8)
    }
}
