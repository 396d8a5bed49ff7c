//! API keys.

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
  duplex --tenant acme keys create --name \"the website\" --role agent
  export DUPLEX_KEY=$(duplex keys create --name ci --role operator)
  duplex --tenant acme keys rotate KEY --overlap 1440
  duplex --tenant acme keys revoke KEY

Without a tenant an operator looks after the operators' own keys.";

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// All keys, the newest first
    List(Most),
    /// One key, without what it is
    Show {
        /// The key's id, which is not the key
        id: String,
    },
    /// Make a key. It is printed alone, and only this once
    Create {
        /// Who will have it
        #[arg(long)]
        name: String,
        /// `read_only`, `agent` or `admin`; or `operator`, without a tenant
        #[arg(long)]
        role: String,
        /// Until when it is good; for ever, if nothing is said
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
        /// Requests a minute
        #[arg(long, value_name = "N")]
        per_minute: Option<u32>,
    },
    /// Make a key good for nothing, within a minute
    Revoke {
        /// The key's id, which is not the key
        id: String,
    },
    /// Make a key that takes another's place. It is printed alone, and only this once
    Rotate {
        /// The key's id, which is not the key
        id: String,
        /// For how many minutes the old key is still good; 60, if nothing is said
        #[arg(long, value_name = "MINUTES")]
        overlap: Option<u32>,
    },
}

const COLUMNS: Columns = &[
    column("ID", "/id"),
    column("NAME", "/name"),
    column("ROLE", "/role"),
    column("STATE", "/state"),
    column("ENDS IN", "/last4"),
    column("CREATED", "/created_at"),
    column("BY", "/created_by"),
    column("EXPIRES", "/expires_at"),
    column("PER MINUTE", "/requests_per_minute"),
];

impl Keys {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        match self {
            Self::List(most) => session.list(Request::get(&["keys"]), COLUMNS, most.limit).await,
            Self::Show { id } => session.show(&Request::get(&["keys", &id])).await.map(drop),
            Self::Create { name, role, expires_at, per_minute } => {
                let body = json!({
                    "name": name, "role": role, "expires_at": expires_at,
                    "requests_per_minute": per_minute,
                });
                let key = session.ask(&Request::post(&["keys"], body)?).await?;
                hand_over(session, &key)
            }
            Self::Revoke { id } => session.show(&Request::delete(&["keys", &id])).await.map(drop),
            Self::Rotate { id, overlap } => {
                let body = json!({ "overlap_minutes": overlap });
                let key = session.ask(&Request::post(&["keys", &id, "rotate"], body)?).await?;
                hand_over(session, &key)
            }
        }
    }
}

/// The token alone, so that a script can take it as it is.
fn hand_over(session: &mut Session<'_, '_>, key: &Value) -> Result<(), Failure> {
    if session.is_json() {
        return session.tell(key);
    }
    session.line(&plain(&key["token"]))?;
    let (id, role) = (plain(&key["id"]), plain(&key["role"]));
    session.note(&format!("Key {id} ({role}). It is shown this once: keep it now."));
    Ok(())
}
