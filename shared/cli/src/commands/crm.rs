//! Connecting locations of GoHighLevel.

use clap::Subcommand;
use serde_json::{Value, json};

use super::Most;
use crate::{
    failure::Failure,
    request::Request,
    session::Session,
    show::{Columns, column, plain},
};

pub(crate) const EXAMPLES: &str = "\
Examples:
  duplex --tenant acme crm link                   a link to send to whoever may allow the app
  duplex crm installs                             where the app is, and what waits for you
  duplex crm attach l1C08ntBrFjLS0elLIYU --tenant acme";

#[derive(Debug, Subcommand)]
pub(crate) enum Crm {
    /// Make a link by which somebody connects the tenant's location. It is printed alone
    Link,
    /// Locations in which the app is or was installed, for operators
    Installs(Most),
    /// Say whose a location is that was installed without a link, for operators
    Attach {
        /// The location's id
        location: String,
    },
}

const COLUMNS: Columns = &[
    column("LOCATION", "/location"),
    column("NAME", "/name"),
    column("COMPANY", "/company"),
    column("STANDING", "/standing"),
    column("WAITS", "/is_waiting"),
    column("TENANT", "/tenant"),
    column("INTEGRATION", "/integration"),
    column("GRANTED", "/granted_at"),
    column("UNINSTALLED", "/uninstalled_at"),
];

impl Crm {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        match self {
            Self::Link => {
                let made = session.ask(&Request::post(&["crm", "links"], json!({}))?).await?;
                hand_over(session, &made)
            }
            Self::Installs(most) => {
                session.list(Request::get(&["crm", "installs"]), COLUMNS, most.limit).await
            }
            Self::Attach { location } => attach(session, &location).await,
        }
    }
}

/// The address alone, so that a script can take it as it is.
fn hand_over(session: &mut Session<'_, '_>, made: &Value) -> Result<(), Failure> {
    if session.is_json() {
        return session.tell(made);
    }
    session.line(&plain(&made["url"]))?;
    let until = plain(&made["expires_at"]);
    session.note(&format!("Open it before {until}, choose the location, and allow the app."));
    Ok(())
}

async fn attach(session: &mut Session<'_, '_>, location: &str) -> Result<(), Failure> {
    let Some(tenant) = session.tenant().map(str::to_owned) else {
        let usage = "Say whose it is to be: --tenant or DUPLEX_TENANT.";
        return Err(Failure::Usage(usage.to_owned()));
    };
    let path = ["crm", "installs", location, "attach"];
    session.show(&Request::post(&path, json!({ "tenant": tenant }))?).await.map(drop)
}
