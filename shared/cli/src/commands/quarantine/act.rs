//! Trying again and giving up, a chunk at a time.

use std::{collections::BTreeMap, time::Duration};

use clap::Args;
use serde_json::{Value, json};

use super::{COLUMNS, Which, ids};
use crate::{
    failure::Failure,
    request::Request,
    session::Session,
    show::{Columns, column},
};

#[derive(Debug, Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    which: Which,
    /// How many in a minute; as fast as it goes, if nothing is said
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=6000))]
    per_minute: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Discard {
    #[command(flatten)]
    which: Which,
    /// Why, for the audit log
    #[arg(long)]
    reason: String,
}

const OUTCOMES: Columns =
    &[column("ID", "/id"), column("OUTCOME", "/outcome"), column("WHY", "/why")];

/// What became of all of them.
#[derive(Default)]
struct Summary {
    counts: BTreeMap<String, u64>,
    /// Those that were not done.
    left: Vec<Value>,
}

/// Adds up what the API says of each chunk.
pub(crate) async fn preview(session: &mut Session<'_, '_>, which: &Which) -> Result<(), Failure> {
    let ids = if which.all { ids(&which.waiting(session).await?) } else { which.ids.clone() };
    let mut items = Vec::new();
    let mut counts = BTreeMap::<String, u64>::new();
    for chunk in ids.chunks(which.chunk()) {
        let request = Request::post(&["quarantine", "preview"], json!({ "ids": chunk }))?;
        let answer = session.ask(&request).await?;
        for (name, value) in answer.as_object().into_iter().flatten() {
            match value {
                Value::Array(more) if name == "items" => items.extend(more.iter().cloned()),
                value => *counts.entry(name.clone()).or_default() += value.as_u64().unwrap_or(0),
            }
        }
    }
    if !session.is_json() {
        session.tell_all(COLUMNS, &items)?;
        session.line("")?;
        return session.tell(&json!(counts));
    }
    let mut whole = json!(counts);
    whole["items"] = Value::Array(items);
    session.tell(&whole)
}

impl Replay {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        let ids = if self.which.all { self.all(session).await? } else { self.which.ids.clone() };
        let mut summary = Summary::default();
        let mut progress = session.progress("replayed", Some(ids.len()));
        let mut chunks = ids.chunks(self.which.chunk()).peekable();
        while let Some(chunk) = chunks.next() {
            let body = json!({ "ids": chunk, "per_minute": self.per_minute });
            let outcomes = send(session, "replay", body).await?;
            let resumed = summary.add(outcomes, "resumed");
            session.advance(&mut progress, chunk.len());
            // The API spreads each request from the moment it comes, so that the next has to wait
            // until this one's turn is over.
            if let Some(per_minute) = self.per_minute.filter(|_| chunks.peek().is_some()) {
                tokio::time::sleep(Duration::from_mins(1) * resumed / per_minute).await;
            }
        }
        drop(progress);
        summary.tell(session)
    }

    /// All that can be tried again. The others are told of and left.
    async fn all(&self, session: &mut Session<'_, '_>) -> Result<Vec<String>, Failure> {
        let waiting = self.which.waiting(session).await?;
        let count = waiting.len();
        let is_replayable = |it: &Value| it["not_replayable"].is_null();
        let replayable: Vec<_> = waiting.into_iter().filter(is_replayable).collect();
        let left = count - replayable.len();
        if left > 0 {
            session.note(&format!("{left} cannot be replayed; `quarantine list` says why."));
        }
        Ok(ids(&replayable))
    }
}

impl Discard {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        let ids = if self.which.all {
            let ids = ids(&self.which.waiting(session).await?);
            session.confirm(&format!("This gives up {} for good.", ids.len()), "discard")?;
            ids
        } else {
            self.which.ids.clone()
        };
        let mut summary = Summary::default();
        let mut progress = session.progress("discarded", Some(ids.len()));
        for chunk in ids.chunks(self.which.chunk()) {
            let body = json!({ "ids": chunk, "reason": self.reason });
            summary.add(send(session, "discard", body).await?, "discarded");
            session.advance(&mut progress, chunk.len());
        }
        drop(progress);
        summary.tell(session)
    }
}

async fn send(
    session: &mut Session<'_, '_>,
    verb: &str,
    body: Value,
) -> Result<Vec<Value>, Failure> {
    let mut answer = session.ask(&Request::post(&["quarantine", verb], body)?).await?;
    match answer["items"].take() {
        Value::Array(outcomes) => Ok(outcomes),
        _ => Ok(Vec::new()),
    }
}

impl Summary {
    /// Counts outcomes, and says how many were as wished.
    fn add(&mut self, outcomes: Vec<Value>, wished: &str) -> u32 {
        let mut count = 0;
        for outcome in outcomes {
            let name = outcome["outcome"].as_str().unwrap_or("unknown");
            *self.counts.entry(name.to_owned()).or_default() += 1;
            if name == wished {
                count += 1;
            } else {
                self.left.push(outcome);
            }
        }
        count
    }

    /// What was not done first, and how many there are of each at the end.
    fn tell(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        if self.counts.is_empty() {
            session.note("Nothing waits.");
        }
        if !self.left.is_empty() {
            session.tell_all(OUTCOMES, &self.left)?;
        }
        session.tell(&json!(self.counts))?;
        match self.left.len() {
            0 => Ok(()),
            left => Err(Failure::NotDone(format!("{left} were left as they are."))),
        }
    }
}
