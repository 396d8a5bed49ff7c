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
  duplex --tenant acme opt-outs lift +12125550123 --reason \"asked at the counter on May 3rd\" \
    --consent-channel paper --consent-wording \"I agree to texts from Acme.\"";

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
    Lift(Lift),
}

#[derive(Debug, Args)]
pub(crate) struct Lift {
    #[command(flatten)]
    who: PhoneAndReason,
    /// The words that they agreed to since. Needed if they opted out themselves
    #[arg(long, value_name = "WORDS", requires = "consent_channel")]
    consent_wording: Option<String>,
    /// Where they agreed to them: `web_form`, `paper`, or your own word
    #[arg(long, value_name = "WHERE", requires = "consent_wording")]
    consent_channel: Option<String>,
    /// When they agreed to them. Now, if nothing is said
    #[arg(long, value_name = "TIME", requires = "consent_wording")]
    consent_at: Option<String>,
    /// The address that a web form was sent from
    #[arg(long, value_name = "IP", requires = "consent_wording")]
    consent_ip: Option<String>,
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
            Self::Lift(lift) => {
                session.show(&Request::post(&["opt-outs", "lift"], lift.body())?).await.map(drop)
            }
        }
    }
}

impl Lift {
    fn body(&self) -> serde_json::Value {
        let mut body = self.who.body();
        let given = [
            ("wording", &self.consent_wording),
            ("channel", &self.consent_channel),
            ("at", &self.consent_at),
            ("ip", &self.consent_ip),
        ];
        for (name, text) in given {
            if let Some(text) = text {
                body["consent"][name] = json!(text);
            }
        }
        body
    }
}

impl PhoneAndReason {
    pub(crate) fn body(&self) -> serde_json::Value {
        json!({ "phone": self.phone, "reason": self.reason })
    }
}
