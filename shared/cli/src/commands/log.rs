//! The sync log, for a day or as it is written.

use clap::Args;

use super::follow;
use crate::{
    failure::Failure,
    request::Request,
    session::Session,
    show::{Columns, column},
};

pub(crate) const EXAMPLES: &str = "\
Examples:
  duplex --tenant acme log --limit 50
  duplex --tenant acme log --day 2026-05-03 --json | jq 'select(.result == \"failed\")'
  duplex --tenant acme log --follow";

#[derive(Debug, Args)]
pub(crate) struct Log {
    /// The day, in UTC; today, if none is named
    #[arg(long, conflicts_with = "follow")]
    day: Option<String>,
    /// Stay, and show each line when it is written, until Ctrl-C
    #[arg(long)]
    follow: bool,
    /// Stop after so many; with --follow, begin with so many (10, if nothing is said)
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

const COLUMNS: Columns = &[
    column("AT", "/at"),
    column("OPERATION", "/operation"),
    column("RESULT", "/result"),
    column("SUBJECT", "/subject"),
    column("INTEGRATION", "/integration"),
    column("TOOK MS", "/took_ms"),
    column("WHY", "/why"),
];

/// What a follower sees of the past.
const BEFORE: usize = 10;

impl Log {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        if self.follow {
            return follow::follow(session, self.limit.unwrap_or(BEFORE)).await;
        }
        let request = Request::get(&["sync-log"]).query_if("day", self.day);
        session.list(request, COLUMNS, self.limit).await
    }
}
