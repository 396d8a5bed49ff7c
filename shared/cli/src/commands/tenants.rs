//! Tenants.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Most, forget, to_file};
use crate::{
    failure::Failure,
    request::Request,
    session::Session,
    show::{Columns, column},
};

pub(crate) const EXAMPLES: &str = "\
Examples:
  duplex tenants create acme --brand \"Acme Dental\" --support help@acme.example
  duplex tenants change acme --stop-word enough --help-answer \"Call us at 212 555 0100.\"
  duplex tenants suspend acme --reason \"unpaid since May\"
  duplex tenants export acme --to acme.ndjson && duplex tenants delete acme";

#[derive(Debug, Subcommand)]
pub(crate) enum Tenants {
    /// All tenants, for operators
    List(Most),
    /// Make a tenant
    Create {
        /// 1 to 64 letters, digits, `-` and `_`. It cannot be changed
        id: String,
        /// The name its customers know
        #[arg(long)]
        brand: String,
        /// How its customers reach a person: named in the answer to HELP
        #[arg(long)]
        support: String,
    },
    /// One tenant: the one you act for, if none is named
    Show {
        /// The tenant's id
        id: Option<String>,
    },
    /// Change a tenant: the one you act for, if none is named
    Change(Change),
    /// Stop serving a tenant. What comes in is kept; who texts STOP is opted out all the same
    Suspend(Why),
    /// Serve a tenant again, and have what waited go on
    Resume(Why),
    /// Write down everything that a tenant has, one JSON object a line. Secrets are not in it
    Export {
        /// The tenant's id
        id: String,
        /// The file to write. Standard output, if none is named
        #[arg(long, value_name = "FILE")]
        to: Option<String>,
    },
    /// Delete a suspended tenant for good: its connections, its keys, and all that was said
    Delete {
        /// The tenant's id
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Why {
    /// The tenant's id
    id: String,
    /// Why, for the audit log
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Change {
    /// The tenant's id
    id: Option<String>,
    /// The name its customers know
    #[arg(long)]
    brand: Option<String>,
    /// How its customers reach a person
    #[arg(long)]
    support: Option<String>,
    /// A further word that means STOP: give all of them, or '' for none
    #[arg(long, value_name = "WORD")]
    stop_word: Vec<String>,
    /// The same for START
    #[arg(long, value_name = "WORD")]
    start_word: Vec<String>,
    /// The same for HELP
    #[arg(long, value_name = "WORD")]
    help_word: Vec<String>,
    /// What STOP is answered with; '' for the usual answer
    #[arg(long, value_name = "TEXT")]
    stop_answer: Option<String>,
    /// The same for START
    #[arg(long, value_name = "TEXT")]
    start_answer: Option<String>,
    /// The same for HELP
    #[arg(long, value_name = "TEXT")]
    help_answer: Option<String>,
}

const COLUMNS: Columns = &[
    column("ID", "/id"),
    column("STATE", "/state"),
    column("BRAND", "/brand"),
    column("SUPPORT", "/support"),
    column("CRM", "/crm"),
    column("CREATED", "/created_at"),
];

impl Tenants {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        match self {
            Self::List(most) => session.list(Request::get(&["tenants"]), COLUMNS, most.limit).await,
            Self::Create { id, brand, support } => {
                let body = json!({ "id": id, "brand": brand, "support": support });
                session.show(&Request::post(&["tenants"], body)?).await.map(drop)
            }
            Self::Show { id } => session.show(&Request::get(&path(id.as_deref()))).await.map(drop),
            Self::Change(change) => change.run(session).await,
            Self::Suspend(why) => why.run("suspend", session).await,
            Self::Resume(why) => why.run("resume", session).await,
            Self::Export { id, to } => {
                let request = Request::get(&["tenants", &id, "export"]);
                to_file::export(session, request, to.as_deref()).await
            }
            Self::Delete { id } => delete(session, &id).await,
        }
    }
}

/// A tenant that an operator names, or the caller's own.
fn path(id: Option<&str>) -> Vec<&str> {
    id.map_or_else(|| vec!["tenant"], |id| vec!["tenants", id])
}

impl Why {
    async fn run(self, verb: &str, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        let body = json!({ "reason": self.reason });
        session.show(&Request::post(&["tenants", &self.id, verb], body)?).await.map(drop)
    }
}

impl Change {
    /// Words and answers are changed as a whole, so what is not named here is kept as it is read,
    /// and the change is refused if it is not so any more.
    async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        let path = path(self.id.as_deref());
        let now = session.ask_versioned(&Request::get(&path)).await?;
        let body = self.body(&now.body);
        if body == json!({}) {
            let why = "Say what is to change; `duplex tenants change --help` has what can be.";
            return Err(Failure::Usage(why.to_owned()));
        }
        session.show(&Request::patch(&path, body).if_match(now.etag)).await.map(drop)
    }

    fn body(&self, now: &Value) -> Value {
        let mut body = json!({});
        for (name, value) in [("brand", &self.brand), ("support", &self.support)] {
            if let Some(value) = value {
                body[name] = json!(value);
            }
        }
        let words =
            [("stop", &self.stop_word), ("start", &self.start_word), ("help", &self.help_word)];
        for (name, words) in words.into_iter().filter(|(_, words)| !words.is_empty()) {
            if body["keywords"].is_null() {
                body["keywords"] = now["keywords"].clone();
            }
            let words: Vec<_> = words.iter().filter(|it| !it.is_empty()).collect();
            body["keywords"][name] = json!(words);
        }
        let answers = [
            ("stop", &self.stop_answer),
            ("start", &self.start_answer),
            ("help", &self.help_answer),
        ];
        for (name, answer) in answers {
            let Some(answer) = answer else { continue };
            if body["answers"].is_null() {
                body["answers"] = now["answers"].clone();
            }
            body["answers"][name] = if answer.is_empty() { Value::Null } else { json!(answer) };
        }
        body
    }
}

async fn delete(session: &mut Session<'_, '_>, id: &str) -> Result<(), Failure> {
    let tenant = session.ask(&Request::get(&["tenants", id])).await?;
    let brand = crate::show::plain(&tenant["brand"]);
    let what = format!("This deletes the tenant {id} ({brand}) and all that was said, for good.");
    session.confirm(&what, id)?;
    let request = || Ok(Request::delete(&["tenants", id]));
    forget::all(session, "conversations", request, &["erased_conversations"]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_kept() {
        let change = Change {
            id: None,
            brand: None,
            support: Some("s".to_owned()),
            stop_word: vec!["enough".to_owned()],
            start_word: Vec::new(),
            help_word: vec![String::new()],
            stop_answer: None,
            start_answer: Some(String::new()),
            help_answer: None,
        };
        let now = json!({
            "brand": "B",
            "keywords": { "stop": ["old"], "start": ["again"], "help": ["what"] },
            "answers": { "stop": "Bye." },
        });
        assert_eq!(
            change.body(&now),
            json!({
                "support": "s",
                "keywords": { "stop": ["enough"], "start": ["again"], "help": [] },
                "answers": { "stop": "Bye.", "start": null },
            })
        );
    }
}
