//! Texts, in and out.

use clap::{Args, Subcommand};
use serde_json::json;

use super::Most;
use crate::{
    failure::Failure,
    request::Request,
    session::Session,
    show::{Columns, column},
};

pub(crate) const EXAMPLES: &str = "\
Examples:
  duplex --tenant acme messages list --phone +12125550123 --limit 10
  duplex --tenant acme messages show msg_…
  duplex --tenant acme messages cancel msg_…";

#[derive(Debug, Subcommand)]
pub(crate) enum Messages {
    /// What was said with one person, the newest first
    List {
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        most: Most,
    },
    /// One text, with what became of it
    Show {
        /// The message's id
        id: String,
    },
    /// Take a text back that has not left yet
    Cancel {
        /// The message's id
        id: String,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Whose {
    /// The person's number
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// The conversation
    #[arg(long, value_name = "ID")]
    conversation: Option<String>,
}

pub(crate) const COLUMNS: Columns = &[
    column("AT", "/created_at"),
    column("ID", "/id"),
    column("DIRECTION", "/direction"),
    column("STATUS", "/status"),
    column("FAILURE", "/failure/reason"),
    column("PHONE", "/phone"),
    column("NUMBER", "/number"),
    column("TEXT", "/text"),
];

impl Messages {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        match self {
            Self::List { whose, most } => {
                let request = Request::get(&["messages"])
                    .query_if("phone", whose.phone)
                    .query_if("conversation", whose.conversation);
                session.list(request, COLUMNS, most.limit).await
            }
            Self::Show { id } => session.show(&Request::get(&["messages", &id])).await.map(drop),
            Self::Cancel { id } => {
                let request = Request::post(&["messages", &id, "cancel"], json!({}))?;
                session.show(&request).await.map(drop)
            }
        }
    }
}
