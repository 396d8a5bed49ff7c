//! DynamoDB in our own process, in memory, over HTTP: the real protocol without a real table.
//!
//! In front of the database stands a server of our own that counts the calls, adds up what they
//! would cost, and fails them on demand.

mod fault;
mod front;
mod meter;
mod tables;

use std::{fmt, io, sync::Arc};

use dynoxide::Database;
use tokio::{net::TcpListener, sync::oneshot};

pub use fault::{Fault, How, When};
pub use meter::{Meter, Usage};

use super::proxy::Proxy;
use crate::template::{Table, TemplateError};
use fault::Faults;

/// A DynamoDB. Dropping it stops its servers and forgets its tables.
pub struct Dynamo {
    url: String,
    shared: Arc<Shared>,
    database: Database,
    /// Dropped with us, which is what tells the servers to stop.
    _stop: [oneshot::Sender<()>; 2],
}

/// What the server in front and its owner both hold.
#[derive(Debug)]
struct Shared {
    behind: String,
    proxy: Proxy,
    meter: Meter,
    faults: Faults,
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
        let (behind, serve_behind) = listen(0).await?;
        let (url, serve_front) = listen(port).await?;
        let (stop_behind, stopped_behind) = oneshot::channel();
        let (stop_front, stopped_front) = oneshot::channel();

        let shared = Arc::new(Shared {
            behind,
            proxy: Proxy::new(),
            meter: Meter::default(),
            faults: Faults::default(),
        });
        tokio::spawn(dynoxide::server::serve_with_shutdown(
            serve_behind,
            database.clone(),
            async { drop(stopped_behind.await) },
        ));
        tokio::spawn(front::serve(serve_front, Arc::clone(&shared), stopped_front));
        Ok(Self { url, shared, database, _stop: [stop_behind, stop_front] })
    }

    /// Where clients find it: the value of `AWS_ENDPOINT_URL_DYNAMODB`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What was asked of it, and what that would cost.
    pub fn meter(&self) -> &Meter {
        &self.shared.meter
    }

    /// Fails the next `times` calls of `operation` (`PutItem`, …) with an internal error, before
    /// or after they have their effect. The SDK repeats such a call: give more times than it
    /// tries, or a client that tries once.
    pub fn fail_next(&self, operation: &str, times: u32, when: When) {
        self.fail(Fault { operation: Some(operation.to_owned()), times, when, ..Fault::default() });
    }

    /// Plans any other fault.
    pub fn fail(&self, fault: Fault) {
        self.shared.faults.add(fault);
    }

    /// Forgets the faults that have not struck.
    pub fn heal(&self) {
        self.shared.faults.clear();
    }

    /// Creates a table, empty, with its indexes and its time to live.
    pub fn create_table(&self, name: &str, table: &Table) -> Result<(), DynamoError> {
        tables::create(&self.database, name, table)
    }
}

impl fmt::Debug for Dynamo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dynamo").field("url", &self.url).finish_non_exhaustive()
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
