//! Connected providers.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::templates;
use crate::{
    failure::Failure,
    request::Request,
    session::Session,
    show::{Columns, column, plain},
};

pub(crate) const EXAMPLES: &str = "\
Examples:
  duplex integrations templates twilio            what it needs, and what to do at Twilio
  duplex --tenant acme integrations create --template twilio --id acme-twilio --settings twilio.json
  duplex --tenant acme integrations health acme-twilio
  echo '{\"auth_token\": \"…\"}' | duplex --tenant acme integrations rotate acme-twilio --settings -

Settings are a JSON object, secrets included, in a file or in the standard input (-): arguments can
be seen by other people on the machine.";

#[derive(Debug, Subcommand)]
pub(crate) enum Integrations {
    /// What can be connected; with a name, its settings and what to do at the provider
    Templates {
        /// Only this one
        name: Option<String>,
    },
    /// A tenant's integrations
    List,
    /// Connect a provider, and try the connection
    Create(Create),
    /// One integration, without its secrets
    Show {
        /// The integration's id
        id: String,
    },
    /// Change an integration's name or settings
    Change {
        /// The integration's id
        id: String,
        /// What people are to call it
        #[arg(long)]
        name: Option<String>,
        /// What is to change, as JSON; null takes a setting away. - reads the input
        #[arg(long, value_name = "FILE")]
        settings: Option<String>,
    },
    /// Try an integration that is off, and switch it on if it works
    Enable {
        /// The integration's id
        id: String,
    },
    /// Switch an integration off: nobody is called, and its work waits
    Disable {
        /// The integration's id
        id: String,
    },
    /// Take an integration away, with its credentials and its address
    Delete {
        /// The integration's id
        id: String,
    },
    /// Try the connection. Ends with 1 if it does not work
    Test {
        /// The integration's id
        id: String,
    },
    /// Have everything go on that waits and has nothing to wait for any more
    Sync {
        /// The integration's id
        id: String,
    },
    /// Put new secrets in the place of the old ones, once the provider takes them
    Rotate {
        /// The integration's id
        id: String,
        /// The new secrets as JSON. - reads the input
        #[arg(long, value_name = "FILE")]
        settings: String,
    },
    /// How an integration is doing
    Health {
        /// The integration's id
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What it is made of: `duplex integrations templates` has them
    #[arg(long)]
    template: String,
    /// Part of its address. One is made up if none is given
    #[arg(long)]
    id: Option<String>,
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    /// Its settings as JSON, secrets included. - reads the input
    #[arg(long, value_name = "FILE")]
    settings: String,
}

const COLUMNS: Columns = &[
    column("ID", "/id"),
    column("NAME", "/name"),
    column("TEMPLATE", "/template"),
    column("STATUS", "/status"),
    column("TESTED", "/tested/at"),
    column("OK", "/tested/ok"),
    column("WHY", "/tested/why"),
];

impl Integrations {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        match self {
            Self::Templates { name } => templates::show(session, name.as_deref()).await,
            Self::List => session.list(Request::get(&["integrations"]), COLUMNS, None).await,
            Self::Create(new) => new.run(session).await,
            Self::Show { id } => get(session, &["integrations", &id]).await,
            Self::Change { id, name, settings } => change(session, &id, name, settings).await,
            Self::Enable { id } => enable(session, &id).await,
            Self::Disable { id } => {
                let body = json!({ "status": "disconnected" });
                session.show(&Request::patch(&["integrations", &id], body)).await.map(drop)
            }
            Self::Delete { id } => delete(session, &id).await,
            Self::Test { id } => test(session, &id).await,
            Self::Sync { id } => {
                let request = Request::post(&["integrations", &id, "sync"], json!({}))?;
                session.show(&request).await.map(drop)
            }
            Self::Rotate { id, settings } => {
                let body = json!({ "settings": session.read_object(&settings)? });
                let path = ["integrations", &id, "credentials", "rotate"];
                session.show(&Request::post(&path, body)?).await.map(drop)
            }
            Self::Health { id } => get(session, &["integrations", &id, "health"]).await,
        }
    }
}

impl Create {
    async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        let settings = session.read_object(&self.settings)?;
        let body = json!({
            "template": self.template, "id": self.id, "name": self.name, "settings": settings,
        });
        let made = session.show(&Request::post(&["integrations"], body)?).await?;
        if let Some(why) = made["tested"]["why"].as_str() {
            session
                .note(&format!("It is there, and does not work yet: {}.", crate::show::clean(why)));
        }
        Ok(())
    }
}

async fn get(session: &mut Session<'_, '_>, path: &[&str]) -> Result<(), Failure> {
    session.show(&Request::get(path)).await.map(drop)
}

async fn change(
    session: &mut Session<'_, '_>,
    id: &str,
    name: Option<String>,
    settings: Option<String>,
) -> Result<(), Failure> {
    let mut body = json!({});
    if let Some(name) = name {
        body["name"] = json!(name);
    }
    if let Some(path) = settings {
        body["settings"] = session.read_object(&path)?;
    }
    if body == json!({}) {
        return Err(Failure::Usage("Say what is to change: --name or --settings.".to_owned()));
    }
    session.show(&Request::patch(&["integrations", id], body)).await.map(drop)
}

async fn enable(session: &mut Session<'_, '_>, id: &str) -> Result<(), Failure> {
    let body = json!({ "status": "active" });
    let shown = session.show(&Request::patch(&["integrations", id], body)).await?;
    if shown["status"] == "active" { Ok(()) } else { Err(broken(&shown["tested"])) }
}

async fn delete(session: &mut Session<'_, '_>, id: &str) -> Result<(), Failure> {
    let what = format!("This takes {id} away, with its credentials and its address.");
    session.confirm(&what, id)?;
    session.ask(&Request::delete(&["integrations", id])).await?;
    session.note("It is gone.");
    Ok(())
}

async fn test(session: &mut Session<'_, '_>, id: &str) -> Result<(), Failure> {
    let request = Request::post(&["integrations", id, "test"], json!({}))?;
    let trial = session.show(&request).await?;
    if trial["ok"] == true { Ok(()) } else { Err(broken(&trial)) }
}

fn broken(trial: &Value) -> Failure {
    Failure::NotDone(format!("The connection does not work: {}.", plain(&trial["why"])))
}
