//! The consent ledger.

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
  duplex --tenant acme consents list --phone +12125550123
  duplex --tenant acme consents add +12125550123 --channel web_form --ip 203.0.113.7 \\
    --wording \"I agree to get texts from Acme Dental.\" --at 2026-05-03T17:00:00Z";

#[derive(Debug, Subcommand)]
pub(crate) enum Consents {
    /// The ledger, the latest first
    List {
        /// Only of this number
        #[arg(long, value_name = "NUMBER")]
        phone: Option<String>,
        #[command(flatten)]
        most: Most,
    },
    /// Write down that a person agreed to be texted. This lifts no opt-out
    Add(Add),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The person's number
    phone: String,
    /// Where they agreed, such as on paper, by telephone or `web_form`
    #[arg(long)]
    channel: String,
    /// The words that they agreed to
    #[arg(long)]
    wording: String,
    /// The address that a web form was sent from
    #[arg(long)]
    ip: Option<String>,
    /// When they agreed; now, if nothing is said
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

const COLUMNS: Columns = &[
    column("AT", "/at"),
    column("PHONE", "/phone"),
    column("ACT", "/act"),
    column("SOURCE", "/source"),
    column("CHANNEL", "/channel"),
    column("BY", "/recorded_by"),
    column("REASON", "/reason"),
    column("WORDING", "/wording"),
];

impl Consents {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        match self {
            Self::List { phone, most } => {
                let request = Request::get(&["consents"]).query_if("phone", phone);
                session.list(request, COLUMNS, most.limit).await
            }
            Self::Add(new) => {
                let body = json!({
                    "phone": new.phone, "channel": new.channel, "wording": new.wording,
                    "ip": new.ip, "at": new.at,
                });
                session.show(&Request::post(&["consents"], body)?).await.map(drop)
            }
        }
    }
}
