//! A tenant's numbers.

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use serde_json::json;

use crate::{
    failure::Failure,
    request::Request,
    session::Session,
    show::{Columns, column},
};

pub(crate) const EXAMPLES: &str = "\
Examples:
  duplex --tenant acme numbers list
  duplex --tenant acme numbers set +14155550100 --integration acme-twilio --default
  duplex --tenant acme numbers set +14155550100 --integration acme-twilio --use-for nothing

New conversations start on a number in use for new_conversations. One in use for nothing loses its
conversations to another.";

#[derive(Debug, Subcommand)]
pub(crate) enum Numbers {
    /// All of them, with where each stands with A2P 10DLC
    List,
    /// Add a number, or change one
    Set(Set),
}

#[derive(Debug, Args)]
pub(crate) struct Set {
    /// With its country code
    number: String,
    /// The integration that carries it
    #[arg(long, value_name = "ID")]
    integration: String,
    /// What it is for
    #[arg(long, value_name = "USE", value_parser = PossibleValuesParser::new(USES))]
    use_for: Option<String>,
    /// Make it the one to use where no number is for new conversations
    #[arg(long)]
    default: bool,
    /// Where it stands with A2P 10DLC
    #[arg(long, value_name = "STATE", value_parser = PossibleValuesParser::new(REGISTRATIONS))]
    a2p: Option<String>,
    /// The campaign that it is registered for
    #[arg(long, value_name = "CAMPAIGN")]
    a2p_campaign: Option<String>,
}

const USES: [&str; 3] = ["new_conversations", "replies", "nothing"];
const REGISTRATIONS: [&str; 5] = ["unknown", "unregistered", "pending", "registered", "not_needed"];

const COLUMNS: Columns = &[
    column("NUMBER", "/number"),
    column("INTEGRATION", "/integration"),
    column("USE FOR", "/use_for"),
    column("DEFAULT", "/is_default"),
    column("A2P", "/a2p"),
    column("CAMPAIGN", "/a2p_campaign"),
    column("ADDED", "/added_at"),
    column("WARNING", "/warning"),
];

impl Numbers {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        match self {
            Self::List => session.list(Request::get(&["numbers"]), COLUMNS, None).await,
            Self::Set(set) => {
                let body = json!({
                    "number": set.number, "integration": set.integration,
                    "use_for": set.use_for, "is_default": set.default,
                    "a2p": set.a2p, "a2p_campaign": set.a2p_campaign,
                });
                session.show(&Request::put(&["numbers"], body)).await.map(drop)
            }
        }
    }
}
