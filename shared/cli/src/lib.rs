//! The operators' command line: everything that the REST API can do, from a terminal or a script.
//!
//! ```text
//! arguments -> a command -> calls of the API, page by page -> tables, or JSON for machines
//! ```
//!
//! One file for each noun under `commands/`: its arguments, and what is done with them. What the API
//! answers is shown, not interpreted, so it stays JSON all the way to the terminal, and a field that
//! is new in the API is seen without a new program.
//!
//! **Invariant:** nothing here knows what is behind the API. It writes no log, and the key is never
//! printed.

mod cli;
mod client;
mod commands;
mod ending;
mod failure;
mod progress;
mod refusal;
mod request;
mod session;
mod show;
mod terminal;
#[cfg(test)]
mod tests;

use std::ffi::OsString;

use clap::Parser as _;

pub use ending::Ending;
pub use terminal::Terminal;

use crate::{cli::Cli, session::Session};

/// Does what the arguments say, the first of which is the program's name.
pub async fn run(
    arguments: impl IntoIterator<Item = OsString>,
    terminal: &mut Terminal<'_>,
) -> Ending {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return explained(&error, terminal),
    };
    let (common, command) = (cli.common, cli.command);
    let is_json = common.json;
    let done = match Session::new(common, terminal) {
        Ok(mut session) => command.run(&mut session).await,
        Err(failure) => Err(failure),
    };
    match done {
        Ok(()) => Ending::Done,
        Err(failure) => {
            // Whoever reads may have gone. Then nobody wants to know.
            drop(failure.tell(is_json, terminal.err));
            failure.ending()
        }
    }
}

/// What clap has to say: the help that was asked for, or what is wrong with the arguments.
fn explained(error: &clap::Error, terminal: &mut Terminal<'_>) -> Ending {
    let text = error.render();
    if error.use_stderr() {
        drop(write!(terminal.err, "{text}"));
        Ending::Usage
    } else {
        drop(write!(terminal.out, "{text}"));
        Ending::Done
    }
}
