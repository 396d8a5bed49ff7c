//! A person's rights.

use clap::{Args, Subcommand};

use super::{forget, opt_outs::PhoneAndReason, to_file};
use crate::{failure::Failure, request::Request, session::Session};

pub(crate) const EXAMPLES: &str = "\
Examples:
  duplex --tenant acme people evidence +12125550123 --to evidence.json
  duplex --tenant acme people export +12125550123 --to person.ndjson
  duplex --tenant acme people erase +12125550123 --reason \"asked by e-mail on May 3rd\"";

#[derive(Debug, Subcommand)]
pub(crate) enum People {
    /// Everything that shows what a person agreed to, and that they were texted
    Evidence(Who),
    /// Everything that is known of a person, one JSON object a line
    Export(Who),
    /// Forget for good what a person said and was told. Opt-out and consent stay
    Erase(PhoneAndReason),
}

#[derive(Debug, Args)]
pub(crate) struct Who {
    /// The person's number
    phone: String,
    /// The file to write. Standard output, if none is named
    #[arg(long, value_name = "FILE")]
    to: Option<String>,
}

impl People {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        match self {
            Self::Evidence(who) => {
                let request = Request::get(&["people", "evidence"]).query("phone", who.phone);
                let evidence = session.ask(&request).await?;
                to_file::write(session, &evidence, who.to.as_deref())
            }
            Self::Export(who) => {
                let request = Request::get(&["people", "export"]).query("phone", who.phone);
                to_file::export(session, request, who.to.as_deref()).await
            }
            Self::Erase(who) => {
                let what = "This erases what this person said and was told, for good.";
                session.confirm(what, &who.phone)?;
                let request = || Request::post(&["people", "erase"], who.body());
                forget::all(session, "things", request, &["messages", "events"]).await
            }
        }
    }
}
