//! The command line as a whole. Each noun's own arguments are with it, under `commands/`.

use clap::{Args, Parser};
use secrecy::SecretString;
use url::Url;

use crate::commands::Command;

const AFTER: &str = "\
Examples:
  export DUPLEX_URL=https://… DUPLEX_KEY=dpx_…
  duplex whoami
  duplex tenants create acme --brand \"Acme Dental\" --support help@acme.example
  duplex --tenant acme integrations create --template twilio --settings twilio.json
  duplex --tenant acme crm link
  duplex --tenant acme send --to +12125550123 --text \"Your table is ready.\"
  duplex --tenant acme log --follow
  duplex --tenant acme quarantine replay --all --per-minute 60

Ends with 0 if it was done, 1 if it was refused or only partly done, 2 if the command makes no sense,
and 3 if the API cannot be reached.";

/// Runs Duplex through its API: tenants, integrations, messages, and what waits for a person
#[derive(Debug, Parser)]
#[command(name = "duplex", version, after_help = AFTER, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Debug, Args)]
#[command(next_help_heading = "For every command")]
pub(crate) struct Common {
    /// Where the API is
    #[arg(
        long, global = true, env = "DUPLEX_URL", value_name = "URL", hide_env_values = true,
        default_value = "http://127.0.0.1:8787", value_parser = address
    )]
    pub(crate) url: Url,
    /// Your key. Better not as an argument, which others can see
    #[arg(
        long, global = true, env = "DUPLEX_KEY", value_name = "KEY", hide_env_values = true,
        value_parser = secret
    )]
    pub(crate) key: Option<SecretString>,
    /// The tenant that an operator acts for
    #[arg(
        long, global = true, env = "DUPLEX_TENANT", value_name = "TENANT", hide_env_values = true,
        value_parser = header_value
    )]
    pub(crate) tenant: Option<String>,
    /// For machines: one JSON object a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Ask no questions
    #[arg(long, global = true)]
    pub(crate) yes: bool,
}

fn address(given: &str) -> Result<Url, String> {
    let url: Url = given.parse().map_err(|e| format!("{e}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("it begins with https:// or http://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds no password: the key goes into DUPLEX_KEY".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it ends with the path".to_owned());
    }
    Ok(url)
}

/// What cannot be in a header is told without being shown.
#[expect(clippy::unnecessary_wraps, reason = "clap wants a parser that can fail")]
fn secret(given: &str) -> Result<SecretString, String> {
    Ok(SecretString::from(given.trim()))
}

/// Something that can be sent in a header.
pub(crate) fn header_value(given: &str) -> Result<String, String> {
    if !given.is_empty() && given.bytes().all(|c| c.is_ascii_graphic()) {
        return Ok(given.to_owned());
    }
    Err("it is made of visible ASCII characters".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parsed(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_every_command_understands_may_stand_anywhere() {
        for line in [
            "duplex --tenant acme --json keys list",
            "duplex keys --json list --tenant acme",
            "duplex keys list --tenant acme --json",
        ] {
            let common = parsed(line).unwrap().common;
            assert_eq!((common.tenant.as_deref(), common.json), (Some("acme"), true));
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        let cli = parsed("duplex --key dpx_secret whoami").unwrap();
        assert!(!format!("{cli:?}").contains("dpx_secret"));
        let wrong = parsed("duplex --key dpx_secret nonsense").unwrap_err();
        assert!(!wrong.to_string().contains("dpx_secret"));
    }

    #[test]
    fn an_address_is_one_that_can_be_called() {
        for wrong in ["localhost:8787", "ftp://here", "http://a:b@here", "http://here/?q=1"] {
            assert!(parsed(&format!("duplex --url {wrong} whoami")).is_err(), "{wrong}");
        }
        parsed("duplex --url https://here/stage whoami").unwrap();
    }

    #[test]
    fn what_makes_no_sense_is_refused_before_anybody_is_called() {
        for wrong in [
            "messages list",
            "messages list --phone 1 --conversation 2",
            "quarantine replay",
            "quarantine replay a --all",
            "quarantine replay a --kind parked",
            "quarantine discard --all",
            "log --follow --day 2026-05-03",
            "numbers set +1 --integration a --use-for fun",
            "crm attach",
            "dead-letters redrive --queue inbound --limit 5 --all",
        ] {
            assert!(parsed(&format!("duplex {wrong}")).is_err(), "{wrong}");
        }
    }
}
