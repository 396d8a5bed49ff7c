//! What the queues gave up.

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    request::Request,
    session::Session,
    show::{Columns, column},
};

pub(crate) const EXAMPLES: &str = "\
Examples:
  duplex dead-letters list
  duplex dead-letters redrive --queue inbound --all";

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetters {
    /// How many there are in each queue, and up to ten of each. They stay where they are
    List {
        /// Only this queue
        #[arg(long, value_parser = PossibleValuesParser::new(QUEUES))]
        queue: Option<String>,
    },
    /// Put dead letters back on their queue
    Redrive(Redrive),
}

#[derive(Debug, Args)]
pub(crate) struct Redrive {
    /// The queue that they go back to
    #[arg(long, value_parser = PossibleValuesParser::new(QUEUES))]
    queue: String,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 10, conflicts_with = "all")]
    limit: u64,
    /// As many as there are
    #[arg(long)]
    all: bool,
}

const QUEUES: [&str; 4] = ["inbound", "outbound", "reports", "crm"];

/// As many as the API puts back at once.
const CHUNK: u64 = 100;

const COUNTS: Columns = &[column("QUEUE", "/queue"), column("DEAD LETTERS", "/count")];

const LETTERS: Columns = &[
    column("QUEUE", "/queue"),
    column("ID", "/id"),
    column("TRIES", "/tries"),
    column("TENANT", "/job/tenant"),
    column("DO", "/job/do"),
    column("EVENT", "/job/event"),
    column("MESSAGE", "/job/message"),
];

impl DeadLetters {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        match self {
            Self::List { queue } => list(session, queue).await,
            Self::Redrive(redrive) => redrive.run(session).await,
        }
    }
}

async fn list(session: &mut Session<'_, '_>, queue: Option<String>) -> Result<(), Failure> {
    let answer = session.ask(&Request::get(&["dead-letters"]).query_if("queue", queue)).await?;
    let lanes = answer["items"].as_array().cloned().unwrap_or_default();
    session.tell_all(COUNTS, &lanes)?;
    let letters: Vec<Value> = lanes.iter().flat_map(letters).collect();
    if session.is_json() || letters.is_empty() {
        return Ok(());
    }
    session.line("")?;
    session.tell_all(LETTERS, &letters)
}

/// The letters of a lane, each with its queue.
fn letters(lane: &Value) -> Vec<Value> {
    let letters = lane["letters"].as_array().into_iter().flatten();
    let with_queue = |letter: &Value| {
        let mut letter = letter.clone();
        letter["queue"] = lane["queue"].clone();
        letter
    };
    letters.map(with_queue).collect()
}

impl Redrive {
    async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        let mut progress = session.progress("put back", None);
        let mut done = 0;
        loop {
            let wanted = if self.all { CHUNK } else { CHUNK.min(self.limit - done) };
            if wanted == 0 {
                break;
            }
            let body = json!({ "queue": self.queue, "limit": wanted });
            let answer = session.ask(&Request::post(&["dead-letters", "redrive"], body)?).await?;
            let put_back = answer["put_back"].as_u64().unwrap_or(0);
            done += put_back;
            session.advance(&mut progress, usize::try_from(put_back).unwrap_or_default());
            if put_back < wanted {
                break;
            }
        }
        drop(progress);
        session.tell(&json!({ "queue": self.queue, "put_back": done }))
    }
}
