//! Conversations.

use clap::Subcommand;

use super::Most;
use crate::{
    failure::Failure,
    request::Request,
    session::Session,
    show::{Columns, column},
};

pub(crate) const EXAMPLES: &str = "\
Examples:
  duplex --tenant acme conversations list --unread
  duplex --tenant acme conversations timeline cnv_…      why did this person get this text?";

#[derive(Debug, Subcommand)]
pub(crate) enum Conversations {
    /// All of them, the latest first
    List {
        /// Only those with something that nobody has read
        #[arg(long)]
        unread: bool,
        #[command(flatten)]
        most: Most,
    },
    /// One conversation
    Show {
        /// The conversation's id
        id: String,
    },
    /// Everything that happened in one, the newest first
    Timeline {
        /// The conversation's id
        id: String,
        #[command(flatten)]
        most: Most,
    },
}

const COLUMNS: Columns = &[
    column("LAST", "/last_at"),
    column("ID", "/id"),
    column("PHONE", "/phone"),
    column("NUMBER", "/number"),
    column("INTEGRATION", "/integration"),
    column("CONTACT", "/contact"),
    column("UNREAD", "/unread"),
];

const MOMENTS: Columns = &[
    column("AT", "/at"),
    column("WHAT", "/what"),
    column("RESULT", "/result"),
    column("SUBJECT", "/subject"),
    column("INTEGRATION", "/integration"),
    column("TOOK MS", "/took_ms"),
    column("AFTER MS", "/after_ms"),
    column("WHY", "/why"),
];

impl Conversations {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        match self {
            Self::List { unread, most } => {
                let request =
                    Request::get(&["conversations"]).query_if("unread", unread.then_some("true"));
                session.list(request, COLUMNS, most.limit).await
            }
            Self::Show { id } => {
                session.show(&Request::get(&["conversations", &id])).await.map(drop)
            }
            Self::Timeline { id, most } => {
                let request = Request::get(&["conversations", &id, "timeline"]);
                session.list(request, MOMENTS, most.limit).await
            }
        }
    }
}
