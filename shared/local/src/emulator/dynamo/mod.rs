//! DynamoDB in our own process, in memory, over HTTP: the real protocol without a real table.
//! In front of the database stands a [`Gate`].

mod tables;

use std::{fmt, io};

use dynoxide::Database;
use tokio::{net::TcpListener, sync::oneshot};

use super::gate::Gate;
use crate::template::{Table, TemplateError};

/// A DynamoDB. Dropping it stops its servers and forgets its tables.
pub struct Dynamo {
    gate: Gate,
    database: Database,
    /// Dropped with us, which is what tells the database to stop.
    _stop: oneshot::Sender<()>,
}

#[derive(Debug, thiserror::Error)]
pub enum DynamoError {
    #[error("the local DynamoDB could not listen on port {port}")]
    Listen { port: u16, source: io::Error },
    #[error("the local DynamoDB did not open its database")]
    Open(#[source] dynoxide::DynoxideError),
    #[error("the local DynamoDB refused the table {table}")]
    Table { table: String, source: dynoxide::DynoxideError },
    #[error("the template's table {table} is not one that the local DynamoDB understands")]
    Unreadable { table: String, source: serde_json::Error },
    #[error("the template's tables could not be read")]
    Template(#[from] TemplateError),
}

impl Dynamo {
    /// Starts an empty one on the loopback interface. Port 0 stands for any that is free.
    pub async fn start(port: u16) -> Result<Self, DynamoError> {
        let database = Database::memory().map_err(DynamoError::Open)?;
        let (behind, listener) = listen(0).await?;
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database.clone(), async {
            drop(stopped.await);
        }));
        let failed = |source| DynamoError::Listen { port, source };
        let gate = Gate::before(behind, port).await.map_err(failed)?;
        Ok(Self { gate, database, _stop: stop })
    }

    /// Where clients find it: the value of `AWS_ENDPOINT_URL_DYNAMODB`.
    pub fn url(&self) -> &str {
        self.gate.url()
    }

    /// What counts its calls and fails them.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Creates a table, empty, with its indexes and its time to live.
    pub fn create_table(&self, name: &str, table: &Table) -> Result<(), DynamoError> {
        tables::create(&self.database, name, table)
    }
}

impl fmt::Debug for Dynamo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dynamo").field("url", &self.url()).finish_non_exhaustive()
    }
}

async fn listen(port: u16) -> Result<(String, TcpListener), DynamoError> {
    let failed = |source| DynamoError::Listen { port, source };
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((format!("http://{address}"), listener))
}

#[cfg(test)]
mod tests;
