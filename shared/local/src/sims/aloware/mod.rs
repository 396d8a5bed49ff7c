//! A simulated Aloware: it takes contacts, and texts to send, from whoever has the token. It refuses
//! what Aloware's documents say it refuses, and answers with no more than they show.

mod api;
mod control;
mod request;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    fault::{Plan, Planned},
    server::{self, Answer, Calls, Server},
};

/// Whose account this is.
#[derive(Clone)]
pub struct Options {
    /// 0 takes any free port.
    pub port: u16,
    pub api_token: String,
}

/// Aloware, running. It stops when it is dropped.
pub struct AlowareSim {
    account: Arc<Account>,
    server: Server,
}

/// A text that Aloware took.
#[derive(Clone, PartialEq, Serialize)]
pub struct SentText {
    /// The number or the line that it leaves from.
    pub from: Value,
    pub to: String,
    pub message: String,
    pub image_url: Option<String>,
}

/// What Aloware keeps of the account.
struct Account {
    options: Options,
    faults: Plan,
    calls: Calls,
    books: Mutex<Books>,
}

#[derive(Default)]
struct Books {
    /// What was told of each contact, by its number.
    contacts: BTreeMap<String, Map<String, Value>>,
    sent: Vec<SentText>,
}

impl Options {
    /// A demo account.
    pub fn new(port: u16) -> Self {
        Self { port, api_token: "aloware-demo-token".into() }
    }
}

impl AlowareSim {
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let port = options.port;
        let account = Arc::new(Account {
            options,
            faults: Plan::default(),
            calls: Calls::default(),
            books: Mutex::default(),
        });
        let routes = api::routes().merge(control::routes()).with_state(Arc::clone(&account));
        Ok(Self { account, server: Server::start(port, routes).await? })
    }

    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    pub fn plan_fault(&self, fault: Planned) {
        self.account.faults.add(fault);
    }

    /// How often `operation` was called, refused calls included.
    pub fn calls(&self, operation: &str) -> u32 {
        self.account.calls.of(operation)
    }

    /// The texts that were taken, oldest first.
    pub fn sent(&self) -> Vec<SentText> {
        self.account.books().sent.clone()
    }

    /// What was told of the contact with this number, if there is one.
    pub fn contact(&self, phone: &str) -> Option<Map<String, Value>> {
        self.account.books().contacts.get(phone).cloned()
    }

    pub fn contacts(&self) -> usize {
        self.account.books().contacts.len()
    }
}

impl Account {
    /// Counts a call and answers it, unless a fault strikes.
    async fn call(
        &self,
        operation: &str,
        effect: impl FnOnce() -> Result<Answer, Answer>,
    ) -> Answer {
        self.calls.count(operation);
        let effect = async { effect().unwrap_or_else(|refused| refused) };
        server::answer(&self.faults, operation, usual_error, effect).await
    }

    fn authorise(&self, token: Option<&str>) -> Result<(), Answer> {
        if token == Some(self.options.api_token.as_str()) { Ok(()) } else { Err(usual_error(401)) }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error for a status that says nothing more.
fn usual_error(status: u16) -> Answer {
    Answer::new(status, json!({ "message": "The request was not carried out." }))
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("port", &self.port).finish_non_exhaustive()
    }
}

impl fmt::Debug for AlowareSim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlowareSim").field("server", &self.server).finish_non_exhaustive()
    }
}

/// Leaves out numbers and words.
impl fmt::Debug for SentText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentText").finish_non_exhaustive()
    }
}
