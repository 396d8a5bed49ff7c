//! What came in from outside.

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
  duplex --tenant acme events list --integration acme-twilio --limit 10
  duplex --tenant acme events show evt_…";

#[derive(Debug, Subcommand)]
pub(crate) enum Events {
    /// What came in through an integration, the newest first
    List {
        /// The integration's id
        #[arg(long, value_name = "ID")]
        integration: String,
        #[command(flatten)]
        most: Most,
    },
    /// One delivery, with its body as it was posted
    Show {
        /// The event's id
        id: String,
    },
}

const COLUMNS: Columns = &[
    column("RECEIVED", "/received_at"),
    column("ID", "/id"),
    column("HEARD", "/heard"),
    column("STAGE", "/stage"),
    column("OUTCOME", "/outcome"),
];

impl Events {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        match self {
            Self::List { integration, most } => {
                let request = Request::get(&["events"]).query("integration", integration);
                session.list(request, COLUMNS, most.limit).await
            }
            Self::Show { id } => session.show(&Request::get(&["events", &id])).await.map(drop),
        }
    }
}
