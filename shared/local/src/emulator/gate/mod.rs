//! A server in front of an emulator that counts the calls, adds up what they would cost, and fails
//! them on demand.

mod fault;
mod front;
mod meter;

use std::{fmt, io, sync::Arc};

use tokio::{net::TcpListener, sync::oneshot};

pub use fault::{Fault, How, When};
pub use meter::{Meter, Usage};

use super::proxy::Proxy;
use fault::Faults;

/// The way to an emulator. Dropping it closes the way.
pub struct Gate {
    url: String,
    shared: Arc<Shared>,
    /// Dropped with us, which is what tells the server to stop.
    _stop: oneshot::Sender<()>,
}

/// What the server and its owner both hold.
#[derive(Debug)]
struct Shared {
    behind: String,
    proxy: Proxy,
    meter: Meter,
    faults: Faults,
}

impl Gate {
    /// Opens a way to the server at `behind`, on the loopback interface. Port 0 stands for any
    /// that is free.
    pub async fn before(behind: impl Into<String>, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::new(Shared {
            behind: behind.into(),
            proxy: Proxy::new(),
            meter: Meter::default(),
            faults: Faults::default(),
        });
        tokio::spawn(front::serve(listener, Arc::clone(&shared), stopped));
        Ok(Self { url, shared, _stop: stop })
    }

    /// Where clients find it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What was asked, and what that would cost.
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
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("url", &self.url).finish_non_exhaustive()
    }
}
