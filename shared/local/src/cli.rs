//! What can be asked for on the command line.

use clap::{Parser, Subcommand};

use crate::running::Options;

/// The whole of Duplex on this machine: the emulated cloud, every function, and simulators of
/// GoHighLevel, Twilio, Telnyx, Aloware and a Texting provider. No account anywhere is needed.
///
/// Without a command it starts everything, plays the story, and stays until Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "cargo run --", bin_name = "cargo run --", disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub options: Options,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Start everything, play the story, and end: with 0 if all of it held
    Story,
    /// Start everything and stay until Ctrl-C, without the story
    Up,
}

impl Cli {
    pub fn plays(&self) -> bool {
        self.command != Some(Command::Up)
    }

    pub fn stays(&self) -> bool {
        self.command != Some(Command::Story)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_may_stand_before_or_after_the_command() {
        for line in [["local", "--no-build", "story"], ["local", "story", "--no-build"]] {
            let cli = Cli::try_parse_from(line).unwrap();
            assert!(cli.options.no_build && cli.plays() && !cli.stays());
        }
    }
}
