//! The opt-out registry.

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
  duplex --tenant acme opt-outs list --phone +12125550123
  duplex --tenant acme opt-outs add +12125550123 --reason \"asked by telephone\"
  duplex --tenant acme opt-outs lift +12125550123 --reason \"asked at the counter on May 3rd\"";

#[derive(Debug, Subcommand)]
pub(crate) enum OptOuts {
    /// Who must not be texted, the latest first
    List {
        /// Only this number, however it stands
        #[arg(long, value_name = "NUMBER")]
        phone: Option<String>,
        #[command(flatten)]
        most: Most,
    },
    /// Opt a person out. It counts at once, also for what is queued
    Add(PhoneAndReason),
    /// Let a person be texted again, with their word for it
    Lift(PhoneAndReason),
}

#[derive(Debug, Args)]
pub(crate) struct PhoneAndReason {
    /// The person's number
    pub(crate) phone: String,
    /// Why, for the ledger and the audit log
    #[arg(long)]
    pub(crate) reason: String,
}

const COLUMNS: Columns = &[
    column("PHONE", "/phone"),
    column("OPTED OUT", "/opted_out"),
    column("SINCE", "/since"),
    column("SOURCE", "/source"),
    column("CRM TOLD", "/crm_told"),
    column("CONVERSATION", "/conversation"),
];

impl OptOuts {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        match self {
            Self::List { phone, most } => {
                let request = Request::get(&["opt-outs"]).query_if("phone", phone);
                session.list(request, COLUMNS, most.limit).await
            }
            Self::Add(who) => {
                session.show(&Request::post(&["opt-outs"], who.body())?).await.map(drop)
            }
            Self::Lift(who) => {
                session.show(&Request::post(&["opt-outs", "lift"], who.body())?).await.map(drop)
            }
        }
    }
}

impl PhoneAndReason {
    pub(crate) fn body(&self) -> serde_json::Value {
        json!({ "phone": self.phone, "reason": self.reason })
    }
}
