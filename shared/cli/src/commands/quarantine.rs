//! What waits for a person.

mod act;

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use serde_json::Value;

use super::Most;
use crate::{
    failure::Failure,
    request::Request,
    session::{Pages, Session},
    show::{Columns, column},
};

pub(crate) const EXAMPLES: &str = "\
Examples:
  duplex --tenant acme quarantine list
  duplex --tenant acme quarantine preview --all
  duplex --tenant acme quarantine replay --all --kind quarantined --per-minute 60
  duplex --tenant acme quarantine discard message:msg_… --reason \"they were called\"
  duplex quarantine counts                        every tenant, for operators";

#[derive(Debug, Subcommand)]
pub(crate) enum Quarantine {
    /// What waits, the oldest first
    List {
        /// Only of this kind
        #[arg(long, value_parser = PossibleValuesParser::new(KINDS))]
        kind: Option<String>,
        #[command(flatten)]
        most: Most,
    },
    /// One thing that waits
    Show {
        /// The id that `list` shows
        id: String,
    },
    /// What trying again would do. Nothing is done
    Preview(Which),
    /// Try again. What an earlier try did is found, and not done again
    Replay(act::Replay),
    /// Give up: an event has no effect, a text counts as failed, and GoHighLevel is not told
    Discard(act::Discard),
    /// How much waits, tenant by tenant, for operators
    Counts(Most),
}

/// Which of what waits.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The ids that `list` shows
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "ID")]
    ids: Vec<String>,
    /// All of them
    #[arg(long)]
    all: bool,
    /// With --all, only of this kind
    #[arg(long, conflicts_with = "ids", value_parser = PossibleValuesParser::new(KINDS))]
    kind: Option<String>,
    /// How many in one request
    #[arg(long, hide = true, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100))]
    chunk: u32,
}

const KINDS: [&str; 4] = ["quarantined", "in_doubt", "given_up", "parked"];

const COLUMNS: Columns = &[
    column("ID", "/id"),
    column("KIND", "/kind"),
    column("SINCE", "/since"),
    column("WOULD", "/would"),
    column("INTEGRATION", "/integration"),
    column("WHY", "/why"),
    column("NOT REPLAYABLE", "/not_replayable"),
];

const COUNTS: Columns = &[column("TENANT", "/tenant"), column("WAITING", "/waiting")];

impl Quarantine {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        match self {
            Self::List { kind: None, most } => session.list(every(), COLUMNS, most.limit).await,
            Self::List { kind, most } => {
                let mut waiting = waiting(session, kind.as_deref()).await?;
                waiting.truncate(most.limit.unwrap_or(usize::MAX));
                session.tell_all(COLUMNS, &waiting)
            }
            Self::Show { id } => session.show(&Request::get(&["quarantine", &id])).await.map(drop),
            Self::Preview(which) => act::preview(session, &which).await,
            Self::Replay(replay) => replay.run(session).await,
            Self::Discard(discard) => discard.run(session).await,
            Self::Counts(most) => {
                let request = Request::get(&["quarantine-counts"]);
                session.list(request, COUNTS, most.limit).await
            }
        }
    }
}

fn every() -> Request {
    Request::get(&["quarantine"])
}

/// All that waits, of every page.
async fn waiting(session: &mut Session<'_, '_>, kind: Option<&str>) -> Result<Vec<Value>, Failure> {
    let mut pages = Pages::new(every().query("limit", "100"), None);
    let mut waiting = Vec::new();
    while let Some(items) = pages.next(session).await? {
        waiting.extend(items.into_iter().filter(|it| kind.is_none_or(|kind| it["kind"] == kind)));
    }
    Ok(waiting)
}

impl Which {
    async fn waiting(&self, session: &mut Session<'_, '_>) -> Result<Vec<Value>, Failure> {
        waiting(session, self.kind.as_deref()).await
    }

    fn chunk(&self) -> usize {
        self.chunk as usize
    }
}

/// The ids of things that wait.
fn ids(waiting: &[Value]) -> Vec<String> {
    waiting.iter().filter_map(|it| it["id"].as_str()).map(str::to_owned).collect()
}
